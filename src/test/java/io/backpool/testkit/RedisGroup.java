package io.backpool.testkit;

import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Real Redis or Valkey servers on free loopback ports that are one for their clients, with a
 * password: a cluster, a master and its replica behind Sentinels, or one alone; also over TLS.
 */
public final class RedisGroup implements AutoCloseable {
    private static final String PASSWORD = "s3cret";

    /** Theirs, over TLS; without it they have none. */
    private static final String SENTINEL_PASSWORD = "s3nt&inel";

    private static final String LOCKED_SENTINEL =
            "requirepass %1$s\nsentinel sentinel-pass %1$s\n".formatted(SENTINEL_PASSWORD);
    private static final Duration LONG = Duration.ofMinutes(1);
    private static final int SENTINELS = 3;

    private final Path directory;
    private final Shape shape;
    private final Certificate certificate;
    private final int servers;
    private final int port;
    private final List<ServerProcess> processes = new ArrayList<>();

    /** How they are one, and what they are. */
    public enum Shape {
        CLUSTER,
        SENTINEL,
        TLS,
        CLUSTER_TLS,
        SENTINEL_TLS,
        VALKEY,
        VALKEY_CLUSTER,
        VALKEY_SENTINEL_TLS;

        /** Three masters with a replica each. */
        boolean isCluster() {
            return name().contains("CLUSTER");
        }

        /** A master, a replica, and three Sentinels that name the master. */
        boolean isSentinel() {
            return name().contains("SENTINEL");
        }

        /** Nobody speaks otherwise, the servers among each other too. */
        boolean isTls() {
            return name().endsWith("TLS");
        }

        private String program(String what) {
            String kind = name().startsWith("VALKEY") ? "valkey-" : "redis-";
            return ServerProcess.program(kind + what);
        }
    }

    /** Those whose contracts each run of the tests checks; all of them with -Dredis.all=true. */
    public static List<Shape> shapes() {
        return Arrays.stream(Shape.values())
                .filter(
                        shape ->
                                Boolean.getBoolean("redis.all")
                                        || shape == Shape.VALKEY
                                        || !shape.name().startsWith("VALKEY"))
                .toList();
    }

    private RedisGroup(Shape shape, Path directory) {
        this.shape = shape;
        this.directory = directory;
        this.certificate = Certificate.make(directory);
        this.servers = shape.isCluster() ? 6 : shape.isSentinel() ? 2 : 1;
        this.port = Ports.free(2 * servers + SENTINELS);
    }

    /** Starts them; returns when they serve. */
    public static RedisGroup start(Shape shape, Path directory) {
        var group = new RedisGroup(shape, directory);
        for (int i = 0; i < group.servers; i++) {
            group.processes.add(group.launch(i));
        }
        if (shape.isCluster()) {
            group.createCluster();
        } else if (shape.isSentinel()) {
            group.startSentinels();
        }
        group.awaitReplicas();
        return group;
    }

    public String url() {
        String scheme = shape.isTls() ? "rediss" : "redis";
        String options = shape.isTls() ? "?cacert=" + certificate.caFile() : "";
        if (shape.isTls() && shape.isSentinel()) {
            options += "&sentinel-password=" + SENTINEL_PASSWORD.replace("&", "%26");
        }
        if (shape.isCluster()) {
            return "%s+cluster://:%s@127.0.0.1:%d,127.0.0.1:%d%s"
                    .formatted(scheme, PASSWORD, port, port + 1, options);
        }
        return shape.isSentinel()
                ? "%s-sentinel://:%s@127.0.0.1:%d,127.0.0.1:%d,127.0.0.1:%d/0%s#main"
                        .formatted(scheme, PASSWORD, sentinel(0), sentinel(1), sentinel(2), options)
                : "%s://:%s@127.0.0.1:%d/0%s".formatted(scheme, PASSWORD, port, options);
    }

    /** Whether a server takes the place of one that is killed. */
    public boolean hasReplicas() {
        return servers > 1;
    }

    /** Kills a master whose replica has all that it has; another server takes its place. */
    public void killMaster() {
        int master =
                IntStream.range(0, servers)
                        .filter(i -> info(i, "replication").contains("role:master"))
                        .findFirst()
                        .orElseThrow();
        ask(port + master, "wait", "1", "5000");
        processes.get(master).signal("KILL");
        processes.get(master).awaitExit();
        // It comes back after all know that another was chosen, and follows that one.
        await().atMost(LONG).until(() -> masters(master) == servers / 2);
        if (shape.isSentinel()) {
            String dead = Integer.toString(port + master);
            await().atMost(LONG).until(() -> sentinels("get-master-addr-by-name", dead).isEmpty());
        }
        processes.set(master, launch(master));
    }

    /** Each master has its replica again. */
    public void awaitReplicas() {
        await().atMost(LONG)
                .until(
                        () ->
                                IntStream.range(0, servers)
                                                .filter(
                                                        i ->
                                                                info(i, "replication")
                                                                        .contains(
                                                                                "master_link_status:up"))
                                                .count()
                                        == servers / 2);
        if (shape.isCluster()) {
            await().atMost(LONG)
                    .until(() -> ask(port, "cluster", "info").contains("cluster_state:ok"));
        }
    }

