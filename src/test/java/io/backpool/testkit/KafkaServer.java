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
 * kill and start again. It is spoken to over TLS by the user {@code app}, and in plain text.
 */
public final class KafkaServer implements TestServer {
    private static final String CLUSTER = "MkU3OEVBNTcwNTJENDM2Qk";

    private final Path directory;
    private static final String PASSWORD = "s3cret@:\"x";
    private static final String ENCODED = "s3cret%40%3A%22x";

    private final int port = Ports.free(4);
    private final Certificate certificate;
    private final Wire wire = Wire.to(port + 2);
    private final Running running;

    private KafkaServer(Path directory) {
        this.directory = directory;
        this.certificate = Certificate.make(directory);
        format();
        this.running = new Running(this::launch);
    }

    public static KafkaServer start(Path directory) {
        return new KafkaServer(directory);
    }

    @Override
    public Running running() {
        return running;
    }

    @Override
    public int port() {
        return port;
    }

    /** Over TLS, with a user; of two servers, the first of which is not there. */
    @Override
    public String url() {
        return "kafkas://app:%s@127.0.0.1:1,127.0.0.1:%d?cacert=%s"
                .formatted(ENCODED, port, certificate.caFile());
    }

    /** The same server as {@code HOST:PORT}, in plain text. */
    public String plain() {
        return "127.0.0.1:" + (port + 3);
    }

    /** The way to {@link #wireUrl}. */
    public Wire wire() {
        return wire;
    }

    /** Of a listener of its own, since Kafka tells its clients where to connect next. */
    public String wireUrl() {
        return "kafka://127.0.0.1:" + wire.port();
    }

    @Override
    public void close() {
        TestServer.super.close();
        wire.close();
    }

    private void format() {
        try {
            Files.writeString(
                    directory.resolve("server.properties"),
                    """
                    process.roles=broker,controller
                    node.id=1
                    controller.quorum.voters=1@127.0.0.1:%2$d
                    listeners=SECURE://127.0.0.1:%1$d,CONTROLLER://127.0.0.1:%2$d,WIRE://127.0.0.1:%4$d,PLAINTEXT://127.0.0.1:%6$d
                    advertised.listeners=SECURE://127.0.0.1:%1$d,WIRE://127.0.0.1:%5$d,PLAINTEXT://127.0.0.1:%6$d
                    listener.security.protocol.map=SECURE:SASL_SSL,CONTROLLER:PLAINTEXT,WIRE:PLAINTEXT,PLAINTEXT:PLAINTEXT
                    sasl.enabled.mechanisms=SCRAM-SHA-512,SCRAM-SHA-256
                    listener.name.secure.scram-sha-512.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;
                    listener.name.secure.scram-sha-256.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;
                    ssl.keystore.type=PEM
                    ssl.keystore.location=%7$s
                    group.min.session.timeout.ms=1000
                    transaction.abort.timed.out.transaction.cleanup.interval.ms=500
                    inter.broker.listener.name=PLAINTEXT
                    controller.listener.names=CONTROLLER
                    log.dirs=%3$s/logs
                    offsets.topic.replication.factor=1
                    offsets.topic.num.partitions=1
                    transaction.state.log.replication.factor=1
                    transaction.state.log.min.isr=1
                    group.initial.rebalance.delay.ms=0
                    """
                            .formatted(
                                    port,
                                    port + 1,
                                    directory,
                                    port + 2,
                                    wire.port(),
                                    port + 3,
                                    certificate.bothFile()));
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
                                "--add-scram",
                                "SCRAM-SHA-512=[name=app,password=" + PASSWORD + "]",
                                "--add-scram",
                                "SCRAM-SHA-256=[name=app,password=" + PASSWORD + "]",
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

    /** Starts where no file can grow, and waits until it has ended because of that. */
    public void endOnAFullDisk() {
        running.restart(
                () -> {
                    List<String> command =
                            command(
                                    "kafka.Kafka",
                                    directory.resolve("server.properties").toString());
                    command.addAll(0, List.of("sh", "-c", "ulimit -f 64; exec \"$@\"", "sh"));
                    return ServerProcess.start(
                            directory, directory.resolve("full.log"), Map.of(), command);
                });
        process().awaitExit();
    }

    private ServerProcess java(String log, String... mainAndArguments) {
        return ServerProcess.start(
                directory, directory.resolve(log), Map.of(), command(mainAndArguments));
    }

    private static List<String> command(String... mainAndArguments) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp"));
        command.add(System.getProperty("java.class.path"));
        command.addAll(List.of(mainAndArguments));
        return command;
    }
}
