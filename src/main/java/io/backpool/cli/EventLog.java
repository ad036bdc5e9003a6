package io.backpool.cli;

import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import io.backpool.observe.RecentEvents;
import io.backpool.observe.RecentEvents.Event;

/** Keeps the lines of the log that the status page shows. Called by every thread that logs. */
final class EventLog extends AppenderBase<ILoggingEvent> {
    @Override
    protected void append(ILoggingEvent line) {
        RecentEvents.ofThisProcess()
                .add(
                        new Event(
                                line.getInstant(),
                                line.getLevel().toString(),
                                line.getFormattedMessage()));
    }
}
