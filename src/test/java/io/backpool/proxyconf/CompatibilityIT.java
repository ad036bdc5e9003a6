package io.backpool.proxyconf;

import static io.backpool.proxyconf.ThroughHttpd.utf8;
import static org.assertj.core.api.Assertions.assertThat;

import io.backpool.testkit.RawSocket;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/**
 * Public bug reports of other servers behind httpd, rebuilt: the list is compatibility.md, and each
 * test names its row there.
 */
class CompatibilityIT {
    @TempDir static Path directory;
    private static ThroughHttpd site;

    @BeforeAll
    static void start() throws Exception {
        site =
                ThroughHttpd.start(
                        directory, 2, List.of("--public-url=https://shop.example"), List.of(), "");
    }

    @AfterAll
    static void stop() throws Exception {
        site.close();
    }

    /** 1: opentext-idol/find 38. */
    @ParameterizedTest
    @ValueSource(strings = {"http", "ajp", "h2c"})
    void aKerberosTicketOf12KilobytesArrives(String front) {
        String ticket = "Negotiate " + "Y".repeat(12_000);
        assertThat(headers(front, "Authorization: " + ticket)).contains(ticket);
    }

    /** 2, 3: luminus-template 552, wildfly 10788. */
    @ParameterizedTest
    @ValueSource(strings = {"http", "ajp", "h2c"})
    void jsonAndUtf8InAQuery(String front) {
        JsonNode seen = site.whoami(front, "/whoami?jn={zhege:12,name:%22feng%22}&q=" + utf8("日本"));
        assertThat(seen.at("/parameters/jn/0").asString()).isEqualTo("{zhege:12,name:\"feng\"}");
        assertThat(seen.at("/parameters/q/0").asString()).isEqualTo("日本");
    }

    /** 4: undertow 669. */
    @ParameterizedTest
    @ValueSource(strings = {"http", "ajp", "h2c"})
    void aQueryThatCannotBeDecodedIs400(String front) {
        assertThat(site.get(front, "/whoami?bad=%")).startsWith("HTTP/1.1 400");
    }

    /** 5, 6: yamcs 793, nextcloud/all-in-one 1236. */
    @ParameterizedTest
    @ValueSource(strings = {"http", "ajp", "h2c"})
    void encodedSlashesInAPathArriveOnce(String front) {
        assertThat(site.get(front, "/cached/%2FCcsds%2FCommandHeader"))
                .endsWith("Hello, /Ccsds/CommandHeader");
        assertThat(site.get(front, "/https%3A%2F%2Fcloud.example%2Findex.php"))
                .endsWith("Hello, https://cloud.example/index.php");
    }

    /** 7, 8, 9: undertow 783, 254, 937. */
    @ParameterizedTest
    @ValueSource(strings = {"http", "ajp", "h2c"})
    void cookiesOfOtherApplications(String front) {
        Matcher session =
                Pattern.compile("(?i)set-cookie: (JSESSIONID=[^;]+)")
                        .matcher(site.get(front, "/session"));
        assertThat(session.find()).isTrue();
        for (String other :
                List.of(
                        "JSESSIONID=x",
                        "a={\"x\":\"=\"}",
                        "route=master:node1",
                        "a=b=c",
                        "a=(1)")) {
            assertThat(site.get(front, "/session", "Cookie: " + session.group(1) + "; " + other))
                    .as(other)
                    .doesNotContain("\"count\":1,");
        }
    }

