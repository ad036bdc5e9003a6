package io.backpool.pool;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.backpool.testkit.Backend;
import io.backpool.testkit.Command;
import io.backpool.testkit.Httpd;
import io.backpool.testkit.Ports;
import io.backpool.testkit.WebSocketMessages;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Ten members behind the real httpd, on the configuration that {@code conf apache} prints. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ThroughHttpdIT {
    private static final int MEMBERS = 10;
    private static final int REQUESTS = 3000;

    private static final List<Integer> SIZES =
            List.of(0, 1, 8191, 8192, 8193, 65_535, 65_536, 65_537, 5_000_000);

    private enum Protocol {
        HTTP("HTTP/1.1"),
        AJP("AJP/1.3"),
        H2C("HTTP/2.0");

        private final String shownByWhoami;

        Protocol(String shownByWhoami) {
            this.shownByWhoami = shownByWhoami;
        }
    }

    private final HttpClient client =
            HttpClient.newBuilder()
                    .version(HttpClient.Version.HTTP_1_1)
                    .connectTimeout(Duration.ofSeconds(5))
                    .build();

    private final Map<Protocol, Httpd> httpds = new EnumMap<>(Protocol.class);
    private final Map<Protocol, Integer> ports = new EnumMap<>(Protocol.class);
    private @Nullable Backend backend;

    @BeforeAll
    void startAll(@TempDir Path directory) throws IOException {
        backend = Backend.start(directory, MEMBERS);
        for (Protocol protocol : Protocol.values()) {
            String name = protocol.name().toLowerCase(java.util.Locale.ROOT);
            Path own = Files.createDirectory(directory.resolve("httpd-" + name));
            int port = Ports.free();
            List<String> conf = Backend.command("conf", "apache", "--standalone");
            conf.addAll(backend.settings());
            conf.addAll(
                    List.of(
                            "--protocol=" + name,
                            "--listen=" + port,
                            "--manager-port=0",
                            "--dir=" + own));
            Command printed = Command.run(directory, conf);
            assertThat(printed.exit()).as(printed.output()).isZero();
            ports.put(protocol, port);
            httpds.put(protocol, Httpd.start(own, printed.output(), port));
        }
    }

    @AfterAll
    void stopAll() {
        httpds.values().forEach(Httpd::close);
        backend().close();
    }

    @ParameterizedTest
    @EnumSource
    void everyMemberTakesItsShare(Protocol protocol) throws Exception {
        Map<String, AtomicInteger> answers = new ConcurrentHashMap<>();
        ExecutorService clients = Executors.newFixedThreadPool(16);
        try {
            List<Callable<Void>> calls = new ArrayList<>();
            for (int i = 0; i < REQUESTS; i++) {
                calls.add(
                        () -> {
                            HttpResponse<String> answer = get(protocol, "/whoami");
                            assertThat(answer.statusCode()).isEqualTo(200);
                            assertThat(answer.body())
                                    .contains("\"" + protocol.shownByWhoami + "\"");
                            answers.computeIfAbsent(route(answer.body()), r -> new AtomicInteger())
                                    .incrementAndGet();
                            return null;
                        });
            }
            for (Future<Void> call : clients.invokeAll(calls)) {
                call.get();
            }
        } finally {
            clients.shutdownNow();
        }
        assertThat(answers.keySet())
                .containsExactlyInAnyOrderElementsOf(
                        IntStream.rangeClosed(1, MEMBERS).mapToObj(k -> "m" + k).toList());
        assertThat(answers.values())
                .allSatisfy(count -> assertThat(count.get()).isGreaterThan(REQUESTS / MEMBERS / 3));
    }

    @ParameterizedTest
    @MethodSource("sizes")
    void aBodyOfKnownLengthComesBackByteForByte(Protocol protocol, int size) throws Exception {
        byte[] body = random(size);

        HttpResponse<byte[]> answer = echo(protocol, BodyPublishers.ofByteArray(body));

        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.body()).isEqualTo(body);
    }

    @ParameterizedTest
    @MethodSource("sizes")
    void aChunkedBodyComesBackByteForByte(Protocol protocol, int size) throws Exception {
        byte[] body = random(size);

        HttpResponse<byte[]> answer =
                echo(protocol, BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(body)));

        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.body()).isEqualTo(body);
    }

    @ParameterizedTest
    @MethodSource("sizes")
    void anAnswerHasItsLengthAndEveryByte(Protocol protocol, int size) throws Exception {
        HttpResponse<byte[]> answer =
                client.send(
                        request(protocol, "/bytes/" + size).build(), BodyHandlers.ofByteArray());

        assertThat(answer.body()).hasSize(size);
        assertThat(answer.headers().firstValueAsLong("Content-Length")).hasValue(size);
    }

    @ParameterizedTest
    @EnumSource
    void headHasTheLengthAndNoBody(Protocol protocol) throws Exception {
        HttpResponse<String> answer =
                send(request(protocol, "/bytes/1000").method("HEAD", BodyPublishers.noBody()));

        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.body()).isEmpty();
        assertThat(answer.headers().firstValueAsLong("Content-Length")).hasValue(1000);
    }

    @ParameterizedTest
    @EnumSource
    void conditionalAndRangeRequestsWork(Protocol protocol) throws Exception {
        HttpResponse<String> whole = get(protocol, "/static/hello.txt");
        String tag = whole.headers().firstValue("ETag").orElseThrow();

        HttpResponse<String> unchanged =
                send(request(protocol, "/static/hello.txt").header("If-None-Match", tag));
        HttpResponse<String> part =
                send(request(protocol, "/static/hello.txt").header("Range", "bytes=0-4"));

        assertThat(unchanged.statusCode()).isEqualTo(304);
        assertThat(unchanged.body()).isEmpty();
        assertThat(part.statusCode()).isEqualTo(206);
        assertThat(part.body()).isEqualTo(whole.body().substring(0, 5));
    }

    @ParameterizedTest
    @EnumSource
    void anExpectationIsMet(Protocol protocol) throws Exception {
        HttpResponse<String> answer =
                send(
                        request(protocol, "/echo")
                                .expectContinue(true)
                                .POST(BodyPublishers.ofString("after the 100")));

        assertThat(answer.body()).isEqualTo("after the 100");
    }

    @ParameterizedTest
    @EnumSource
    void namesArriveAsTheyWereMeant(Protocol protocol) throws Exception {
        assertThat(get(protocol, "/J%C3%BCrgen").body()).isEqualTo("Hello, Jürgen");
        assertThat(get(protocol, "/%E2%82%AC").body()).isEqualTo("Hello, €");
        assertThat(get(protocol, "/a%20b").body()).isEqualTo("Hello, a b");
        assertThat(get(protocol, "/100%25").body()).isEqualTo("Hello, 100%");
        assertThat(get(protocol, "/a+b").body()).isEqualTo("Hello, a+b");
    }

    @ParameterizedTest
    @EnumSource
    void largeHeadersSurvive(Protocol protocol) throws Exception {
        // Over h2c Undertow 2.4.4 has no heads that are larger than one frame of 16 KiB.
        int size = protocol == Protocol.H2C ? 15_000 : 20_000;

        HttpResponse<String> answer = get(protocol, "/headers/" + size);
        HttpResponse<String> asked =
                send(request(protocol, "/whoami").header("X-Long", "x".repeat(size)));

        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.headers().firstValue("X-Fill").orElseThrow()).hasSize(size);
        assertThat(asked.statusCode()).isEqualTo(200);
        assertThat(asked.body()).contains("x".repeat(size));
    }

    @ParameterizedTest
    @EnumSource
    void eventsArriveOneByOne(Protocol protocol) throws Exception {
        HttpResponse<Stream<String>> answer =
                client.send(request(protocol, "/events").build(), BodyHandlers.ofLines());

        assertThat(answer.headers().firstValue("Content-Type").orElseThrow())
                .startsWith("text/event-stream");
        try (Stream<String> lines = answer.body()) {
            assertThat(lines.filter(line -> line.startsWith("data:")).limit(2).count())
                    .isEqualTo(2);
        }
    }

    @Test
    void aWebSocketEchoesThroughHttpd() throws Exception {
        BlockingQueue<Object> received = new LinkedBlockingQueue<>();
        WebSocket socket =
                client.newWebSocketBuilder()
                        .buildAsync(
                                URI.create("ws://127.0.0.1:" + ports.get(Protocol.HTTP) + "/ws"),
                                new WebSocketMessages(received))
                        .get(10, TimeUnit.SECONDS);

        socket.sendText("Grüße", true).get(10, TimeUnit.SECONDS);
        assertThat(received.poll(10, TimeUnit.SECONDS)).isEqualTo("Grüße");
        ByteBuffer hundred = ByteBuffer.wrap(new byte[100]);
        socket.sendBinary(hundred, true).get(10, TimeUnit.SECONDS);
        assertThat(received.poll(10, TimeUnit.SECONDS)).isEqualTo(hundred.rewind());
        socket.abort();
    }

    @ParameterizedTest
    @EnumSource
    void aClientThatGoesAwayLeavesNothingBehind(Protocol protocol) throws Exception {
        try (var socket = new Socket(InetAddress.getLoopbackAddress(), port(protocol))) {
            socket.getOutputStream()
                    .write(
                            "GET /stream/10000?every=10ms HTTP/1.1\r\nHost: x\r\n\r\n"
                                    .getBytes(UTF_8));
            assertThat(socket.getInputStream().read()).isEqualTo('H');
        }

        await().atMost(Duration.ofSeconds(30)).until(() -> activeRequests() == 0);
    }

    @Test
    void ajpKnowsTheClientWithoutForwardingHeaders() throws Exception {
        HttpResponse<String> answer =
                send(request(Protocol.AJP, "/whoami").header("X-Forwarded-For", "6.6.6.6"));

        assertThat(answer.body())
                .containsPattern("\"clientAddress\"\\s*:\\s*\"127.0.0.1\"")
                .doesNotContainPattern("\"clientAddress\"\\s*:\\s*\"6.6.6.6\"");
    }

    private double activeRequests() {
        return backend()
                .admin("/metrics")
                .body()
                .lines()
                .filter(line -> line.startsWith("http_server_active_requests{"))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' '))))
                .sum();
    }

    private static Stream<Arguments> sizes() {
        return Stream.of(Protocol.values())
                .flatMap(protocol -> SIZES.stream().map(size -> Arguments.of(protocol, size)));
    }

    private static byte[] random(int size) {
        byte[] bytes = new byte[size];
        new Random(size).nextBytes(bytes);
        return bytes;
    }

    private static String route(String whoami) {
        return whoami.replaceAll("(?s).*\"route\"\\s*:\\s*\"([^\"]*)\".*", "$1");
    }

    private HttpResponse<byte[]> echo(Protocol protocol, BodyPublisher body) throws Exception {
        return client.send(
                request(protocol, "/echo").POST(body).build(), BodyHandlers.ofByteArray());
    }

    private HttpResponse<String> get(Protocol protocol, String path) throws Exception {
        return send(request(protocol, path));
    }

    private HttpResponse<String> send(HttpRequest.Builder request) throws Exception {
        return client.send(request.build(), BodyHandlers.ofString());
    }

    private HttpRequest.Builder request(Protocol protocol, String path) {
        return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port(protocol) + path))
                .timeout(Duration.ofSeconds(60));
    }

    private int port(Protocol protocol) {
        return java.util.Objects.requireNonNull(ports.get(protocol));
    }

    private Backend backend() {
        return java.util.Objects.requireNonNull(backend);
    }
}
