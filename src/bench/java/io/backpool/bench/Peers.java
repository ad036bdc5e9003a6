package io.backpool.bench;

import io.backpool.testkit.AppJar;
import io.backpool.testkit.Backend;
import io.backpool.testkit.Command;
import io.backpool.testkit.Ports;
import io.backpool.testkit.ServerProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** Starts the servers that are compared, each a process on free ports. Used by one thread. */
final class Peers {
    /** All that speak AJP share it. */
    static final String AJP_SECRET = "measured-on-loopback-only";

    /** So many ports each for HTTP, AJP and the admin listeners. */
    private static final int PORTS = 11;

    private static final Path CACHE = Path.of("target/bench/cache").toAbsolutePath();

    private static final Path SOURCES = Path.of("src/bench").toAbsolutePath();

    private final Path directory;

    /** Of the Java that runs the Java peers. */
    private final Path java;

    Peers(Path directory, Path java) {
        this.directory = directory;
        this.java = java;
    }

    /**
     * One of them.
     *
     * @param ajp 0: it speaks none
     * @param h2c 0: it speaks none
     */
    record Peer(ServerProcess process, Path directory, int http, int ajp, int h2c)
            implements AutoCloseable {
        ProcessTree tree() {
            return new ProcessTree(process.pid());
        }

        @Override
        public void close() {
            process.close();
        }
    }

    /** Starts a peer by its name and waits until it answers. */
    Peer start(String name, String... options) throws IOException {
        return start(name, Ports.free(3 * PORTS), options);
    }

    /** The same on ports that it had before. */
    Peer start(String name, int http, String... options) throws IOException {
        Path own = Files.createTempDirectory(directory, name.replace(' ', '-'));
        Peer peer =
                switch (name) {
                    case "backpool" -> backpool(own, http, options);
                    case "undertow" -> undertow(own, http, options);
                    case "tomcat" -> tomcat(own, http, options);
                    case "jetty" -> only(own, http, java(JettyPeer.class, port(http)));
                    case "nginx" -> only(own, http, nginx(own, http));
                    case "gunicorn" -> only(own, http, gunicorn(http));
                    default -> only(own, http, python(name, http));
                };
        peer.process.awaitPort(http);
        Start.firstAnswer(http);
        return peer;
    }

    /** What stands on the class path of the bench, as a command. */
    List<String> java(Class<?> main, String... arguments) {
        List<String> command = new ArrayList<>();
        command.addAll(List.of(java.toString(), "-cp", classPath(), main.getName()));
        command.addAll(List.of(arguments));
        return command;
    }

    /** {@code serve}, with the defaults but for what differs from one pool to the next. */
    List<String> serve(Path own, int http, String... options) throws IOException {
        return command(own, http, "serve", options);
    }

    /** Any command of the product, with the same settings. */
    List<String> command(Path own, int http, String name, String... options) throws IOException {
        Path secret = Files.writeString(own.resolve("secret"), AJP_SECRET);
        Files.setPosixFilePermissions(secret, PosixFilePermissions.fromString("rw-------"));
        List<String> command = new ArrayList<>();
        command.addAll(List.of(java.toString(), "-jar", Backend.jar().toString()));
        command.addAll(List.of(name.split(" ")));
        command.addAll(
                List.of(
                        "--members=1",
                        "--http-port=" + http,
                        "--ajp-port=" + (http + PORTS),
                        "--admin-port=" + admin(http),
                        "--ajp-secret-file=" + secret,
                        "--access-log-file=" + own.resolve("access.log")));
        command.addAll(List.of(options));
        return command;
    }

    /** Backpool with {@link Hello} in place of the showcase: this option says so. */
    String helloApplication() throws IOException {
        Path source = SOURCES.resolve("java/io/backpool/bench/Hello.java");
        return "--app-jar="
                + AppJar.make(
                        directory,
                        "hello.jar",
                        List.of(Hello.class.getName()),
                        Files.readString(source));
    }

    /** Where Backpool's pool is told what to do. */
    static int admin(int http) {
        return http + 2 * PORTS;
    }

    /** What is on the heap of a peer after a full collection. */
    long liveBytes(Peer peer) {
        List<String> command =
                List.of(
                        java.resolveSibling("jcmd").toString(),
                        Long.toString(peer.process.pid()),
                        "GC.class_histogram");
        return Command.run(directory, command)
                .output()
                .lines()
                .filter(line -> line.startsWith("Total"))
                .mapToLong(line -> Long.parseLong(line.trim().split(" +")[2]))
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("no histogram by " + command));
    }

    private Peer backpool(Path own, int http, String... options) throws IOException {
        Files.createDirectories(CACHE);
        // The archive of classes must be the bench's own.
        var environment = Map.of("XDG_CACHE_HOME", CACHE.toString());
        List<String> command = serve(own, http, options);
        return new Peer(start(own, command, environment), own, http, http + PORTS, http);
    }

    private Peer undertow(Path own, int http, String... options) {
        List<String> command = java(UndertowPeer.class, port(http), port(http + 1), port(http + 2));
        command.addAll(List.of(options));
        return new Peer(start(own, command, Map.of()), own, http, http + 1, http + 2);
    }

    private Peer tomcat(Path own, int http, String... options) {
        List<String> command =
                java(
                        TomcatPeer.class,
                        own.toString(),
                        port(http),
                        port(http + 1),
                        port(http + 2));
        command.addAll(List.of(options));
        return new Peer(start(own, command, Map.of()), own, http, http + 1, http + 2);
    }

    private static Peer only(Path own, int http, List<String> command) {
        return new Peer(start(own, command, Map.of()), own, http, 0, 0);
    }

    private static ServerProcess start(
            Path own, List<String> command, Map<String, String> environment) {
        return ServerProcess.start(own, own.resolve("out.log"), environment, command);
    }

    private static List<String> nginx(Path own, int http) throws IOException {
        Path conf =
                Files.writeString(
                        own.resolve("nginx.conf"),
                        """
                        daemon off;
                        worker_processes %d;
                        pid nginx.pid;
                        error_log stderr;
                        events { worker_connections 4096; }
                        http {
                            access_log off;
                            client_body_temp_path body;
                            proxy_temp_path proxy;
                            fastcgi_temp_path fastcgi;
                            uwsgi_temp_path uwsgi;
                            scgi_temp_path scgi;
                            keepalive_requests 1000000000;
                            server {
                                listen 127.0.0.1:%d;
                                default_type text/plain;
                                location / { return 200 "Hello, World!"; }
                            }
                        }
                        """
                                .formatted(Runtime.getRuntime().availableProcessors(), http));
        return List.of(
                ServerProcess.program("nginx"), "-p", own.toString(), "-c", conf.toString());
    }

    private static List<String> python(String kind, int http) {
        return List.of(
                "/usr/bin/python3",
                SOURCES.resolve("python/peers.py").toString(),
                kind.replace("python ", ""),
                port(http));
    }

    private static List<String> gunicorn(int http) {
        return List.of(
                "/usr/bin/python3",
                "-m",
                "gunicorn",
                "--workers=" + (2 * Runtime.getRuntime().availableProcessors() + 1),
                "--bind=127.0.0.1:" + http,
                "--chdir=" + SOURCES.resolve("python"),
                "peers:flask_application()");
    }

    private static String port(int port) {
        return Integer.toString(port);
    }

    /** Absolute, since each peer has a directory of its own. */
    private static String classPath() {
        return Stream.of(System.getProperty("java.class.path").split(":"))
                .map(entry -> Path.of(entry).toAbsolutePath().toString())
                .reduce((left, right) -> left + ":" + right)
                .orElseThrow();
    }
}
