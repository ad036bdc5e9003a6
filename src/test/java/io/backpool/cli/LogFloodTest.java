package io.backpool.cli;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.spi.LoggingEvent;
import ch.qos.logback.core.spi.FilterReply;
import org.junit.jupiter.api.Test;

class LogFloodTest {
    private long now = 7;
    private final LogFlood flood = new LogFlood(() -> now);

    @Test
    void aFloodOfUndertowsIsCutAndOurOwnEventsAreNot() {
        assertThat(passed("io.undertow.request", 100)).isEqualTo(LogFlood.MAX_PER_SECOND);
        assertThat(passed("org.xnio.listener", 100)).isZero();
        assertThat(passed("io.backpool.pool.Pool", 100)).isEqualTo(100);

        now += 1_000_000_000;
        assertThat(passed("io.undertow.request", 3)).isEqualTo(3);
    }

    private int passed(String logger, int events) {
        int passed = 0;
        for (int i = 0; i < events; i++) {
            var event = new LoggingEvent();
            event.setLoggerName(logger);
            passed += flood.decide(event) == FilterReply.DENY ? 0 : 1;
        }
        return passed;
    }
}
