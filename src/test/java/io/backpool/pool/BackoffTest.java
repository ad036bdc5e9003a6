package io.backpool.pool;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class BackoffTest {
    private static final Duration SHORT = Duration.ofMillis(300);

    @Test
    void doublesUpToHalfAMinute() {
        var backoff = new Backoff(middle());
        List<Long> waits =
                IntStream.range(0, 12).mapToObj(i -> backoff.next(SHORT).toMillis()).toList();
        assertThat(waits)
                .containsExactly(
                        100L, 200L, 400L, 800L, 1600L, 3200L, 6400L, 12_800L, 25_600L, 30_000L,
                        30_000L, 30_000L);
    }

    @Test
    void neverOverflows() {
        var backoff = new Backoff(middle());
        for (int i = 0; i < 200; i++) {
            assertThat(backoff.next(SHORT)).isBetween(Backoff.FIRST, Backoff.LONGEST);
        }
    }

    @Test
    void isShortAgainAfterAProcessThatWasStable() {
        var backoff = new Backoff(middle());
        IntStream.range(0, 6).forEach(i -> backoff.next(SHORT));
        assertThat(backoff.next(Backoff.STABLE)).isEqualTo(Backoff.FIRST);
        assertThat(backoff.next(SHORT)).isEqualTo(Backoff.FIRST.multipliedBy(2));
    }

    @Test
    void differsByAFifthAtMost() {
        var random = new Random(1);
        List<Long> waits =
                IntStream.range(0, 1000)
                        .mapToObj(i -> new Backoff(random).next(SHORT).toMillis())
                        .toList();
        assertThat(waits).allMatch(wait -> wait >= 80 && wait <= 120);
        assertThat(waits.stream().distinct().count()).isGreaterThan(20);
    }

    private static Random middle() {
        return new Random() {
            @Override
            public double nextDouble() {
                return 0.5;
            }
        };
    }
}
