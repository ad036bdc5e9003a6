package io.backpool.proxyconf;

import static io.backpool.proxyconf.ThroughHttpd.utf8;
import static org.assertj.core.api.Assertions.assertThat;

import io.backpool.testkit.Httpd;
import io.backpool.testkit.RawSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** What clients really send, through the printed configuration of httpd over each protocol. */
class RequestsThroughHttpdIT {
    private static final Pattern SESSION =
            Pattern.compile("(?i)set-cookie: JSESSIONID=([^;\r\n]+)");

    /** Debian's default, here for every type. */
    private static final String DEFLATE =
            "LoadModule deflate_module %s/mod_deflate.so%nSetOutputFilter DEFLATE%n"
                    .concat("ErrorDocument 404 \"of the site's own\"%n")
                    .concat("ErrorDocument 500 \"of the site's own\"%n")
                    .formatted(Httpd.modules());

    @TempDir static Path directory;
    private static ThroughHttpd site;

    @BeforeAll
    static void start() throws Exception {
        site = ThroughHttpd.start(directory, 2, List.of(), List.of(), DEFLATE);
    }

    @AfterAll
    static void stop() throws Exception {
        site.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"direct", "http", "ajp", "h2c"})
    void whatBrowsersLeaveUnescapedInAQueryArrives(String front) {
        for (String text :
                List.of("a|b", "{x:1}", "^", "`", "\"", "<b>", "\\", "[]", "ü", "日本", "a'b", "*")) {
            JsonNode seen = whoami(front, "/whoami?q=" + utf8(text) + "&r=%2B+%C3%BC");

            assertThat(seen.at("/parameters/q/0").asString()).as(text).isEqualTo(text);
            assertThat(seen.at("/parameters/r/0").asString()).isEqualTo("+ ü");
            assertThat(seen.get("query").asString()).endsWith("&r=%2B+%C3%BC");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"direct", "http", "ajp", "h2c"})
    void aPathOfAnyTextArrives(String front) {
        for (String text : List.of("ü", "a|b", "{x}", "^", "`", "\"", "<b>", "日本")) {
            assertThat(get(front, "/" + utf8(text))).endsWith(utf8("Hello, " + text));
        }
        assertThat(get(front, "/100%25")).endsWith("Hello, 100%");
        assertThat(get(front, "/a%7Cb%20c+d")).endsWith("Hello, a|b c+d");
    }

    @ParameterizedTest
    @ValueSource(strings = {"direct", "http", "ajp", "h2c"})
    void whatCannotBeReadIsRefusedWithAProblemDocument(String front) {
        for (String target :
                List.of(
                        "/whoami?q=%zz",
                        "/whoami?q=100%",
                        "/whoami?q=%1",
                        "/whoami?%=a",
                        "/whoami?a=b&%u0041",
                        "/a%00b")) {
            String answer = get(front, target);

            assertThat(answer).as(target).startsWith("HTTP/1.1 400");
            assertThat(answer).contains("application/problem+json");
            Matcher id = Pattern.compile("(?i)x-request-id: (\\S+)").matcher(answer);
            assertThat(id.find()).isTrue();
            assertThat(answer).contains("\"requestId\":\"" + id.group(1) + "\"");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"direct", "http", "ajp", "h2c"})
    void aLongQueryArrives(String front) {
        for (int size : List.of(9_000, front.equals("h2c") ? 14_000 : 60_000)) {
            JsonNode seen = whoami(front, "/whoami?q=" + "x".repeat(size));

            assertThat(seen.at("/parameters/q/0").asString()).hasSize(size);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"direct", "http", "ajp", "h2c"})
    void anEncodedSlashArrivesAndSeparatesNothing(String front) {
        assertThat(get(front, "/a%2Fb")).startsWith("HTTP/1.1 200").endsWith("Hello, a/b");
        assertThat(get(front, "/cached/a%2fb")).endsWith("Hello, a/b");
        assertThat(get(front, "/a%5Cb")).endsWith("Hello, a\\b");
        assertThat(get(front, "/..%2Fusers")).endsWith("Hello, ../users");
        assertThat(get(front, "/static%2Fhello.txt")).endsWith("Hello, static/hello.txt");
        assertThat(whoami(front, "/whoami?q=a%2Fb").at("/parameters/q/0").asString())
                .isEqualTo("a/b");
    }

    @ParameterizedTest
    @ValueSource(strings = {"direct", "http", "ajp", "h2c"})
    void anEncodedPercentSignIsDecodedOnce(String front) {
        assertThat(get(front, "/a%252Fb")).endsWith("Hello, a%2Fb");
        assertThat(get(front, "/a%25252Fb")).endsWith("Hello, a%252Fb");
        assertThat(get(front, "/a%2541")).endsWith("Hello, a%41");
        assertThat(get(front, "/100%25")).endsWith("Hello, 100%");
        assertThat(get(front, "/%C3%BC%2F%25")).endsWith(utf8("Hello, ü/%"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"direct", "http", "ajp", "h2c"})
    void aCookieThatCannotBeReadDoesNoHarm(String front) throws Exception {
        for (String strange :
                List.of(
                        "name=J\u00c3\u00b6rg",
                        "name=\u00ff",
                        "$Version",
                        "$Version=",
                        "$Version=x",
                        "$Version=99999999999",
                        "$Path=\"",
                        "a=\"",
                        "a=\"b\"c",
                        "=",
                        "=;=",
                        "ü\u0080=1",
                        "a=b\tc",
                        "JSESSIONID",
                        "JSESSIONID=",
                        "JSESSIONID=\"",
                        "JSESSIONID=\"\"",
                        "JSESSIONID=.m1",
                        "JSESSIONID=J\u00c3\u00b6rg.m1",
                        "JSESSIONID=\"J\u00c3\u00b6rg\"")) {
            Matcher session = SESSION.matcher(get(front, "/session", "Cookie: " + strange));
            assertThat(session.find()).as(strange).isTrue();

            for (String cookies :
                    List.of(
                            strange + "; JSESSIONID=" + session.group(1),
                            "JSESSIONID=" + session.group(1) + "; " + strange)) {
                assertThat(get(front, "/session", "Cookie: " + cookies))
                        .as(cookies)
                        .contains("\"count\":");
            }
            assertThat(
                            get(
                                    front,
                                    "/session",
                                    "Cookie: JSESSIONID=" + session.group(1) + "; " + strange))
                    .as(strange)
                    .contains("\"count\":4,");
        }
        assertThat(Files.readString(directory.resolve("backend.log"))).doesNotContain("\tat ");
    }

    @ParameterizedTest
    @ValueSource(strings = {"direct", "http", "ajp", "h2c"})
    void ourSessionIsFoundAmongOthersCookiesOfTheSameName(String front) {
        String id = session(front);
        String other = "0123456789abcdefABCDEF0123456789abcdef-_";
        int count = 1;
        for (String cookies :
                List.of(
                        "JSESSIONID=" + id + "; JSESSIONID=" + other + ".node1",
                        "JSESSIONID=" + other + "; JSESSIONID=" + id,
                        "JSESSIONID=\"" + id + "\"",
                        "JSESSIONID=\"" + other + "\"; a=b; JSESSIONID=\"" + id + "\"",
                        "a=b;JSESSIONID=" + id + ";c=d",
                        "JSESSIONID=; JSESSIONID=" + id,
                        "JSESSIONID=" + other + "; JSESSIONID=x; JSESSIONID=" + id)) {
            assertThat(get(front, "/session", "Cookie: " + cookies))
                    .as(cookies)
                    .contains("\"count\":" + ++count + ",");
        }
        assertThat(
                        get(
                                front,
                                "/session",
                                "Cookie: JSESSIONID=" + other,
                                "Cookie: JSESSIONID=" + id))
                .contains("\"count\":" + ++count + ",");
    }

    @ParameterizedTest
    @ValueSource(strings = {"direct", "http", "ajp", "h2c"})
    void asManyHeadersArriveAsHttpdLetsIn(String front) {
        String[] headers =
                IntStream.rangeClosed(1, 98)
                        .mapToObj(k -> "X-Header-" + k + ": " + k)
                        .toArray(String[]::new);

        JsonNode seen = whoami(front, "/whoami", headers);

        // HTTP/2 knows lower case only.
        assertThat(seen.get("headers").toString().toLowerCase(Locale.ROOT))
                .contains("\"x-header-1\":\"1\"", "\"x-header-98\":\"98\"");
    }

    @ParameterizedTest
    @ValueSource(strings = {"direct", "http", "ajp", "h2c"})
    void aTagThatHttpdChangedIsKnown(String front) {
        String answer = get(front, "/static/hello.txt", "Accept-Encoding: gzip");
        Matcher etag = Pattern.compile("(?i)\r\netag: (\\S+)").matcher(answer);
        assertThat(etag.find()).isTrue();
        String own = etag.group(1).replace("-gzip", "");
        String compressed = own.replaceFirst("\"$", "-gzip\"");

        for (String tag :
                List.of(
                        compressed,
                        "W/" + compressed,
                        own.replaceFirst("\"$", "-br\""),
                        "\"other\", " + compressed,
                        compressed + ",\"other\"",
                        own,
                        "*")) {
            assertThat(
                            get(
                                    front,
                                    "/static/hello.txt",
                                    "Accept-Encoding: gzip",
                                    "If-None-Match: " + tag))
                    .as(tag)
                    .startsWith("HTTP/1.1 304");
        }
        assertThat(get(front, "/static/hello.txt", "If-None-Match: \"other-gzip\""))
                .startsWith("HTTP/1.1 200");
        assertThat(get(front, "/static/hello.txt", "If-Match: " + compressed))
                .startsWith("HTTP/1.1 200");
        assertThat(get(front, "/static/hello.txt", "If-Match: \"other-gzip\""))
                .startsWith("HTTP/1.1 412");
    }

    @ParameterizedTest
    @ValueSource(strings = {"direct", "http", "ajp", "h2c"})
    void aClientThatAsksBeforeItSendsIsAnswered(String front) {
        for (int size : List.of(1, 1000, 40_000, 400_000)) {
            String body = "b".repeat(size);
            String id = session(front);
            try (RawSocket socket = RawSocket.connect(site.port(front))) {
                socket.send(
                        "POST /echo HTTP/1.1\r\nHost: a\r\nConnection: close\r\nCookie: JSESSIONID="
                                + id
                                + "\r\nExpect: 100-continue\r\nContent-Length: "
                                + size
                                + "\r\n\r\n");
                socket.readUntil(
                        received ->
                                RawSocket.text(received).startsWith("HTTP/1.1 100 Continue\r\n"));
                String answer = socket.send(body).readToEnd();

                assertThat(answer).contains("HTTP/1.1 200").endsWith(body);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"direct", "http", "ajp", "h2c"})
    void thePathOfAClientThatAsksBeforeItSendsArrives(String front) {
        String expect = "Expect: 100-continue";
        assertThat(get(front, "/a%252Fb", expect)).endsWith("Hello, a%2Fb");
        assertThat(get(front, "/a%2Fb", expect)).endsWith("Hello, a/b");
        assertThat(get(front, "/100%25", expect)).endsWith("Hello, 100%");
        assertThat(get(front, "/a%3Bjsessionid=x", expect)).endsWith("Hello, a;jsessionid=x");
        assertThat(get(front, "/a%3Fb", expect)).startsWith("HTTP/1.1 200");
        JsonNode seen = whoami(front, "/whoami?q=" + utf8("ü") + "|%2F%3F%25", expect);
        assertThat(seen.at("/parameters/q/0").asString()).isEqualTo("ü|/?%");
    }

    @ParameterizedTest
    @ValueSource(strings = {"http", "ajp", "h2c"})
    void aProblemDocumentPassesErrorDocument(String front) {
        for (String target : List.of("/none/such", "/status/404", "/status/500", "/sleep?for=x")) {
            assertThat(get(front, target))
                    .contains("application/problem+json", "\"requestId\":\"")
                    .doesNotContain("of the site's own");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"ajp", "h2c"})
    void aWebSocketThatCannotBeCarriedIs501(String front) throws Exception {
        String answer =
                get(
                        front,
                        "/ws",
                        "Connection: Upgrade",
                        "Upgrade: websocket",
                        "Sec-WebSocket-Version: 13",
                        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==");

        assertThat(answer).startsWith("HTTP/1.1 501").contains("over HTTP/1.1 only", "requestId");
        assertThat(Files.readString(directory.resolve("backend.log"))).doesNotContain("\tat ");
    }

    private static String session(String front) {
        Matcher cookie = SESSION.matcher(get(front, "/session"));
        assertThat(cookie.find()).isTrue();
        return cookie.group(1);
    }

    private static JsonNode whoami(String front, String target, String... headers) {
        return site.whoami(front, target, headers);
    }

    private static String get(String front, String target, String... headers) {
        return site.get(front, target, headers);
    }
}
