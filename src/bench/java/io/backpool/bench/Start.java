package io.backpool.bench;

import io.backpool.bench.Peers.Peer;
import io.backpool.testkit.Backend;
import io.backpool.testkit.Command;
import io.backpool.testkit.Ports;
import io.backpool.testkit.ServerProcess;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** From the start of a process to its first answer, and what it takes of the memory, idle. */
final class Start {
    private static final byte[] GET =
            "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
                    .getBytes(StandardCharsets.US_ASCII);

    private static final long LONGEST_NANOS = TimeUnit.SECONDS.toNanos(30);
    private static final long ARCHIVE_NANOS = TimeUnit.MINUTES.toNanos(2);

    private Start() {}

    /** A server that can be started again and again on its port. */
    private record Starter(int port, List<String> command, Map<String, String> environment) {
        Starter(int port, List<String> command) {
            this(port, command, Map.of());
        }
    }

    static void startup(Stage stage) {
        for (Map.Entry<String, Path> java : Bench.javas().entrySet()) {
            Map<String, Starter> starters = starters(stage, java.getValue());
            for (int round = 1; round <= stage.rounds(); round++) {
                starters.forEach(
                        (name, starter) ->
                                stage.attempt(
                                        java.getKey() + ", " + name,
                                        () -> time(stage, java.getKey() + ", " + name, starter)));
            }
        }
    }

    static void memory(Stage stage) {
        for (Map.Entry<String, Path> java : Bench.javas().entrySet()) {
            Map<String, Starter> starters = starters(stage, java.getValue());
            addForMemory(stage, stage.peers(java.getValue()), starters);
            for (int round = 1; round <= (stage.quick ? 1 : 2); round++) {
                starters.forEach(
                        (name, starter) ->
                                stage.attempt(
                                        java.getKey() + ", " + name,
                                        () -> weigh(stage, java.getKey() + ", " + name, starter)));
            }
        }
        for (String name : List.of("nginx", "gunicorn", "python aiohttp", "python threads")) {
            stage.attempt(
                    name,
                    () -> {
                        try (Peer peer = stage.peers().start(name)) {
                            firstAnswer(peer.http());
                            TimeUnit.SECONDS.sleep(1);
                            stage.results.add(name, "pss_mib", peer.tree().pssMib());
                            return peer;
                        }
                    });
        }
    }

    private static Double time(Stage stage, String name, Starter starter) throws Exception {
        long begin = System.nanoTime();
        try (ServerProcess process = start(stage, starter)) {
            firstAnswer(starter.port);
            double millis = (System.nanoTime() - begin) / 1e6;
            stage.results.add(name, "ready_ms", millis);
            stage.results.add(name, "cpu_ms", new ProcessTree(process.pid()).cpuSeconds() * 1e3);
            process.handle().destroyForcibly();
            return millis;
        }
    }

    private static Double weigh(Stage stage, String name, Starter starter) throws Exception {
        try (ServerProcess process = start(stage, starter)) {
            firstAnswer(starter.port);
            TimeUnit.SECONDS.sleep(2);
            double mib = new ProcessTree(process.pid()).pssMib();
            stage.results.add(name, "pss_mib", mib);
            process.handle().destroyForcibly();
            return mib;
        }
    }

    private static ServerProcess start(Stage stage, Starter starter) throws IOException {
        Path own = Files.createTempDirectory(stage.directory, "start");
        return ServerProcess.start(own, own.resolve("out.log"), starter.environment, starter.command);
    }

    private static Map<String, Starter> starters(Stage stage, Path java) {
        Peers peers = stage.peers(java);
        Map<String, Starter> starters = new LinkedHashMap<>();
        int undertow = Ports.free();
        starters.put(
                "undertow",
                new Starter(
                        undertow, peers.java(UndertowPeer.class, "" + undertow, "0", "0")));
        Starter member = stage.attempt("member's command", () -> member(peers));
        if (member != null) {
            starters.put("backpool, member process", member);
        }
        int serve = Ports.free(40);
        List<String> command =
                stage.attempt("serve", () -> peers.serve(stage.directory, serve));
        if (command != null) {
            starters.put("backpool, serve", new Starter(serve, command));
        }
        int jetty = Ports.free();
        starters.put("jetty", new Starter(jetty, peers.java(JettyPeer.class, "" + jetty)));
        int tomcat = Ports.free();
        starters.put(
                "tomcat",
                new Starter(
                        tomcat,
                        peers.java(
                                TomcatPeer.class,
                                stage.directory.toString(),
                                "" + tomcat,
                                "0",
                                "0")));
        return starters;
    }