    private long masters(int dead) {
        return IntStream.range(0, servers)
                .filter(i -> i != dead)
                .filter(i -> info(i, "replication").contains("role:master"))
                .count();
    }

    private String info(int server, String section) {
        return ask(port + server, "info", section);
    }

    private String ask(int port, String... words) {
        return ask(port, PASSWORD, List.of(words));
    }

    private String ask(int port, String password, List<String> words) {
        var command = new ArrayList<>(List.of(shape.program("cli"), "-p", "" + port));
        command.addAll(List.of("--no-auth-warning", "-a", password));
        if (shape.isTls()) {
            command.addAll(List.of("--tls", "--cacert", certificate.caFile().toString()));
        }
        command.addAll(words);
        return Command.run(directory, command).output();
    }

    private ServerProcess launch(int index) {
        List<String> options = new ArrayList<>();
        if (shape.isCluster()) {
            options.addAll(List.of("--cluster-enabled", "yes", "--cluster-node-timeout", "1000"));
            options.addAll(List.of("--cluster-config-file", "nodes-" + index));
            options.addAll(List.of("--cluster-port", "" + (port + servers + index)));
        } else if (index > 0 && processes.size() < servers) {
            options.addAll(List.of("--replicaof", "127.0.0.1 " + port));
        }
        return launch("server-" + index, port + index, options);
    }

    private ServerProcess launch(String name, int port, List<String> options) {
        var command = new ArrayList<>(List.of(shape.program("server"), "--bind", "127.0.0.1"));
        command.addAll(List.of("--requirepass", PASSWORD, "--masterauth", PASSWORD));
        command.addAll(List.of("--save", "", "--appendonly", "no"));
        command.addAll(List.of("--repl-diskless-sync-delay", "0", "--dbfilename", name + ".rdb"));
        settings(port).forEach((key, value) -> command.addAll(List.of("--" + key, value)));
        command.addAll(options);
        return ServerProcess.start(directory, directory.resolve(name + ".log"), Map.of(), command)
                .awaitPort(port);
    }

    /** Where a server or a Sentinel listens, and how all speak to each other. */
    private Map<String, String> settings(int port) {
        return shape.isTls()
                ? Map.of(
                        "port",
                        "0",
                        "tls-port",
                        "" + port,
                        "tls-replication",
                        "yes",
                        "tls-cluster",
                        "yes",
                        "tls-auth-clients",
                        "no",
                        "tls-cert-file",
                        certificate.caFile().toString(),
                        "tls-key-file",
                        certificate.keyFile().toString(),
                        "tls-ca-cert-file",
                        certificate.caFile().toString())
                : Map.of("port", "" + port);
    }

    private void createCluster() {
        var command =
                new ArrayList<>(
                        List.of("--cluster", "create", "--cluster-replicas", "1", "--cluster-yes"));
        for (int i = 0; i < servers; i++) {
            command.add(2 + i, "127.0.0.1:" + (port + i));
        }
        String output = ask(port, command.toArray(new String[0]));
        if (!output.contains("All 16384 slots covered")) {
            throw new AssertionError(output);
        }
    }

    private int sentinel(int index) {
        return port + 2 * servers + index;
    }

    private void startSentinels() {
        for (int i = 0; i < SENTINELS; i++) {
            Path file = directory.resolve("sentinel-" + i + ".conf");
            try {
                Files.writeString(
                        file,
                        """
                        bind 127.0.0.1
                        sentinel monitor main 127.0.0.1 %d 2
                        sentinel auth-pass main %s
                        sentinel down-after-milliseconds main 1000
                        sentinel failover-timeout main 5000
                        """
                                        .formatted(port, PASSWORD)
                                + (shape.isTls() ? LOCKED_SENTINEL : "")
                                + settings(sentinel(i)).entrySet().stream()
                                        .map(one -> one.getKey() + " " + one.getValue() + "\n")
                                        .collect(Collectors.joining()));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            processes.add(
                    ServerProcess.start(
                                    directory,
                                    directory.resolve("sentinel-" + i + ".log"),
                                    Map.of(),
                                    List.of(shape.program("server"), file.toString(), "--sentinel"))
                            .awaitPort(sentinel(i)));
        }
        // They know the replica, and each other.
        await().atMost(LONG)
                .until(
                        () ->
                                sentinels("info", "slaves=1,sentinels=" + SENTINELS).size()
                                        == SENTINELS);
    }

    /** Whose answer has this text. */
    private List<Integer> sentinels(String question, String text) {
        String words = question.equals("info") ? "info" : "sentinel " + question + " main";
        return IntStream.range(0, SENTINELS)
                .map(this::sentinel)
                .filter(
                        port ->
                                ask(port, SENTINEL_PASSWORD, List.of(words.split(" ")))
                                        .contains(text))
                .boxed()
                .toList();
    }

    @Override
    public void close() {
        processes.forEach(one -> one.signal("KILL"));
        processes.forEach(ServerProcess::awaitExit);
    }
}
