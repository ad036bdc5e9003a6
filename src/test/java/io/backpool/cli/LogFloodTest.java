package io.backpool.cli;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.spi.LoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxy;
import ch.qos.logback.core.spi.FilterReply;
import io.backpool.server.RequestFailedException;
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

    @Test
    void whatUndertowCannotReadOfAPacketIsNoErrorButWhatAHandlerThrowsIs() {
        var reading = frame("io.undertow.server.protocol.ajp.AjpReadListener", "handleEvent");
        var http2 = frame("io.undertow.server.protocol.http2.Http2ReceiveListener", "handleEvent");
        var parsing = frame("io.undertow.util.HttpString", "<init>");
        var application = frame("org.example.Shop", "buy");

        assertThat(decide(parsing, reading)).isEqualTo(FilterReply.DENY);
        assertThat(decide(parsing, http2)).isEqualTo(FilterReply.DENY);
        assertThat(decide()).isEqualTo(FilterReply.DENY);
        assertThat(decide(application)).isEqualTo(FilterReply.NEUTRAL);
        assertThat(decide(new RequestFailedException("request 1", new NullPointerException())))
                .isEqualTo(FilterReply.NEUTRAL);
    }

    private FilterReply decide(StackTraceElement... frames) {
        var thrown = new IllegalArgumentException("a");
        thrown.setStackTrace(frames);
        return decide(thrown);
    }

    private FilterReply decide(Throwable thrown) {
        var event = new LoggingEvent();
        event.setLoggerName("io.undertow.request");
        event.setThrowableProxy(new ThrowableProxy(thrown));
        return flood.decide(event);
    }

    private static StackTraceElement frame(String type, String method) {
        return new StackTraceElement(type, method, null, -1);
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
