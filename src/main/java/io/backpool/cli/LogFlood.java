package io.backpool.cli;

import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.IThrowableProxy;
import ch.qos.logback.classic.spi.StackTraceElementProxy;
import ch.qos.logback.core.filter.Filter;
import ch.qos.logback.core.spi.FilterReply;
import io.backpool.server.RequestFailedException;
import java.util.Set;
import java.util.function.LongSupplier;
import java.util.stream.Stream;

/**
 * Lets through a few of Undertow's and XNIO's events a second: each malformed packet is one, some
 * with a stack trace, and their sender must not fill the disk. Safe for all threads.
 */
final class LogFlood extends Filter<ILoggingEvent> {
    private static final Set<String> READERS =
            Set.of(
                    "io.undertow.server.protocol.ajp.AjpReadListener",
                    "io.undertow.server.protocol.http2.Http2ReceiveListener");
    private static final String FAILED = RequestFailedException.class.getName();

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
        return !isOthers || (!isOfPacket(event) && isWithinRate())
                ? FilterReply.NEUTRAL
                : FilterReply.DENY;
    }

    /**
     * A packet of AJP or a frame of HTTP/2 that could not be read is refused: no error of the
     * server's. The JVM leaves the stack out of what its own code throws often. What a handler
     * throws is a {@link RequestFailedException}, and passes.
     */
    private static boolean isOfPacket(ILoggingEvent event) {
        IThrowableProxy thrown = event.getThrowableProxy();
        if (thrown == null || thrown.getClassName().equals(FAILED)) {
            return false;
        }
        StackTraceElementProxy[] stack = thrown.getStackTraceElementProxyArray();
        return stack.length == 0
                || Stream.of(stack)
                        .map(frame -> frame.getStackTraceElement().getClassName())
                        .anyMatch(READERS::contains);
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
