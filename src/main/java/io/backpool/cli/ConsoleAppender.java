package io.backpool.cli;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.LoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxy;
import ch.qos.logback.core.UnsynchronizedAppenderBase;
import ch.qos.logback.core.encoder.Encoder;
import io.backpool.observe.Console;
import io.backpool.server.RequestFailedException;
import org.slf4j.LoggerFactory;

/** The log on standard error, which never holds up who logs. Called by every thread that logs. */
final class ConsoleAppender extends UnsynchronizedAppenderBase<ILoggingEvent> {
    private volatile Encoder<ILoggingEvent> encoder;

    ConsoleAppender(Encoder<ILoggingEvent> encoder) {
        this.encoder = encoder;
    }

    void use(Encoder<ILoggingEvent> next) {
        encoder = next;
    }

    @Override
    protected void append(ILoggingEvent event) {
        Console.ERR.print(encoder.encode(withRequest(event)));
    }

    /** The application's exception as it was thrown, and in the message at which request. */
    private static ILoggingEvent withRequest(ILoggingEvent event) {
        if (event.getThrowableProxy() instanceof ThrowableProxy thrown
                && thrown.getThrowable() instanceof RequestFailedException failure) {
            var named =
                    new LoggingEvent(
                            ConsoleAppender.class.getName(),
                            (Logger) LoggerFactory.getLogger(event.getLoggerName()),
                            event.getLevel(),
                            event.getFormattedMessage() + " (" + failure.getMessage() + ")",
                            failure.getCause(),
                            null);
            named.setInstant(event.getInstant());
            named.setThreadName(event.getThreadName());
            named.setMDCPropertyMap(event.getMDCPropertyMap());
            return named;
        }
        return event;
    }
}
