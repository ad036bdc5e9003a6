package io.backpool.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.json.JsonMapper;

class StatusTextTest {
    @ParameterizedTest
    @CsvSource({
        "0, less than a minute ago",
        "59, less than a minute ago",
        "60, 1 min ago",
        "3599, 59 min ago",
        "3600, 1 h ago",
        "172799, 47 h ago",
        "172800, 2 days ago"
    })
    void theDoctorsResultHasAnAge(long seconds, String ago) {
        assertThat(doctor("{'findings': 0, 'ids': [], 'secondsAgo': " + seconds + "}"))
                .isEqualTo("doctor: no findings " + ago);
    }

    @Test
    void findingsAreExplainedByACommand() {
        assertThat(doctor("{'findings': 3, 'ids': ['ttl', 'route'], 'secondsAgo': 60}"))
                .isEqualTo(
                        "doctor: 3 findings 1 min ago: ttl, route. Try: java -jar backend.jar"
                                + " doctor --explain ttl,route");
        assertThat(doctor("{'findings': 1, 'ids': ['ttl'], 'secondsAgo': 60}"))
                .contains(" 1 finding 1");
    }

    /** A pool of an older version says nothing of it. */
    @Test
    void noResultIsNoFault() {
        assertThat(doctor("null"))
                .isEqualTo("doctor: no result yet. Try: java -jar backend.jar doctor");
        assertThat(StatusText.doctor(new JsonMapper().readTree("{}"))).contains("no result yet");
    }

    private static String doctor(String result) {
        String status = "{'doctor': " + result + "}";
        return StatusText.doctor(new JsonMapper().readTree(status.replace('\'', '"')));
    }
}
