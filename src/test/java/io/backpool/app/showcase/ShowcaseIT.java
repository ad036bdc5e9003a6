package io.backpool.app.showcase;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.backpool.testkit.WebSocketMessages;
import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Every request of the showcase but files, over the wire. */
@SuppressWarnings("NullAway.Init")
class ShowcaseIT {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final int BODY_OF_ECHO = 64 * 1024 * 1024;
    private static final HttpClient CLIENT =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    private static ShowcaseServer server;

    @BeforeAll
    static void start() {
        server = new ShowcaseServer();
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @Test
    void theRootSaysHelloWorld() throws Exception {
        HttpResponse<String> answer = get("/");
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.body()).isEqualTo("Hello, World!");
        assertThat(header(answer, "Content-Type")).isEqualTo("text/plain");
        assertThat(header(answer, "Content-Length")).isEqualTo("13");
    }

    @ParameterizedTest
    @CsvSource({"/Bob, Bob", "/a%20b?name=x, a b", "/J%C3%BCrgen, Jürgen", "/%E4%B8%96, 世"})
    void aNameIsGreeted(String path, String name) throws Exception {
        HttpResponse<String> answer = get(path);
        assertThat(answer.body()).isEqualTo("Hello, " + name);
        assertThat(header(answer, "Content-Type")).isEqualTo("text/plain; charset=utf-8");
    }

