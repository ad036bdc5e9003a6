package io.backpool.exchange;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a request may say, and the answer where it says something else. */
class ParametersTest {
    @ParameterizedTest
    @CsvSource({"0, 0", "7, 7", "007, 7", "100, 100"})
    void aNumberWithinItsBoundsIsTaken(String found, int value) {
        assertThat(Parameters.readNumber("n", found, 0, 100)).isEqualTo(value);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "-1", "+1", "101", "1e2", "0x1", " 1", "٣", "99999999999999999999"})
    void anyOtherNumberIsRefused(String found) {
        assertThatThrownBy(() -> Parameters.readNumber("n", found, 0, 100))
                .isInstanceOf(BadRequestException.class)
                .hasMessage("n: was '" + found + "', must be a whole number from 0 to 100");
    }

    @ParameterizedTest
    @CsvSource({"0s, 0", "1ms, 1", "500ms, 500", "5s, 5000", "60s, 60000", "60000ms, 60000"})
    void aDurationWithinItsBoundsIsTaken(String found, long millis) {
        assertThat(duration(found)).isEqualTo(Duration.ofMillis(millis));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "5", "ms", "-1s", "1m", "61s", "60001ms", "1.5s", "5 s", "9999999ms"})
    void anyOtherDurationIsRefused(String found) {
        assertThatThrownBy(() -> duration(found))
                .isInstanceOf(BadRequestException.class)
                .hasMessage(
                        "for: was '"
                                + found
                                + "', must be a duration such as 500ms or 5s, from 0ms to 60s");
    }

    @Test
    void aLongMistakeIsShownInPart() {
        assertThatThrownBy(() -> duration("x".repeat(10_000)))
                .message()
                .contains("xxx...'")
                .hasSizeLessThan(200);
    }

    private static Duration duration(String found) {
        return Parameters.readDuration("for", found, Duration.ZERO, Duration.ofSeconds(60));
    }
}
