package io.backpool.cli;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.Configurator;
import ch.qos.logback.core.spi.ContextAwareBase;
import co.elastic.logging.logback.EcsEncoder;
import io.backpool.config.LogConfig;
import io.backpool.observe.Console;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.bridge.SLF4JBridgeHandler;

/**
 * Where the application log goes: one line an event, to standard error, java.util.logging's among
 * them. In code, since reading XML would cost every start a tenth of a second. Found by Logback
 * through {@code ServiceLoader}.
 */
public final class LogSetup extends ContextAwareBase implements Configurator {
    private static final String PATTERN = "%d{yyyy-MM-dd'T'HH:mm:ss.SSSXXX} %-5level %msg%n";

    private static final String CONSOLE = "stderr";

    /** They write lines or stack traces an attempt to connect; who uses them says it once. */
    private static final List<String> TOO_LOUD =
            List.of(
                    "net.rubyeye.xmemcached",
                    "com.google.code.yanf4j",
                    "remoting",
                    "com.rabbitmq.client",
                    "org.apache.kafka",
                    "io.lettuce",
                    "org.sqlite.SQLiteJDBCLoader");

    @Override
    public ExecutionStatus configure(LoggerContext context) {
        var encoder = new PatternLayoutEncoder();
        encoder.setContext(context);
        encoder.setPattern(PATTERN);
        encoder.start();
        var console = new ConsoleAppender(encoder);
        console.setContext(context);
        console.setName(CONSOLE);
        var flood = new LogFlood(System::nanoTime);
        flood.setContext(context);
        flood.start();
        console.addFilter(flood);
        console.start();
        var root = context.getLogger(Logger.ROOT_LOGGER_NAME);
        root.setLevel(Level.WARN);
        root.addAppender(console);
        var events = new EventLog();
        events.setContext(context);
        events.start();
        var ours = context.getLogger("io.backpool");
        ours.setLevel(Level.INFO);
        ours.addAppender(events);
        TOO_LOUD.forEach(library -> context.getLogger(library).setLevel(Level.OFF));
        SLF4JBridgeHandler.removeHandlersForRootLogger();
        SLF4JBridgeHandler.install();
        return ExecutionStatus.DO_NOT_INVOKE_NEXT_IF_ANY;
    }

    /**
     * Goes on in the format that is configured. What is printed past the log, too, waits for no
     * reader from now on; a member's standard output is its supervisor's pipe already.
     *
     * @param route of the only member of this process; null: it is not a member's
     */
    static void use(LogConfig config, @Nullable String route) {
        if (route == null) {
            System.setOut(Console.OUT.stream(-1));
        }
        System.setErr(Console.ERR.stream(-1));
        if (config.format() == LogConfig.Format.PATTERN) {
            return;
        }
        var context = (LoggerContext) LoggerFactory.getILoggerFactory();
        var encoder = new EcsEncoder();
        encoder.setContext(context);
        encoder.setEventDataset("backpool.log");
        if (route != null) {
            encoder.setServiceNodeName(route);
        }
        encoder.start();
        var console =
                (ConsoleAppender) context.getLogger(Logger.ROOT_LOGGER_NAME).getAppender(CONSOLE);
        console.use(encoder);
    }
}