    @ParameterizedTest
    @CsvSource({
        "/, /",
        "/Bob, /{name}",
        "/whoami, /whoami",
        "/bytes/1, /bytes/{n}",
        "/status/404, /status/{code}",
        "/static/hello.txt, /static/*",
        "/static/nothing, /static/*",
        "/echo, /echo",
        "/no/such, none"
    })
    void theTemplateOfARequestIsAttached(String path, String template) throws Exception {
        server.templates.remove(path);
        get(path);
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(server.templates).containsEntry(path, template));
    }

    @Test
    void whoamiTellsWhatArrived() throws Exception {
        HttpRequest request =
                HttpRequest.newBuilder(server.uri("/whoami"))
                        .header("X-Once", "1")
                        .header("X-Twice", "1")
                        .header("X-Twice", "2")
                        .build();
        HttpResponse<String> answer = CLIENT.send(request, BodyHandlers.ofString());
        JsonNode seen = new JsonMapper().readTree(answer.body());
        assertThat(header(answer, "Content-Type")).isEqualTo("application/json");
        assertThat(new ArrayList<>(seen.propertyNames()))
                .containsExactly(
                        "protocol",
                        "route",
                        "pid",
                        "clientAddress",
                        "clientPort",
                        "scheme",
                        "host",
                        "user",
                        "authType",
                        "attributes",
                        "tls",
                        "requestId",
                        "method",
                        "path",
                        "query",
                        "parameters",
                        "headers");
        assertThat(seen.get("protocol").asString()).isEqualTo("HTTP/1.1");
        assertThat(seen.get("route").asString()).isEqualTo("m1");
        assertThat(seen.get("requestId").asString()).isEqualTo("id-1");
        assertThat(seen.get("pid").asLong()).isEqualTo(ProcessHandle.current().pid());
        assertThat(seen.get("clientAddress").asString()).isEqualTo("127.0.0.1");
        assertThat(seen.get("clientPort").asInt()).isPositive();
        assertThat(seen.get("scheme").asString()).isEqualTo("http");
        assertThat(seen.get("host").asString()).isEqualTo("127.0.0.1:" + server.port());
        assertThat(seen.get("user").isNull()).isTrue();
        assertThat(seen.get("tls").isNull()).isTrue();
        assertThat(seen.at("/headers/X-Once").asString()).isEqualTo("1");
        assertThat(seen.at("/headers/X-Twice").size()).isEqualTo(2);
    }

    @ParameterizedTest
    @CsvSource({
        "/, 13",
        "/Bob, 10",
        "/bytes/100000000, 100000000",
        "/bytes/0, 0",
        "/sleep?for=1ms, 14",
        "/static/hello.txt, 64"
    })
    void headIsAnsweredAsGetWithoutTheBody(String path, String length) throws Exception {
        HttpResponse<String> answer = send("HEAD", path);
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(header(answer, "Content-Length")).isEqualTo(length);
        assertThat(answer.body()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"/events", "/stream/10000?every=10s", "/whoami", "/work?for=1ms"})
    void headOfWhatTakesLongEndsAtOnce(String path) throws Exception {
        assertThat(send("HEAD", path).statusCode()).isEqualTo(200);
    }

    @ParameterizedTest
    @CsvSource({
        "OPTIONS, /, 204, 'GET, HEAD, OPTIONS'",
        "OPTIONS, /echo, 204, 'POST, OPTIONS'",
        "GET, /echo, 405, 'POST, OPTIONS'",
        "POST, /, 405, 'GET, HEAD, OPTIONS'",
        "DELETE, /whoami, 405, 'GET, HEAD, OPTIONS'",
        "PUT, /static/hello.txt, 405, 'GET, HEAD, OPTIONS'",
        "BREW, /Bob, 405, 'GET, HEAD, OPTIONS'"
    })
    void otherMethodsAreToldWhatIsAllowed(String method, String path, int status, String allow)
            throws Exception {
        HttpResponse<String> answer = send(method, path);
        assertThat(answer.statusCode()).isEqualTo(status);
        assertThat(header(answer, "Allow")).isEqualTo(allow);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "/bytes/100000001 | n: was '100000001', must be a whole number from 0 to 100000000",
                "/bytes/x | n: was 'x', must be a whole number from 0 to 100000000",
                "/headers/60001 | n: was '60001', must be a whole number from 0 to 60000",
                "/status/199 | code: was '199', must be a whole number from 200 to 599",
                "/status/600 | code: was '600', must be a whole number from 200 to 599",
                "/stream/10001 | n: was '10001', must be a whole number from 1 to 10000",
                "/stream/1?every=0ms | every: was '0ms', must be a duration such as 500ms or 5s,"
                        + " from 1ms to 10s",
                "/stream/1?every=11s | every: was '11s', must be a duration such as 500ms or 5s,"
                        + " from 1ms to 10s",
                "/sleep?for=61s | for: was '61s', must be a duration such as 500ms or 5s, from 0ms"
                        + " to 60s",
                "/sleep?for= | for: was '', must be a duration such as 500ms or 5s, from 0ms to"
                        + " 60s",
                "/work?for=11s | for: was '11s', must be a duration such as 500ms or 5s, from 0ms"
                        + " to 10s"
            })
    void aBadParameterIsToldAsAProblem(String path, String detail) throws Exception {
        HttpResponse<String> answer = get(path);
        JsonNode problem = new JsonMapper().readTree(answer.body());
        assertThat(answer.statusCode()).isEqualTo(400);
        assertThat(header(answer, "Content-Type")).isEqualTo("application/problem+json");
        assertThat(problem.get("status").asInt()).isEqualTo(400);
        assertThat(problem.get("detail").asString()).isEqualTo(detail);
        assertThat(problem.get("requestId").asString()).isEqualTo("id-1");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 8191, 8192, 8193, 65535, 65536, 65537, 5 * 1024 * 1024})
    void aBodyComesBackAsItWas(int size) throws Exception {
        byte[] body = random(size);
        HttpResponse<byte[]> answer = echo("/echo", BodyPublishers.ofByteArray(body));
        assertThat(answer.body()).isEqualTo(body);
        assertThat(answer.headers().firstValueAsLong("Content-Length")).hasValue(size);
        assertThat(header(answer, "Content-Type")).isEqualTo("image/x-noise");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 8191, 8192, 8193, 65535, 65536, 65537, 5 * 1024 * 1024})
    void aBodyOfUnknownLengthComesBackAsItWas(int size) throws Exception {
        byte[] body = random(size);
        HttpResponse<byte[]> answer =
                echo("/echo", BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(body)));
        assertThat(answer.body()).isEqualTo(body);
    }

    @Test
    void anEchoWaitsForItsLeaveToSendTheBody() throws Exception {
        byte[] body = random(100_000);
        HttpRequest request =
                HttpRequest.newBuilder(server.uri("/echo"))
                        .expectContinue(true)
                        .timeout(PATIENCE)
                        .POST(BodyPublishers.ofByteArray(body))
                        .build();
        assertThat(CLIENT.send(request, BodyHandlers.ofByteArray()).body()).isEqualTo(body);
    }

    /** As httpd does: the sockets' buffers can't hold a body of this size. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aClientThatSendsEverythingBeforeItReadsIsEchoed(boolean chunked) throws Exception {
        byte[] body = random(BODY_OF_ECHO);
        try (var socket = new Socket()) {
            socket.setReceiveBufferSize(64 * 1024);
            socket.setSoTimeout(Math.toIntExact(PATIENCE.toMillis()));
            socket.connect(
                    new java.net.InetSocketAddress(
                            InetAddress.getLoopbackAddress(), server.port()));
            OutputStream out = socket.getOutputStream();
            String framing =
                    chunked ? "Transfer-Encoding: chunked" : "Content-Length: " + body.length;
            String head = "POST /echo HTTP/1.1\r\nHost: x\r\n%s\r\n\r\n";
            out.write(head.formatted(framing).getBytes(StandardCharsets.US_ASCII));
            if (chunked) {
                out.write("%x\r\n".formatted(body.length).getBytes(StandardCharsets.US_ASCII));
                out.write(body);
                out.write("\r\n0\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            } else {
                out.write(body);
            }
            String last = "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
            out.write(last.getBytes(StandardCharsets.US_ASCII));
            byte[] answer = socket.getInputStream().readAllBytes();
            assertThat(new String(answer, 0, 12, StandardCharsets.US_ASCII))
                    .isEqualTo("HTTP/1.1 200");
            assertThat(content(answer, chunked)).isEqualTo(body);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 20_000, 60_000})
    void aHeaderOfThatManyBytesIsSent(int size) throws Exception {
        assertThat(header(get("/headers/" + size), "X-Fill")).hasSize(size);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 65535, 65536, 65537, 10_000_000})
    void thatManyBytesAreSent(int size) throws Exception {
        HttpResponse<byte[]> answer =
                CLIENT.send(request("GET", "/bytes/" + size), BodyHandlers.ofByteArray());
        assertThat(answer.headers().firstValueAsLong("Content-Length")).hasValue(size);
        byte[] expected = new byte[size];
        for (int i = 0; i < size; i++) {
            expected[i] = (byte) "0123456789abcdef".charAt(i % 16);
        }
        assertThat(answer.body()).isEqualTo(expected);
    }

    @Test
    void aStreamComesChunkByChunk() throws Exception {
        HttpResponse<InputStream> answer =
                CLIENT.send(request("GET", "/stream/2?every=10s"), BodyHandlers.ofInputStream());
        try (var lines = reader(answer.body())) {
            // it would be 10 s late, and the client's patience with it, if it were not flushed
            assertThat(lines.readLine()).isEqualTo("chunk 1 of 2");
        }
        assertThat(get("/stream/3?every=1ms").body())
                .isEqualTo("chunk 1 of 3\nchunk 2 of 3\nchunk 3 of 3\n");
    }

    @Test
    void sleepAndWorkTellWhatTheyDid() throws Exception {
        assertThat(get("/sleep?for=2ms").body()).isEqualTo("Slept for 2ms\n");
        assertThat(get("/work?for=2ms").body()).startsWith("Worked for 2ms, result ");
    }

    @Test
    void eventsComeNumberedAndGoOnWhereTheClientWas() throws Exception {
        HttpRequest request =
                HttpRequest.newBuilder(server.uri("/events")).header("Last-Event-ID", "41").build();
        HttpResponse<InputStream> answer = CLIENT.send(request, BodyHandlers.ofInputStream());
        assertThat(header(answer, "Content-Type")).startsWith("text/event-stream");
        assertThat(header(answer, "Cache-Control")).isEqualTo("no-store");
        try (var lines = reader(answer.body())) {
            List<String> ids = new ArrayList<>();
            while (ids.size() < 2) {
                String line = lines.readLine();
                if (line.startsWith("id:")) {
                    ids.add(line.substring(3).strip());
                }
            }
            assertThat(ids).containsExactly("42", "43");
        }
    }

    @Test
    void aWebSocketEchoesTextAndBinary() throws Exception {
        var received = new LinkedBlockingQueue<Object>();
        WebSocket socket =
                CLIENT.newWebSocketBuilder()
                        .buildAsync(
                                java.net.URI.create("ws://127.0.0.1:" + server.port() + "/ws"),
                                new WebSocketMessages(received))
                        .get(60, TimeUnit.SECONDS);
        for (int number = 0; number < 100; number++) {
            socket.sendText("Grüße " + number, true).get(60, TimeUnit.SECONDS);
        }
        for (int number = 0; number < 100; number++) {
            assertThat(received.poll(60, TimeUnit.SECONDS)).isEqualTo("Grüße " + number);
        }
        byte[] bytes = random(200_000);
        socket.sendBinary(ByteBuffer.wrap(bytes), true).get(60, TimeUnit.SECONDS);
        assertThat(received.poll(60, TimeUnit.SECONDS)).isEqualTo(ByteBuffer.wrap(bytes));
        socket.sendClose(WebSocket.NORMAL_CLOSURE, "").get(60, TimeUnit.SECONDS);
        assertThat(received.poll(60, TimeUnit.SECONDS)).isEqualTo(WebSocket.NORMAL_CLOSURE);
    }

    @Test
    void aPlainRequestForAWebSocketIsToldSo() throws Exception {
        HttpResponse<String> answer = get("/ws");
        assertThat(answer.statusCode()).isEqualTo(426);
        assertThat(header(answer, "Upgrade")).isEqualTo("websocket");
    }

    @ParameterizedTest
    @ValueSource(ints = {200, 201, 204, 301, 304, 400, 401, 404, 413, 416, 418, 500, 503, 599})
    void thatStatusIsAnswered(int status) throws Exception {
        assertThat(get("/status/" + status).statusCode()).isEqualTo(status);
    }

    private static HttpResponse<String> get(String path) throws Exception {
        return send("GET", path);
    }

    private static HttpResponse<String> send(String method, String path) throws Exception {
        return CLIENT.send(request(method, path), BodyHandlers.ofString());
    }

    private static HttpRequest request(String method, String path) {
        return HttpRequest.newBuilder(server.uri(path))
                .method(method, BodyPublishers.noBody())
                .timeout(PATIENCE)
                .build();
    }

    private static HttpResponse<byte[]> echo(String path, BodyPublisher body) throws Exception {
        HttpRequest request =
                HttpRequest.newBuilder(server.uri(path))
                        .header("Content-Type", "image/x-noise")
                        .timeout(PATIENCE)
                        .POST(body)
                        .build();
        return CLIENT.send(request, BodyHandlers.ofByteArray());
    }

    private static @Nullable String header(HttpResponse<?> answer, String name) {
        return answer.headers().firstValue(name).orElse(null);
    }

    private static BufferedReader reader(InputStream in) {
        return new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8));
    }

    private static byte[] random(int size) {
        byte[] bytes = new byte[size];
        new Random(size).nextBytes(bytes);
        return bytes;
    }

    /** What follows the head of an answer, without the framing. */
    private static byte[] content(byte[] answer, boolean chunked) throws IOException {
        var whole = ByteBuffer.wrap(answer);
        while (!line(whole).isEmpty()) {}
        if (!chunked) {
            int start = whole.position();
            return java.util.Arrays.copyOfRange(answer, start, start + BODY_OF_ECHO);
        }
        var content = new java.io.ByteArrayOutputStream();
        for (int size = size(whole); size > 0; size = size(whole)) {
            content.write(answer, whole.position(), size);
            whole.position(whole.position() + size + 2);
        }
        return content.toByteArray();
    }

    private static int size(ByteBuffer chunks) {
        return Integer.parseInt(line(chunks), 16);
    }

    private static String line(ByteBuffer text) {
        var line = new StringBuilder();
        for (char c = (char) text.get(); c != '\n'; c = (char) text.get()) {
            line.append(c);
        }
        return line.toString().strip();
    }
}
