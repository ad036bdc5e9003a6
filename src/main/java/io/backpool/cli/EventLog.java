package io.backpool.cli;

import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import io.backpool.observe.RecentEvents;
import io.backpool.observe.RecentEvents.Event;
import java.util.List;

/** Keeps the lines of the log that the status page shows. Called by every thread that logs. */
final class EventLog extends AppenderBase<ILoggingEvent> {
    @Override
    protected void append(ILoggingEvent line) {
        RecentEvents.ofThisProcess()
                .add(
                        new Event(
                                line.getInstant(),
                                line.getLevel().toString(),
                                who(line.getLoggerName()),
                                line.getFormattedMessage()));
    }

    /** By the part of the server that speaks. */
    private static String who(String logger) {
        if (logger.endsWith(".AdminServer")) {
            return "operator";
        }
        if (logger.contains(".balancer.")) {
            return "httpd";
        }
        return List.of("Roll", "Restarts", "Resize", "Progress").stream()
                        .anyMatch(name -> logger.endsWith("." + name))
                ? "roll"
                : "pool";
    }
}
