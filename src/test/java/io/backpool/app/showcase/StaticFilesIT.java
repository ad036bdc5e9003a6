package io.backpool.app.showcase;

import static org.assertj.core.api.Assertions.assertThat;

import io.backpool.testkit.ServerProcess;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Files as browsers and CDNs ask for them. */
@SuppressWarnings("NullAway.Init")
class StaticFilesIT {
    private static final HttpClient CLIENT =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private static final String HELLO = "/static/hello.txt";
    private static final String LONG_AGO = "Thu, 01 Jan 1970 00:00:00 GMT";
    private static final String LATER = "Fri, 01 Jan 2100 00:00:00 GMT";

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
    void aFileComesWithAllThatACacheWants() throws Exception {
        HttpResponse<byte[]> answer = get(HELLO);
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.body()).isEqualTo(StaticFilesTest.read("hello.txt"));
        assertThat(header(answer, "Content-Type")).isEqualTo("text/plain; charset=utf-8");
        assertThat(header(answer, "ETag")).matches("\"[0-9a-f]{16}\"");
        assertThat(header(answer, "Last-Modified")).endsWith(" GMT");
        assertThat(header(answer, "Accept-Ranges")).isEqualTo("bytes");
        assertThat(header(answer, "Cache-Control")).isEqualTo("public, max-age=60");
        assertThat(header(answer, "Vary")).isNull();
    }

    @ParameterizedTest
    @CsvSource({
        "app.css, text/css; charset=utf-8",
        "app.js, text/javascript; charset=utf-8",
    })
    void whatIsNamedByItsContentIsKeptForEver(String name, String type) throws Exception {
        HttpResponse<byte[]> answer = get(path(name));
        assertThat(header(answer, "Cache-Control"))
                .isEqualTo("public, max-age=31536000, immutable");
        assertThat(header(answer, "Content-Type")).isEqualTo(type);
    }

    @Test
    void eachVariantIsTheFileUnderAnotherTag() throws Exception {
        HttpResponse<byte[]> plain = get(path("app.css"));
        HttpResponse<byte[]> gzip = get(path("app.css"), "Accept-Encoding", "gzip");
        HttpResponse<byte[]> brotli = get(path("app.css"), "Accept-Encoding", "gzip, deflate, br");
        assertThat(header(plain, "Content-Encoding")).isNull();
        assertThat(header(gzip, "Content-Encoding")).isEqualTo("gzip");
        assertThat(header(brotli, "Content-Encoding")).isEqualTo("br");
        assertThat(List.of(plain, gzip, brotli))
                .allSatisfy(a -> assertThat(header(a, "Vary")).isEqualTo("Accept-Encoding"))
                .allSatisfy(a -> assertThat(header(a, "Content-Type")).startsWith("text/css"))
                .extracting(a -> header(a, "ETag"))
                .doesNotHaveDuplicates();
        assertThat(run(gzip.body(), "gzip")).isEqualTo(plain.body());
        assertThat(run(brotli.body(), "brotli")).isEqualTo(plain.body());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            nullValues = "none",
            value = {
                "br;q=0, gzip | gzip",
                "br;q=0.1, gzip;q=1 | br",
                "gzip;q=0 | none",
                "identity | none",
                "zstd | none",
                "* | none"
            })
    void onlyWhatIsAcceptedIsSent(String accepted, @Nullable String sent) throws Exception {
        HttpResponse<byte[]> answer = get(path("app.js"), "Accept-Encoding", accepted);
        assertThat(header(answer, "Content-Encoding")).isEqualTo(sent);
    }

    @Test
    void headTellsTheVariantToo() throws Exception {
        HttpRequest request =
                HttpRequest.newBuilder(server.uri(path("app.css")))
                        .method("HEAD", HttpRequest.BodyPublishers.noBody())
                        .header("Accept-Encoding", "br")
                        .header("Range", "bytes=0-1")
                        .build();
        HttpResponse<byte[]> answer = CLIENT.send(request, BodyHandlers.ofByteArray());
        assertThat(answer.statusCode()).isEqualTo(200);
        byte[] sent = StaticFilesTest.read(manifest("app.css") + ".br");
        assertThat(header(answer, "Content-Encoding")).isEqualTo("br");
        assertThat(header(answer, "Content-Length")).isEqualTo(Integer.toString(sent.length));
    }

    @ParameterizedTest
    @CsvSource({
        "bytes=0-4, bytes 0-4/64, Hello",
        "bytes=7-12, bytes 7-12/64, World!",
        "bytes=-8, bytes 56-63/64, 'ranges.\n'",
        "bytes=60-, bytes 60-63/64, 'es.\n'",
        "bytes=60-900, bytes 60-63/64, 'es.\n'"
    })
    void aRangeIsThatPart(String range, String contentRange, String body) throws Exception {
        HttpResponse<byte[]> answer = get(HELLO, "Range", range);
        assertThat(answer.statusCode()).isEqualTo(206);
        assertThat(header(answer, "Content-Range")).isEqualTo(contentRange);
        assertThat(new String(answer.body(), StandardCharsets.UTF_8)).isEqualTo(body);
    }

    @Test
    void aRangeBeyondTheEndIsRefusedWithTheLength() throws Exception {
        HttpResponse<byte[]> answer = get(HELLO, "Range", "bytes=64-");
        assertThat(answer.statusCode()).isEqualTo(416);
        assertThat(header(answer, "Content-Range")).isEqualTo("bytes */64");
        assertThat(header(answer, "Cache-Control")).isEqualTo("no-store");
        assertThat(header(answer, "Content-Type")).isEqualTo("application/problem+json");
        assertThat(new String(answer.body(), StandardCharsets.UTF_8)).contains("\"status\":416");
    }

    @Test
    void aRangeIsOfTheFileAsItIs() throws Exception {
        HttpResponse<byte[]> answer =
                get(path("app.css"), "Accept-Encoding", "br", "Range", "bytes=0-1");
        assertThat(answer.statusCode()).isEqualTo(206);
        assertThat(header(answer, "Content-Encoding")).isNull();
        assertThat(answer.body()).isEqualTo("/*".getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void ifRangeGivesTheWholeFileWhenItChanged() throws Exception {
        HttpResponse<byte[]> whole = get(HELLO);
        String date = Objects.requireNonNull(header(whole, "Last-Modified"));
        String tag = Objects.requireNonNull(header(whole, "ETag"));
        assertThat(ifRange(tag)).isEqualTo(206);
        assertThat(ifRange(date)).isEqualTo(206);
        assertThat(ifRange("W/" + tag)).isEqualTo(200);
        assertThat(ifRange("\"other\"")).isEqualTo(200);
        assertThat(ifRange(LONG_AGO)).isEqualTo(200);
        assertThat(ifRange("nonsense")).isEqualTo(200);
    }

    @Test
    void whatTheClientHasIsNotSentAgain() throws Exception {
        HttpResponse<byte[]> first = get(path("app.css"), "Accept-Encoding", "br");
        String tag = Objects.requireNonNull(header(first, "ETag"));
        HttpResponse<byte[]> second =
                get(path("app.css"), "Accept-Encoding", "br", "If-None-Match", tag);
        assertThat(second.statusCode()).isEqualTo(304);
        assertThat(second.body()).isEmpty();
        for (String name : List.of("ETag", "Cache-Control", "Vary")) {
            assertThat(header(second, name)).isEqualTo(header(first, name));
        }
        assertThat(header(second, "Content-Encoding")).isNull();
    }

    @Test
    void conditionsFollowTheirOrder() throws Exception {
        HttpResponse<byte[]> whole = get(HELLO);
        String tag = Objects.requireNonNull(header(whole, "ETag"));
        String date = Objects.requireNonNull(header(whole, "Last-Modified"));
        assertThat(status("If-None-Match", "\"other\"")).isEqualTo(200);
        assertThat(status("If-None-Match", "\"other\", " + tag)).isEqualTo(304);
        assertThat(status("If-None-Match", "*")).isEqualTo(304);
        assertThat(status("If-None-Match", "W/" + tag)).isEqualTo(304);
        assertThat(status("If-Modified-Since", date)).isEqualTo(304);
        assertThat(status("If-Modified-Since", LONG_AGO)).isEqualTo(200);
        assertThat(status("If-None-Match", "\"other\"", "If-Modified-Since", LATER)).isEqualTo(200);
        assertThat(status("If-Match", tag)).isEqualTo(200);
        assertThat(status("If-Match", "\"other\"")).isEqualTo(412);
        assertThat(status("If-Unmodified-Since", LONG_AGO)).isEqualTo(412);
        assertThat(status("If-Match", tag, "If-Unmodified-Since", LONG_AGO)).isEqualTo(200);
    }

    @Test
    void aFailedConditionIsNotKept() throws Exception {
        HttpResponse<byte[]> answer = get(HELLO, "If-Match", "\"other\"");
        assertThat(header(answer, "Cache-Control")).isEqualTo("no-store");
        assertThat(header(answer, "ETag")).isNull();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/static/",
                "/static/nothing.txt",
                "/static/hello.txt/",
                "/static//hello.txt",
                "/static/hello.txt.gz",
                "/static/./hello.txt",
                "/static/../static/hello.txt",
                "/static/../META-INF/MANIFEST.MF",
                "/static/%2e%2e/logback.xml",
                "/static/%2e%2e%2flogback.xml",
                "/static/..%2flogback.xml",
                "/static/..%5clogback.xml",
                "/static/..\\logback.xml",
                "/static/%252e%252e/logback.xml",
                "/static/..;/logback.xml",
                "/static/%c0%ae%c0%ae/logback.xml",
                "/static/hello.txt%00.css",
                "/static/io/backpool"
            })
    void whatTheManifestDoesNotNameIsNotThere(String path) throws Exception {
        assertThat(raw(path)).matches("(?s)HTTP/1.1 (404|400) .*").doesNotContain("max-age");
    }

    /** The path as it is: Java's client would clean it. */
    private static String raw(String path) throws IOException {
        try (var socket = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
            String request = "GET " + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
            socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
            try (InputStream in = socket.getInputStream()) {
                return new String(in.readAllBytes(), StandardCharsets.UTF_8);
            }
        }
    }

    private static int ifRange(String value) throws Exception {
        return status("Range", "bytes=0-4", "If-Range", value);
    }

    private static int status(String... headers) throws Exception {
        return get(HELLO, headers).statusCode();
    }

    private static HttpResponse<byte[]> get(String path, String... headers) throws Exception {
        var request = HttpRequest.newBuilder(server.uri(path));
        if (headers.length > 0) {
            request.headers(headers);
        }
        return CLIENT.send(request.build(), BodyHandlers.ofByteArray());
    }

    private static @Nullable String header(HttpResponse<?> answer, String name) {
        return answer.headers().firstValue(name).orElse(null);
    }

    private static String path(String name) throws IOException {
        return "/static/" + manifest(name);
    }

    private static String manifest(String name) throws IOException {
        return Objects.requireNonNull(StaticFilesTest.manifest().get(name), name);
    }

    private static byte[] run(byte[] compressed, String program) throws Exception {
        Process process =
                new ProcessBuilder(ServerProcess.program(program), "-dc")
                        .redirectError(ProcessBuilder.Redirect.INHERIT)
                        .start();
        try (var in = process.getOutputStream()) {
            in.write(compressed);
        }
        byte[] content = process.getInputStream().readAllBytes();
        assertThat(process.waitFor()).isZero();
        return content;
    }
}
