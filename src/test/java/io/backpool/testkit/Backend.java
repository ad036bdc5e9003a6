package io.backpool.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The product as its users run it: {@code java -jar backend.jar serve} in a directory of the
 * test's, on free ports.
 */
public final class Backend implements AutoCloseable {
    private static final HttpClient HTTP =
            HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(5)).build();

    private final Path directory;
    private final int members;
    private final int firstPort;
    private final List<String> sockets;
    private final ServerProcess process;

    private Backend(
            Path directory,
            int members,
            int firstPort,
            Path jar,
            Map<String, String> environment,
            List<String> flags) {
        this.directory = directory;
        this.members = members;
        this.firstPort = firstPort;
        this.sockets = flags.stream().filter(flag -> flag.startsWith("--socket")).toList();
        List<String> command = java(jar, "serve");
        command.addAll(settings());
        command.addAll(flags.stream().filter(flag -> !sockets.contains(flag)).toList());
        Map<String, String> variables = new HashMap<>(environment);
        variables.put("XDG_CACHE_HOME", jar().resolveSibling("cache").toString());
        this.process =
                ServerProcess.start(
                        directory, directory.resolve("backend.log"), variables, command);
    }

    /** Starts a pool and waits until every member is ready. */
    public static Backend start(Path directory, int members, String... flags) {
        return start(directory, members, jar(), flags);
    }

    /** The same, from a jar that the test may change. */
    public static Backend start(Path directory, int members, Path jar, String... flags) {
        return begin(directory, members, jar, Map.of(), flags).awaitReady();
    }

    /** The same, with these variables. */
    public static Backend start(
            Path directory,
            int members,
            Path jar,
            Map<String, String> environment,
            String... flags) {
        return begin(directory, members, jar, environment, flags).awaitReady();
    }

    /** Waits until every member is ready. */
    public Backend awaitReady() {
        process.await("all members ready", () -> status("/health/ready?all") == 200);
        return this;
    }

    /** The same, so long at most. */
    public Backend awaitReady(Duration patience) {
        process.await("all members ready", patience, () -> status("/health/ready?all") == 200);
        return this;
    }

    /** Starts a pool and does not wait. */
    public static Backend begin(Path directory, int members, String... flags) {
        return begin(directory, members, Map.of(), flags);
    }

    /** The same, with these variables. */
    public static Backend begin(
            Path directory, int members, Map<String, String> environment, String... flags) {
        return begin(directory, members, jar(), environment, flags);
    }

    private static Backend begin(
            Path directory,
            int members,
            Path jar,
            Map<String, String> environment,
            String... flags) {
        // HTTP, AJP and admin ports (one a process) lie side by side.
        int firstPort = Ports.free(3 * members + 1);
        return new Backend(directory, members, firstPort, jar, environment, List.of(flags));
    }

    /** {@code java -jar backend.jar} and these arguments. */
    public static List<String> command(String... arguments) {
        return java(jar(), arguments);
    }

    private static List<String> java(Path jar, String... arguments) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.add("-XX:TieredStopAtLevel=1"); // starts with half the CPU; children have it, too
        command.add("-jar");
        command.add(jar.toString());
        command.addAll(List.of(arguments));
        return command;
    }

    /** The jar under test. */
    public static Path jar() {
        String jar = System.getProperty("backpool.jar");
        if (jar == null) {
            throw new AssertionError("this test runs the jar: mvn verify");
        }
        return Path.of(jar);
    }

    /** The flags that other commands need to mean this pool. */
    public List<String> settings() {
        List<String> settings =
                new ArrayList<>(
                        List.of(
                                "--members=" + members,
                                "--http-port=" + httpPort(1),
                                "--ajp-port=" + ajpPort(1),
                                "--admin-port=" + adminPort()));
        settings.addAll(sockets);
        return settings;
    }

    public int httpPort(int index) {
        return firstPort + index - 1;
    }

    public int ajpPort(int index) {
        return firstPort + members + index - 1;
    }

    public int adminPort() {
        return firstPort + 2 * members;
    }

    public ServerProcess process() {
        return process;
    }

    public Path directory() {
        return directory;
    }

    /** The body of {@code GET path} at member {@code index}. */
    public HttpResponse<String> get(int index, String path) {
        return send(URI.create("http://127.0.0.1:" + httpPort(index) + path));
    }

    /** {@code POST path} with a body of JSON. */
    public HttpResponse<String> post(int index, String path, String body) {
        return send(
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + httpPort(index) + path))
                        .header("Content-Type", "application/json")
                        .POST(BodyPublishers.ofString(body)));
    }

    /** The body of {@code GET path} at the admin listener. */
    public HttpResponse<String> admin(String path) {
        return admin(adminPort(), path);
    }

    /** The same at the listener of one process. */
    public HttpResponse<String> admin(int port, String path) {
        return send(URI.create("http://127.0.0.1:" + port + path));
    }

    /** How many members httpd sends new clients to, counted once for each httpd. */
    public int inRotation() {
        return admin("/status.json").body().split("\"state\":\"in\"", -1).length - 1;
    }

    /** The status of {@code GET path} at the admin listener, 0 if nobody answers. */
    public int status(String path) {
        try {
            return admin(path).statusCode();
        } catch (UncheckedIOException e) {
            return 0;
        }
    }

    /** {@code POST path} at the admin listener. */
    public HttpResponse<String> control(String path) {
        return control(adminPort(), path);
    }

    /** The same at the listener of one process. */
    public HttpResponse<String> control(int port, String path) {
        return send(
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                        .header("X-Backpool", "1")
                        .POST(HttpRequest.BodyPublishers.noBody()));
    }

    /** As {@link #control(String)}, with the token of {@code admin.token-file}. */
    public HttpResponse<String> control(String path, String token) {
        return send(
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + adminPort() + path))
                        .header("X-Backpool", "1")
                        .header("Authorization", "Bearer " + token)
                        .POST(HttpRequest.BodyPublishers.noBody()));
    }

    private static HttpResponse<String> send(URI uri) {
        return send(HttpRequest.newBuilder(uri));
    }

    private static HttpResponse<String> send(HttpRequest.Builder request) {
        try {
            return HTTP.send(
                    request.timeout(Duration.ofSeconds(30)).build(),
                    HttpResponse.BodyHandlers.ofString());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        process.close();
    }
}
