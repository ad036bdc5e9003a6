package io.backpool.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.backpool.testkit.AjpPacket;
import io.backpool.testkit.RawSocket;
import io.undertow.server.HttpServerExchange;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** The user and the public address, as a peer says them that {@code conf} did not configure. */
class IdentityIT {
    private static final int REMOTE_USER = 3;

    @Test
    void overAjpTheProtocolSaysTheAttributesAndHeadersDoNot() {
        try (var member = open(Map.of("IDENTITY_ATTRIBUTES", "mail,groups"))) {
            String answer =
                    ajp(
                            member,
                            AjpPacket.get("/", 2)
                                    .header("X-Remote-Groups", "forged")
                                    .header("X-Remote-User", "forged")
                                    .attribute(REMOTE_USER, utf8("jörg"))
                                    .attribute("mail", utf8("jörg@example.org"))
                                    .attribute("other", "unasked"));

            assertThat(answer)
                    .contains(utf8("user=jörg principal=jörg attributes={mail=jörg@example.org}"));
        }
    }

    @Test
    void aUserIsNotDecodedBecauseOfTheQuery() {
        try (var member = open(Map.of())) {
            assertThat(
                            ajp(
                                    member,
                                    AjpPacket.get("/", 0)
                                            .attribute(5, utf8("q=ü"))
                                            .attribute(REMOTE_USER, "a%41")))
                    .contains("user=a%41 ");
        }
    }

    @Test
    void withoutTheSettingAHeaderIsAHeader() {
        try (var member = open(Map.of())) {
            assertThat(http(member, "X-Remote-User: alice")).contains("user=null principal=null");
        }
    }

    @Test
    void aPeerThatIsNotTrustedNamesNobody() {
        Map<String, String> settings =
                Map.of(
                        "IDENTITY_USER_HEADER",
                        "X-Remote-User",
                        "IDENTITY_ATTRIBUTES",
                        "groups",
                        "TRUSTED_PROXIES",
                        "10.0.0.0/8");
        try (var member = open(settings)) {
            assertThat(http(member, "X-Remote-User: alice\r\nX-Remote-Groups: admin"))
                    .contains("user=null principal=null attributes=null")
                    .doesNotContain("alice", "admin");
        }
    }

    @Test
    void thePublicUrlIsWhatEveryRequestSays() {
        try (var member = open(Map.of("PUBLIC_URL", "https://shop.example"))) {
            String expected = "url=https://shop.example/ port=443";
            assertThat(http(member, "X-Forwarded-Proto: http")).contains(expected);
            assertThat(ajp(member, AjpPacket.get("/", 0))).contains(expected);
        }
        try (var member = open(Map.of("PUBLIC_URL", "http://shop.example:8080/"))) {
            assertThat(http(member, "X-Forwarded-Host: other"))
                    .contains("url=http://shop.example:8080/ port=8080");
        }
    }

    private static TestMember open(Map<String, String> settings) {
        return TestMember.open(settings, IdentityIT::answer);
    }

    private static void answer(HttpServerExchange exchange) {
        var context = exchange.getSecurityContext();
        exchange.getResponseSender()
                .send(
                        "user=%s principal=%s attributes=%s url=%s port=%d headers=%s"
                                .formatted(
                                        exchange.getAttachment(HttpServerExchange.REMOTE_USER),
                                        context == null
                                                ? null
                                                : context.getAuthenticatedAccount()
                                                        .getPrincipal()
                                                        .getName(),
                                        exchange.getAttachment(
                                                HttpServerExchange.REQUEST_ATTRIBUTES),
                                        exchange.getRequestURL(),
                                        exchange.getHostPort(),
                                        Objects.toString(exchange.getRequestHeaders())));
    }

    private static String http(TestMember member, String headers) {
        return RawSocket.exchange(
                member.httpPort(),
                "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n" + headers + "\r\n\r\n");
    }

    private static String ajp(TestMember member, AjpPacket packet) {
        try (RawSocket socket = RawSocket.connect(member.ajpPort())) {
            return AjpPacket.answer(
                    socket.send(packet.secret(TestMember.SECRET).end())
                            .readUntil(AjpPacket::isWhole));
        }
    }

    private static String utf8(String text) {
        return new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
    }
}
