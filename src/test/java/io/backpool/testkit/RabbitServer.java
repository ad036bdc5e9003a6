package io.backpool.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A real RabbitMQ on a free loopback port, with files in one directory, that a test may kill and
 * start again. User {@code guest}, password {@code guest}.
 */
public final class RabbitServer implements TestServer {
    private static final String NODE = "test@localhost";
    private static final String HOME = "/usr/lib/rabbitmq/bin";

    private final Path directory;
    private final int port = Ports.free(4);
    private final Certificate certificate;
    private final ServerProcess names;
    private final Running running;

    private RabbitServer(Path directory) {
        this.directory = directory;
        this.certificate = Certificate.make(directory);
        configure();
        this.names = launchNames();
        this.running = new Running(this::launch);
    }

    public static RabbitServer start(Path directory) {
        return new RabbitServer(directory);
    }

    @Override
    public Running running() {
        return running;
    }

    @Override
    public String url() {
        return "amqp://guest:guest@127.0.0.1:" + port;
    }

    /** Over TLS. */
    public String tlsUrl() {
        return "amqps://guest:guest@127.0.0.1:" + (port + 3);
    }

    /** What it shows over TLS. */
    public Certificate certificate() {
        return certificate;
    }

    private void configure() {
        try {
            Files.writeString(
                    directory.resolve("rabbitmq.conf"),
                    """
                    listeners.ssl.1 = 127.0.0.1:%d
                    ssl_options.cacertfile = %s
                    ssl_options.certfile = %s
                    ssl_options.keyfile = %s
                    """
                            .formatted(
                                    port + 3,
                                    certificate.caFile(),
                                    certificate.caFile(),
                                    certificate.keyFile()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public int port() {
        return port;
    }

    @Override
    public void close() {
        TestServer.super.close();
        names.close();
    }

    /** Asks its control program, such as {@code set_vm_memory_high_watermark 0.4}. */
    public void control(String... arguments) {
        List<String> command = new ArrayList<>(List.of(HOME + "/rabbitmqctl", "-n", NODE));
        command.addAll(List.of(arguments));
        Path log = directory.resolve("control.log");
        ServerProcess control = ServerProcess.start(directory, log, environment(), command);
        if (control.awaitExit() != 0) {
            throw new AssertionError(command + " failed:\n" + control.log());
        }
    }

    /** Erlang's port mapper, which would stay behind if RabbitMQ started it. */
    private ServerProcess launchNames() {
        int names = port + 1;
        return ServerProcess.start(
                        directory,
                        directory.resolve("epmd.log"),
                        Map.of(),
                        List.of(
                                ServerProcess.program("epmd"),
                                "-address",
                                "127.0.0.1",
                                "-port",
                                Integer.toString(names)))
                .awaitPort(names);
    }

    private ServerProcess launch() {
        Path log = directory.resolve("rabbitmq.log");
        return ServerProcess.start(
                        directory, log, environment(), List.of(HOME + "/rabbitmq-server"))
                .awaitLog("Server startup complete");
    }

    private Map<String, String> environment() {
        return Map.ofEntries(
                Map.entry("HOME", directory.toString()),
                // Erlang takes the script's place, so that its pid is the server's.
                Map.entry("RABBITMQ_ALLOW_INPUT", "true"),
                Map.entry("RABBITMQ_NODENAME", NODE),
                Map.entry("RABBITMQ_NODE_IP_ADDRESS", "127.0.0.1"),
                Map.entry("RABBITMQ_NODE_PORT", Integer.toString(port)),
                Map.entry("RABBITMQ_DIST_PORT", Integer.toString(port + 2)),
                Map.entry("ERL_EPMD_PORT", Integer.toString(port + 1)),
                Map.entry("ERL_EPMD_ADDRESS", "127.0.0.1"),
                Map.entry("RABBITMQ_MNESIA_BASE", directory + "/mnesia"),
                Map.entry("RABBITMQ_LOG_BASE", directory + "/log"),
                Map.entry("RABBITMQ_LOGS", "-"),
                Map.entry("RABBITMQ_CONFIG_FILE", directory + "/rabbitmq"),
                Map.entry("RABBITMQ_ENABLED_PLUGINS_FILE", directory + "/none"));
    }
}
