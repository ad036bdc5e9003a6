package io.backpool.cli;

import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.IThrowableProxy;
import ch.qos.logback.core.filter.Filter;
import ch.qos.logback.core.spi.FilterReply;
import java.util.function.LongSupplier;
import java.util.stream.Stream;

/**
 * Lets through a few of Undertow's and XNIO's events a second: each malformed packet is one, some
 * with a stack trace, and whoever sends them must not fill the disk. Safe for all threads.
 */
final class LogFlood extends Filter<ILoggingEvent> {
    private static final String AJP_PARSER = "io.undertow.server.protocol.ajp.AjpRequestParser";

    static final int MAX_PER_SECOND = 5;

    private static final long SECOND_NANOS = 1_000_000_000;

    private final LongSupplier clock;

    /** Guarded by this, as the next one. */
    private long since;

    private int seen;

    LogFlood(LongSupplier clock) {
        this.clock = clock;
        this.since = clock.getAsLong();
    }

    @Override
    public FilterReply decide(ILoggingEvent event) {
        String logger = event.getLoggerName();
        boolean isOthers = logger.startsWith("io.undertow") || logger.startsWith("org.xnio");
        return !isOthers || (!isOfParser(event) && isWithinRate())
                ? FilterReply.NEUTRAL
                : FilterReply.DENY;
    }

    /** A packet that could not be read is refused, not an error of the server's. */
    private static boolean isOfParser(ILoggingEvent event) {
        IThrowableProxy thrown = event.getThrowableProxy();
        return thrown != null
                && Stream.of(thrown.getStackTraceElementProxyArray())
                        .map(frame -> frame.getStackTraceElement().getClassName())
                        .anyMatch(AJP_PARSER::equals);
    }

    private synchronized boolean isWithinRate() {
        long now = clock.getAsLong();
        if (now - since >= SECOND_NANOS) {
            since = now;
            seen = 0;
        }
        return ++seen <= MAX_PER_SECOND;
    }
}
