package io.backpool.app.testkit;

import io.backpool.app.Application;
import io.backpool.app.LoadedApplication;
import io.backpool.app.Services;
import io.backpool.config.Config;
import io.backpool.config.ConfigSnapshot;
import io.backpool.server.MemberServer;
import io.backpool.server.MemberState;
import io.backpool.server.RequestObserver;
import io.backpool.server.ServerResources;
import io.undertow.server.HttpHandler;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Deque;
import java.util.Map;
import java.util.stream.Stream;

/**
 * One member of the pool in this JVM, on a free port of 127.0.0.1, ready when it is started:
 *
 * <pre>{@code
 * try (TestMember member = TestMember.start(new Shop())) {
 *     assertEquals("Welcome", member.get("/").body());
 * }
 * }</pre>
 *
 * <p>Requests pass the same steps as in the pool: limits, request id, sessions, admission, problem
 * documents. The cache, the queue and the sessions are in memory, the database is a file of SQLite
 * that is deleted with the member. Libraries are those of the test's class path: that an
 * application's own versions do not clash with the server's holds in the pool only. Safe for all
 * threads.
 */
public final class TestMember implements AutoCloseable {
    private final Deque<AutoCloseable> opened = new ArrayDeque<>();
    private final HttpClient client = HttpClient.newHttpClient();
    private final TestClock clock = new TestClock();
    private final int port;
    private final MemberServer server;
    private final MemoryServices services;

    private TestMember(LoadedApplication application, String settings) throws Exception {
        try {
            Path folder = Files.createTempDirectory("backpool-test");
            opened.push(() -> delete(folder));
            port = freePort();
            Config config = config(folder, port, settings);
            ServerResources resources = ServerResources.open(config);
            opened.push(resources);
            services = new MemoryServices(resources, clock, folder, config.app().settings());
            opened.push(services);
            HttpHandler handler = application.start(services);
            opened.push(application);
            opened.push(services::endTasks);
            server = MemberServer.open(config, 1, resources, handler, new RequestObserver() {});
            opened.push(server);
            server.health().state(MemberState.SERVING);
        } catch (Exception e) {
            closeAfter(e);
            throw e;
        }
    }

    /**
     * Starts an application.
     *
     * @param application is closed with the member
     * @return serves already
     * @throws Exception if the application does not start; nothing stays open then
     */
    public static TestMember start(Application application) throws Exception {
        return start(application, "");
    }

    /**
     * Starts an application with settings of its own.
     *
     * @param application is closed with the member
     * @param settings in YAML, what would stand below {@code app.config}; for {@link
     *     Services#config}
     * @return serves already
     * @throws Exception if the application does not start; nothing stays open then
     */
    public static TestMember start(Application application, String settings) throws Exception {
        return new TestMember(LoadedApplication.builtIn(application), settings);
    }

    /**
     * Serves one handler, which needs no services.
     *
     * @param handler answers every request but {@code /health/*}
     * @return serves already
     * @throws Exception if there is no free port
     */
    public static TestMember serve(HttpHandler handler) throws Exception {
        return start(services -> handler);
    }

    /**
     * Where something of this member is.
     *
     * @param path begins with {@code /}, and may have a query
     * @return an address for any client of HTTP
     */
    public URI uri(String path) {
        return URI.create("http://127.0.0.1:" + port + path);
    }

    /**
     * Asks for something.
     *
     * @param path begins with {@code /}, and may have a query
     * @return the answer, whatever its status
     * @throws IOException if there is none
     * @throws InterruptedException if the thread is interrupted
     */
    public HttpResponse<String> get(String path) throws IOException, InterruptedException {
        return send(HttpRequest.newBuilder(uri(path)));
    }

    /**
     * Sends any request.
     *
     * @param request to {@link #uri}
     * @return the answer, whatever its status
     * @throws IOException if there is none
     * @throws InterruptedException if the thread is interrupted
     */
    public HttpResponse<String> send(HttpRequest.Builder request)
            throws IOException, InterruptedException {
        return client.send(request.build(), BodyHandlers.ofString());
    }

    /**
     * The clock of {@link Services#clock}, the cache and the queue. Limits of time and sessions go
     * by the real one.
     *
     * @return for the test to move
     */
    public TestClock clock() {
        return clock;
    }

    /**
     * The services that the application was given.
     *
     * @return the same for all
     */
    public Services services() {
        return services;
    }

    /** Takes the member out, as before a restart: what {@link Services#onDrain} was given runs. */
    public void drain() {
        server.health().state(MemberState.DRAINING);
    }

    /** Closes the port, the application and its services. Requests in flight are cut. */
    @Override
    public void close() throws Exception {
        var failure = new Exception("The member did not stop cleanly");
        closeAfter(failure);
        if (failure.getSuppressed().length > 0) {
            throw failure;
        }
    }

    private void closeAfter(Exception failure) {
        while (!opened.isEmpty()) {
            try {
                opened.pop().close();
            } catch (Exception e) {
                failure.addSuppressed(e);
            }
        }
    }

    private static Config config(Path folder, int port, String ofApplication) throws IOException {
        Path own = Files.writeString(folder.resolve("app.yaml"), ofApplication);
        String settings =
                """
                pool: {members: 1, http-port: %d, ajp-port: 0, io-threads: 1, max-threads: 16}
                admin: {port: %d}
                app: {config: "%s"}
                """
                        .formatted(port, port == 65_535 ? port - 1 : port + 1, own);
        Path file = Files.writeString(folder.resolve("backend.yaml"), settings);
        return ConfigSnapshot.take(file, Map.of(), Map.of()).readSettings();
    }

    private static int freePort() throws IOException {
        try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    private static void delete(Path folder) throws IOException {
        try (Stream<Path> tree = Files.walk(folder)) {
            for (Path path : tree.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }
}
