package io.backpool.reliability;

import io.backpool.testkit.Backend;
import io.backpool.testkit.Command;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * {@code backend.jar serve} in a directory with a backend.yaml. Its standard output goes to a file,
 * its standard error through a pipe that may be left unread. Used by one thread.
 */
final class PoolProcess implements AutoCloseable {
    /** For the supervisor, which passes them on: small, and quick to start. */
    private static final List<String> JVM =
            List.of("-Xmx128m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1");

    private final HttpClient http =
            HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(2)).build();
    private final Path directory;
    private final Path out;
    private final Path err;
    private final int adminPort;
    private volatile boolean unread;

    /** Ctrl-C may come while it is being started again. */
    private volatile boolean closed;

    private @Nullable Process process;

    PoolProcess(Path directory, Path logs, int adminPort) {
        this.directory = directory;
        this.out = logs.resolve("out.log");
        this.err = directory.resolve("err.log");
        this.adminPort = adminPort;
    }

    void start() throws IOException {
        if (closed) {
            throw new IOException("the run is over");
        }
        var builder = new ProcessBuilder(command("serve")).directory(directory.toFile());
        builder.environment().putAll(environment());
        builder.redirectOutput(ProcessBuilder.Redirect.appendTo(out.toFile()));
        Process started = builder.start();
        started.getOutputStream().close();
        var reader = new Thread(() -> read(started.getErrorStream()), "stderr of the pool");
        reader.setDaemon(true);
        reader.start();
        process = started;
    }

    private static List<String> command(String... arguments) {
        List<String> command = Backend.command(arguments);
        command.addAll(1, JVM);
        return command;
    }

    private static Map<String, String> environment() {
        return Map.of("XDG_CACHE_HOME", Backend.jar().resolveSibling("cache").toString());
    }

    private void read(InputStream from) {
        byte[] buffer = new byte[8192];
        try (from;
                OutputStream to =
                        Files.newOutputStream(
                                err, StandardOpenOption.CREATE, StandardOpenOption.APPEND)) {
            for (int count = from.read(buffer); count >= 0; count = from.read(buffer)) {
                to.write(buffer, 0, count);
                while (unread) {
                    TimeUnit.MILLISECONDS.sleep(20);
                }
            }
        } catch (IOException e) {
            // The pool has ended.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** From now on its standard error is read, or not. */
    void readStandardError(boolean wanted) {
        unread = !wanted;
    }

    /** {@code java -jar backend.jar} with these arguments, to its end. */
    Command run(String... arguments) {
        return Command.run(directory, environment(), command(arguments));
    }

    /** The status of {@code POST path} at the admin listener, with what it says. */
    HttpResponse<String> post(String path) throws IOException, InterruptedException {
        return send(
                HttpRequest.newBuilder(uri(path))
                        .header("X-Backpool", "1")
                        .POST(HttpRequest.BodyPublishers.noBody()));
    }

    String get(String path) throws IOException, InterruptedException {
        return send(HttpRequest.newBuilder(uri(path))).body();
    }

    private HttpResponse<String> send(HttpRequest.Builder request)
            throws IOException, InterruptedException {
        return http.send(request.timeout(Duration.ofSeconds(10)).build(), BodyHandlers.ofString());
    }

    private URI uri(String path) {
        return URI.create("http://127.0.0.1:" + adminPort + path);
    }

    JsonNode status() throws IOException, InterruptedException {
        try {
            return new JsonMapper().readTree(get("/status.json"));
        } catch (JacksonException e) {
            throw new IOException(e);
        }
    }

    /** The process of this member. */
    long pid(String route) throws IOException, InterruptedException {
        return status().get("members")
                .valueStream()
                .filter(member -> member.get("route").asString().equals(route))
                .mapToLong(member -> member.get("pid").asLong())
                .findFirst()
                .orElseThrow(() -> new IOException("no member " + route));
    }

    long pid() {
        return running().pid();
    }

    boolean isAlive() {
        return process != null && process.isAlive();
    }

    List<ProcessHandle> descendants() {
        return running().descendants().toList();
    }

    private Process running() {
        if (process == null) {
            throw new IllegalStateException("not started");
        }
        return process;
    }

    /** Its exit status. */
    int awaitExit() throws InterruptedException {
        if (!running().waitFor(90, TimeUnit.SECONDS)) {
            throw new IllegalStateException("the pool does not end");
        }
        return running().exitValue();
    }

    File output() {
        return out.toFile();
    }

    File errors() {
        return err.toFile();
    }

    /** The end of what it said. */
    String log() throws IOException {
        String all = Files.exists(err) ? Files.readString(err) : "";
        return all.substring(Math.max(0, all.length() - 6000));
    }

    @Override
    public void close() {
        closed = true;
        unread = false;
        if (!isAlive()) {
            return;
        }
        List<ProcessHandle> all = descendants();
        running().destroy();
        try {
            if (!running().waitFor(15, TimeUnit.SECONDS)) {
                running().destroyForcibly().waitFor();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        all.forEach(ProcessHandle::destroyForcibly);
    }
}