    /** Raw Undertow with an archive of its classes, as members have; and whole pools. */
    private static void addForMemory(Stage stage, Peers peers, Map<String, Starter> starters) {
        Starter archived = stage.attempt("undertow's archive", () -> archived(stage, peers));
        if (archived != null) {
            starters.put("undertow with an archive", archived);
        }
        for (int members : new int[] {1, 4}) {
            int http = Ports.free(40);
            List<String> command =
                    stage.attempt(
                            members + " processes",
                            () ->
                                    peers.serve(
                                            Files.createTempDirectory(stage.directory, "many"),
                                            http,
                                            "--processes",
                                            "--members=" + members));
            if (command != null) {
                starters.put(
                        "backpool, supervisor and processes: " + members,
                        new Starter(http + members - 1, command));
            }
        }
    }

    private static Starter archived(Stage stage, Peers peers) throws IOException {
        int port = Ports.free();
        Path archive = stage.directory.resolve("undertow-" + port + ".jsa");
        List<String> command = peers.java(UndertowPeer.class, "" + port, "0", "0");
        command.add(1, "-XX:ArchiveClassesAtExit=" + archive);
        try (ServerProcess process = start(stage, new Starter(port, command))) {
            firstAnswer(port);
            process.handle().destroy();
            process.handle().onExit().join();
        }
        command.set(1, "-XX:SharedArchiveFile=" + archive);
        return new Starter(port, command);
    }

    /** As the supervisor starts it, with its archive. */
    private static Starter member(Peers peers) throws Exception {
        try (Peer pool = peers.start("backpool", "--processes")) {
            firstAnswer(pool.http());
            long child = archivedMember(pool);
            Map<String, String> settings = new LinkedHashMap<>();
            for (String variable : words(child, "environ")) {
                if (variable.startsWith("BACKEND_SETTINGS=")) {
                    int equals = variable.indexOf('=');
                    settings.put(variable.substring(0, equals), variable.substring(equals + 1));
                }
            }
            return new Starter(pool.http(), words(child, "cmdline"), settings);
        }
    }

    /** Restarts the member until it has its archive, which the pool makes beside it at first. */
    private static long archivedMember(Peer pool) throws Exception {
        List<String> restart =
                Backend.command(
                        "restart", "--force", "--members=1", "--admin-port=" + Peers.admin(pool.http()));
        long end = System.nanoTime() + ARCHIVE_NANOS;
        while (System.nanoTime() < end) {
            Command restarted = Command.run(pool.directory(), restart);
            if (restarted.exit() != 0) {
                throw new IllegalStateException(restarted.output());
            }
            for (ProcessHandle child : pool.process().handle().children().toList()) {
                if (words(child.pid(), "cmdline").stream().anyMatch(Start::isArchive)) {
                    return child.pid();
                }
            }
            TimeUnit.SECONDS.sleep(1);
        }
        throw new IllegalStateException("The member has no archive");
    }

    private static boolean isArchive(String flag) {
        return flag.startsWith("-XX:SharedArchiveFile=") || flag.startsWith("-XX:AOTCache=");
    }

    /** What the operating system keeps of a process's start, each with a zero behind it. */
    private static List<String> words(long pid, String file) throws IOException {
        return List.of(Files.readString(Path.of("/proc", Long.toString(pid), file)).split("\0"));
    }

    /** Asks until there is one. */
    static void firstAnswer(int port) throws IOException {
        long end = System.nanoTime() + LONGEST_NANOS;
        while (System.nanoTime() < end) {
            try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
                socket.getOutputStream().write(GET);
                byte[] answer = socket.getInputStream().readNBytes(12);
                if (new String(answer, StandardCharsets.US_ASCII).endsWith(" 200")) {
                    return;
                }
            } catch (IOException e) {
                // Not yet.
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
        }
        throw new IllegalStateException("no answer on port " + port);
    }
}
