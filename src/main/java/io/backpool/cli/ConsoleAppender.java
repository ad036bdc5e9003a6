package io.backpool.cli;

import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.UnsynchronizedAppenderBase;
import ch.qos.logback.core.encoder.Encoder;
import io.backpool.observe.Console;

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
        Console.ERR.print(encoder.encode(event));
    }
}
