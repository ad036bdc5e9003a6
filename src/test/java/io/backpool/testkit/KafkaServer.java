package io.backpool.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A real Kafka of one node, from the test's own class path, in a JVM of its own, that a test may
 * kill and start again.
 */
public final class KafkaServer implements AutoCloseable {
    private static final String CLUSTER = "MkU3OEVBNTcwNTJENDM2Qk";

    private final Path directory;
    private final int port = Ports.free(2);
    private ServerProcess process;

    private KafkaServer(Path directory) {
        this.directory = directory;
        format();
        this.process = launch();
    }

    public static KafkaServer start(Path directory) {
        return new KafkaServer(directory);
    }

    public String url() {
        return "kafka://127.0.0.1:" + port;
    }

    public ServerProcess process() {
        return process;
    }

    /** As by kill -9. */
    public void kill() {
        process.signal("KILL");
        process.awaitExit();
    }

    public void restart() {
        process = launch();
    }

    @Override
    public void close() {
        process.signal("KILL");
        process.close();
    }

    private void format() {
        try {
            Files.writeString(
                    directory.resolve("server.properties"),
                    """
                    process.roles=broker,controller
                    node.id=1
                    controller.quorum.voters=1@127.0.0.1:%2$d
                    listeners=PLAINTEXT://127.0.0.1:%1$d,CONTROLLER://127.0.0.1:%2$d
                    advertised.listeners=PLAINTEXT://127.0.0.1:%1$d
                    controller.listener.names=CONTROLLER
                    log.dirs=%3$s/logs
                    offsets.topic.replication.factor=1
                    offsets.topic.num.partitions=1
                    transaction.state.log.replication.factor=1
                    transaction.state.log.min.isr=1
                    group.initial.rebalance.delay.ms=0
                    """
                            .formatted(port, port + 1, directory));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        int exit =
                java(
                                "format.log",
                                "kafka.tools.StorageTool",
                                "format",
                                "-t",
                                CLUSTER,
                                "-c",
                                directory.resolve("server.properties").toString())
                        .awaitExit();
        if (exit != 0) {
            throw new AssertionError("Kafka's storage was not formatted");
        }
    }

    private ServerProcess launch() {
        return java("kafka.log", "kafka.Kafka", directory.resolve("server.properties").toString())
                .awaitPort(port);
    }

    private ServerProcess java(String log, String... mainAndArguments) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp"));
        command.add(System.getProperty("java.class.path"));
        command.addAll(List.of(mainAndArguments));
        return ServerProcess.start(directory, directory.resolve(log), Map.of(), command);
    }
}