    /** 10, 11, 12, 13: jetty 952, 1416, 623 and 8905, dukecon_server 68. */
    @ParameterizedTest
    @ValueSource(strings = {"http", "ajp", "h2c"})
    void tagsWithASuffix(String front) {
        String file = "/static/hello.txt";
        Matcher tag = Pattern.compile("(?i)\r\netag: \"(\\w+)").matcher(site.get(front, file));
        assertThat(tag.find()).isTrue();
        String suffixed = "\"" + tag.group(1) + "-gzip\"";

        assertThat(site.get(front, file, "If-None-Match: \"other-gzip\""))
                .startsWith("HTTP/1.1 200");
        assertThat(site.get(front, file, "If-Match: " + suffixed)).startsWith("HTTP/1.1 200");
        String unchanged = site.get(front, file, "If-None-Match: " + suffixed);
        assertThat(unchanged).startsWith("HTTP/1.1 304").containsIgnoringCase("\r\netag: ");
        assertThat(site.get(front, "/static/index.html", "If-None-Match: *"))
                .startsWith("HTTP/1.1 304")
                .containsIgnoringCase("\r\nvary: Accept-Encoding");
    }

    /** 14: Starman 39. */
    @ParameterizedTest
    @ValueSource(strings = {"http", "ajp", "h2c"})
    void theAnswerBehindAHeadIsWhole(String front) {
        String answers =
                site.send(
                        "127.0.0.1",
                        front,
                        "HEAD /stream/3 HTTP/1.1\r\n"
                                + "Host: a\r\n\r\n"
                                + "HEAD /status/404 HTTP/1.1\r\n"
                                + "Host: a\r\n\r\n"
                                + "GET / HTTP/1.1\r\n"
                                + "Host: a\r\n"
                                + "Connection: close\r\n\r\n");
        assertThat(answers.split("HTTP/1.1 ")).hasSize(4);
        assertThat(answers).endsWith("\r\n\r\nHello, World!");
    }

    /** 15, 16: hawtio 2514, wildfly 11993. */
    @ParameterizedTest
    @ValueSource(strings = {"http", "ajp", "h2c"})
    void theSchemeAndHostThatClientsUse(String front) {
        JsonNode seen = site.whoami(front, "/whoami");
        assertThat(seen.get("scheme").asString()).isEqualTo("https");
        assertThat(seen.get("host").asString()).startsWith("shop.example");
        assertThat(site.get(front, "/session")).contains("; Secure");
    }

    /** 17, 18: gunicorn 2799 and 2650. */
    @ParameterizedTest
    @ValueSource(strings = {"http", "ajp", "h2c"})
    void headersThatLookLikeThoseOfTheProxyAreNotTaken(String front) {
        JsonNode seen =
                site.whoami(
                        front,
                        "/whoami",
                        "X_Forwarded_For: 6.6.6.6",
                        "X_Forwarded_Host: evil.example",
                        "SCRIPT_NAME: /admin",
                        "REMOTE_USER: admin");
        assertThat(seen.get("clientAddress").asString()).isEqualTo("127.0.0.1");
        assertThat(seen.get("host").asString()).startsWith("shop.example");
        assertThat(seen.get("path").asString()).isEqualTo("/whoami");
        assertThat(seen.get("user").isNull()).isTrue();
    }

    /** 19: netbox 15811. */
    @ParameterizedTest
    @ValueSource(strings = {"http", "ajp", "h2c"})
    void aHeaderWithAnUnderscoreArrives(String front) {
        assertThat(headers(front, "OIDC_CLAIM_preferred_username: alice")).contains("alice");
    }

    /** 20: aiohttp 2687. */
    @ParameterizedTest
    @ValueSource(strings = {"http", "ajp", "h2c"})
    void hundredsOfRequestsOnKeptConnections(String front) {
        for (int i = 0; i < 300; i++) {
            String body = "b".repeat(i % 50);
            assertThat(
                            RawSocket.exchange(
                                    site.port(front),
                                    "POST /echo HTTP/1.1\r\n"
                                            + "Host: a\r\n"
                                            + "Connection: close\r\n"
                                            + "Content-Length: "
                                            + body.length()
                                            + "\r\n\r\n"
                                            + body))
                    .startsWith("HTTP/1.1 200");
        }
    }

    private static String headers(String front, String header) {
        return site.whoami(front, "/whoami", header).get("headers").toString();
    }
}
