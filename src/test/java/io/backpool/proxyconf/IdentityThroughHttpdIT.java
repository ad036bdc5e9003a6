package io.backpool.proxyconf;

import static io.backpool.proxyconf.ThroughHttpd.utf8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.backpool.testkit.Httpd;
import java.net.URI;
import java.net.http.WebSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** Who the client is: the user whom httpd authenticates, and what stands in front of httpd. */
class IdentityThroughHttpdIT {
    /** In front of httpd, as {@code --behind} says; 127.0.0.1 is any client. */
    private static final String BALANCER = "127.0.0.9";

    @TempDir static Path directory;
    private static ThroughHttpd site;

    @BeforeAll
    static void start() throws Exception {
        // httpd's children are nobody where the test is root.
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
        Files.writeString(
                directory.resolve("users"),
                Stream.of("alice", "jörg", "50%41")
                        .map(user -> user + ":" + sha1("secret") + "\n")
                        .collect(Collectors.joining()));
        List<String> pool =
                List.of(
                        "--identity-user-header=X-Remote-User",
                        "--identity-attributes=mail,groups,absent",
                        "--limits-request-timeout=3s");
        List<String> behind = List.of("--behind=" + BALANCER + ",127.0.1.0/24");
        site = ThroughHttpd.start(directory, 1, pool, behind, authentication());
    }

    @AfterAll
    static void stop() throws Exception {
        site.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"http", "ajp", "h2c"})
    void theUserArrivesWithWhatHttpdKnowsOfThem(String front) {
        for (String user : List.of("alice", "jörg", "50%41")) {
            JsonNode seen =
                    whoami(
                            "127.0.0.1",
                            front,
                            "/whoami?q=" + utf8("ü"),
                            "Authorization: Basic " + base64(user + ":secret"),
                            "X-Remote-User: forged",
                            "X-Remote-Groups: forged",
                            "Connection: close, X-Remote-User, x-remote-mail");

            assertThat(seen.get("user").asString()).isEqualTo(user);
            assertThat(seen.at("/attributes/mail").asString()).isEqualTo("Jörg <j@example.org>");
            assertThat(seen.at("/attributes/groups").asString()).isEqualTo("staff,50%41");
            assertThat(seen.get("attributes").has("absent")).isFalse();
        }
        await().atMost(20, TimeUnit.SECONDS)
                .until(
                        () ->
                                Files.readString(directory.resolve("backend.log"))
                                        .contains(" - alice ["));
    }

    @ParameterizedTest
    @ValueSource(strings = {"http", "ajp", "h2c"})
    void whoIsNotAuthenticatedHasNoName(String front) {
        JsonNode seen =
                whoami(
                        "127.0.0.1",
                        front,
                        "/whoami",
                        "X-Remote-User: forged",
                        "X-Remote-User: twice",
                        "X-Remote-Mail: forged",
                        "X-Remote-absent: forged",
                        "Connection: close, X-Remote-User, X-Remote-absent");

        assertThat(seen.toString()).doesNotContain("forged", "twice");
        assertThat(seen.get("user").isNull()).isTrue();
        assertThat(seen.get("attributes").isEmpty()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"http", "ajp", "h2c"})
    void whatEndsTlsInFrontOfHttpdSaysWhoTheClientIs(String front) {
        for (String balancer : List.of(BALANCER, "127.0.1.7")) {
            JsonNode seen =
                    whoami(
                            balancer,
                            front,
                            "/whoami",
                            "X-Forwarded-For: 6.6.6.6, 192.0.2.7",
                            "X-Forwarded-Proto: https");

            assertThat(seen.get("clientAddress").asString()).isEqualTo("192.0.2.7");
            assertThat(seen.get("scheme").asString()).isEqualTo("https");
            assertThat(
                            site.getFrom(
                                    balancer,
                                    front,
                                    "/session",
                                    "X-Forwarded-For: 192.0.2.7",
                                    "X-Forwarded-Proto: https"))
                    .contains("; Secure");
        }
        assertThat(whoami(BALANCER, front, "/whoami", "X-Forwarded-Proto: HTTPS").get("scheme"))
                .hasToString("\"https\"");
        assertThat(whoami(BALANCER, front, "/whoami", "X-Forwarded-Proto: http").get("scheme"))
                .hasToString("\"http\"");
        assertThat(whoami(BALANCER, front, "/whoami").get("scheme")).hasToString("\"http\"");
    }

    @Test
    void anIdleWebSocketStaysOpen() throws Exception {
        var received = new CompletableFuture<String>();
        WebSocket socket =
                Client.http()
                        .newWebSocketBuilder()
                        .buildAsync(
                                URI.create("ws://127.0.0.1:" + site.port("http") + "/ws"),
                                new WebSocket.Listener() {
                                    @Override
                                    public @Nullable CompletionStage<?> onText(
                                            WebSocket from, CharSequence text, boolean last) {
                                        received.complete(text.toString());
                                        return null;
                                    }
                                })
                        .get(20, TimeUnit.SECONDS);

        TimeUnit.SECONDS.sleep(7); // httpd's timeout is 3 s here

        socket.sendText("still here", true).get(20, TimeUnit.SECONDS);
        assertThat(received.get(20, TimeUnit.SECONDS)).isEqualTo("still here");
        socket.abort();
    }

    @ParameterizedTest
    @ValueSource(strings = {"http", "ajp", "h2c"})
    void anyoneElseInFrontOfHttpdIsTheClient(String front) {
        JsonNode seen =
                whoami(
                        "127.0.0.1",
                        front,
                        "/whoami",
                        "X-Forwarded-For: 192.0.2.7",
                        "X-Forwarded-Proto: https");

        assertThat(seen.get("clientAddress").asString()).isEqualTo("127.0.0.1");
        assertThat(seen.get("scheme").asString()).isEqualTo("http");
        assertThat(site.getFrom("127.0.0.1", front, "/session", "X-Forwarded-Proto: https"))
                .doesNotContain("; Secure");
    }

    private static JsonNode whoami(String from, String front, String target, String... headers) {
        return ThroughHttpd.whoami(site.getFrom(from, front, target, headers));
    }

    private static String base64(String text) {
        return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }

    private static String sha1(String text) {
        try {
            byte[] hash =
                    MessageDigest.getInstance("SHA-1")
                            .digest(text.getBytes(StandardCharsets.US_ASCII));
            return "{SHA}" + Base64.getEncoder().encodeToString(hash);
        } catch (java.security.NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String authentication() {
        String modules =
                Stream.of("auth_basic", "authn_core", "authn_file", "authz_user")
                        .map(
                                name ->
                                        "LoadModule %s_module %s/mod_%s.so%n"
                                                .formatted(name, Httpd.modules(), name))
                        .collect(Collectors.joining());
        return modules
                + """
                <If "-n %%{HTTP:Authorization}">
                  AuthType Basic
                  AuthName test
                  AuthBasicProvider file
                  AuthUserFile %s/users
                  Require valid-user
                  SetEnv mail "Jörg <j@example.org>"
                  SetEnv groups staff,50%%41
                </If>
                """
                        .formatted(directory);
    }
}
