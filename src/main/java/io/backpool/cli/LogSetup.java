package io.backpool.cli;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.Configurator;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.spi.ContextAwareBase;
import java.util.List;

/**
 * Where the application log goes: one line an event, to standard error. In code, since reading XML
 * would cost every start a tenth of a second. Found by Logback through {@code ServiceLoader}.
 */
public final class LogSetup extends ContextAwareBase implements Configurator {
    private static final String PATTERN = "%d{yyyy-MM-dd'T'HH:mm:ss.SSSXXX} %-5level %msg%n";

    /** They write lines or stack traces an attempt to connect; who uses them says it once. */
    private static final List<String> TOO_LOUD =
            List.of(
                    "net.rubyeye.xmemcached",
                    "com.google.code.yanf4j",
                    "remoting",
                    "com.rabbitmq.client",
                    "org.apache.kafka",
                    "io.lettuce.core.protocol");

    @Override
    public ExecutionStatus configure(LoggerContext context) {
        var encoder = new PatternLayoutEncoder();
        encoder.setContext(context);
        encoder.setPattern(PATTERN);
        encoder.start();
        var console = new ConsoleAppender<ILoggingEvent>();
        console.setContext(context);
        console.setTarget("System.err");
        console.setEncoder(encoder);
        var flood = new LogFlood(System::nanoTime);
        flood.setContext(context);
        flood.start();
        console.addFilter(flood);
        console.start();
        var root = context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
        root.setLevel(Level.WARN);
        root.addAppender(console);
        context.getLogger("io.backpool").setLevel(Level.INFO);
        TOO_LOUD.forEach(library -> context.getLogger(library).setLevel(Level.OFF));
        return ExecutionStatus.DO_NOT_INVOKE_NEXT_IF_ANY;
    }
}
