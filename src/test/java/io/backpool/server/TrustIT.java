package io.backpool.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.backpool.testkit.AjpPacket;
import io.backpool.testkit.RawSocket;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Who is believed, at the listeners: 127.0.0.1 is trusted, 127.0.0.9 is not. */
class TrustIT {
    private static final String STRANGER = "127.0.0.9";

    private static TestMember member;
    private static TestMember rfc7239;

    @BeforeAll
    static void open() {
        member =
                TestMember.open(
                        Map.of("TRUSTED_PROXIES", "127.0.0.1,10.0.0.0/8"), TestMember::tellFacts);
        rfc7239 =
                TestMember.open(
                        Map.of("TRUSTED_PROXIES", "127.0.0.1", "FORWARDED_HEADER", "rfc7239"),
                        TestMember::tellFacts);
    }

    @AfterAll
    static void close() {
        member.close();
        rfc7239.close();
    }

    @Test
    void aTrustedPeerTellsTheClientSchemeAndHost() {
        String facts =
                http(
                        member,
                        "127.0.0.1",
                        "X-Forwarded-For: 6.6.6.6, 192.0.2.1, 10.0.0.7",
                        "X-Forwarded-Proto: https",
                        "X-Forwarded-Host: shop.example",
                        "X-Forwarded-Port: 8443");

        assertThat(facts)
                .contains("client=192.0.2.1\n", "scheme=https\n", "host=shop.example:8443\n");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "X-Forwarded-For: 192.0.2.1",
                "x-forwarded-for: 127.0.0.1",
                "X-Forwarded-Proto: https",
                "X-Forwarded-Host: shop.example",
                "X-Forwarded-Port: 443",
                "X-Forwarded-Server: a",
                "Forwarded: for=192.0.2.1;proto=https;host=shop.example",
                "SSL_CIPHER: TLS_AES_256_GCM_SHA384",
                "SSL_PROTOCOL: TLSv1.3",
                "ssl_client_cert: x",
                "SSL_SESSION_ID: 00",
                "SSL_CIPHER_USEKEYSIZE: 256"
            })
    void nobodyElseDoesAndTheHeaderIsGone(String header) {
        long before = member.server().trustStats().untrusted();

        String facts = http(member, STRANGER, header);

        assertThat(facts)
                .contains("client=" + STRANGER + "\n", "scheme=http\n", "host=in.example\n")
                .contains("tls=null\n", "cipher=null\n")
                .doesNotContainIgnoringCase("header." + header.split(":")[0]);
        assertThat(member.server().trustStats().untrusted()).isEqualTo(before + 1);
    }

    @Test
    void onlyTheFamilyThatIsSetIsRead() {
        String[] both = {
            "X-Forwarded-For: 192.0.2.1",
            "X-Forwarded-Proto: https",
            "Forwarded: for=192.0.2.2;proto=http;host=b.example"
        };

        assertThat(http(member, "127.0.0.1", both))
                .contains("client=192.0.2.1\n", "scheme=https\n", "host=in.example\n")
                .doesNotContain("header.Forwarded=");
        assertThat(http(rfc7239, "127.0.0.1", both))
                .contains("client=192.0.2.2\n", "scheme=http\n", "host=b.example\n")
                .doesNotContain("header.X-Forwarded");
    }

    @Test
    void whatIsMalformedIsIgnoredAndCounted() {
        long before = member.server().trustStats().malformed();

        String facts =
                http(
                        member,
                        "127.0.0.1",
                        "X-Forwarded-For: localhost",
                        "X-Forwarded-Proto: gopher",
                        "X-Forwarded-Host: a/b");

        assertThat(facts).contains("client=127.0.0.1\n", "scheme=http\n", "host=in.example\n");
        assertThat(member.server().trustStats().malformed()).isEqualTo(before + 1);
    }

    @Test
    void aCertificateThatCannotBeReadIsCountedOnceARequest() {
        long before = member.server().trustStats().malformed();

        for (String odd : List.of("x", "%zz", "-----BEGIN CERTIFICATE----- AAAA")) {
            assertThat(http(member, "127.0.0.1", "SSL_CLIENT_CERT: " + odd))
                    .contains("scheme=https\n", "subject=none\n");
        }

        assertThat(member.server().trustStats().malformed()).isEqualTo(before + 3);
    }

    @Test
    void tlsFactsOfOneRequestDoNotReachTheNextOnTheSameConnection() {
        try (RawSocket socket = RawSocket.connect("127.0.0.1", member.httpPort())) {
            socket.send(
                    "GET / HTTP/1.1\r\nHost: a\r\nSSL_CIPHER: TLS_AES_128_GCM_SHA256\r\n"
                            + "SSL_PROTOCOL: TLSv1.3\r\n\r\n"
                            + "GET / HTTP/1.1\r\nHost: b\r\nSSL_CIPHER: (null)\r\n"
                            + "Connection: close\r\n\r\n");
            String[] answers = socket.readToEnd().split("HTTP/1.1 200 OK");

            assertThat(answers[1])
                    .contains("scheme=https\n", "tls=TLSv1.3\n", "bits=128\n", "subject=none\n");
            assertThat(answers[2]).contains("scheme=http\n", "tls=null\n", "host=b\n");
        }
    }

    @ParameterizedTest
    @CsvSource({
        "127.0.0.1, ZzYy-09_.~:@+/=, true",
        "127.0.0.1, 3f0c6b8e-1f0a-4e0e-9d7e-000000000000, true",
        "127.0.0.1, a b, false",
        "127.0.0.1, a\"b, false",
        "127.0.0.1, a;b, false",
        "127.0.0.1, '', false",
        "127.0.0.9, abcdef, false"
    })
    void aTrustedPeersRequestIdIsTaken(String from, String id, boolean taken) {
        String answer = http(member, from, "X-Request-ID: " + id);

        String used = answer.replaceAll("(?s).*\nid=([^\n]*)\n.*", "$1");
        assertThat(used.equals(id)).isEqualTo(taken);
        assertThat(answer).contains("X-Request-ID: " + used + "\r\n");
        assertThat(used).matches(taken ? ".*" : "[0-9a-f]{16}");
        assertThat(answer.contains("header.X-Request-ID=")).isEqualTo(taken);
    }

    @Test
    void aRequestIdThatIsTooLongOrThereTwiceIsNotTaken() {
        assertThat(http(member, "127.0.0.1", "X-Request-ID: " + "a".repeat(128)))
                .contains("id=" + "a".repeat(128));
        assertThat(http(member, "127.0.0.1", "X-Request-ID: " + "a".repeat(129)))
                .doesNotContain("aaaa");
        assertThat(http(member, "127.0.0.1", "X-Request-ID: one", "X-Request-ID: two"))
                .doesNotContain("id=one")
                .doesNotContain("id=two");
    }

    @Test
    void traceparentIsKept() {
        String trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

        assertThat(http(member, "127.0.0.1", "traceparent: " + trace))
                .contains("header.traceparent=[" + trace + "]");
    }

    @Test
    void overAjpTheProtocolsOwnFactsWin() {
        byte[] request =
                AjpPacket.get("/", 6)
                        .header(0xA00B, "shop.example")
                        .header("X-Forwarded-For", "6.6.6.6")
                        .header("X-Forwarded-Proto", "http")
                        .header("Forwarded", "for=6.6.6.6")
                        .header("SSL_CIPHER", "NULL")
                        .header("X-Request-ID", "from-httpd")
                        .attribute(3, "alice")
                        .attribute(4, "Basic")
                        .attribute("AJP_REMOTE_PORT", "4711")
                        .secret(TestMember.SECRET)
                        .end();

        assertThat(ajp(request))
                .startsWith("200\n")
                .contains("protocol=AJP/1.3\n", "client=192.0.2.7\n", "port=4711\n")
                .contains("scheme=https\n", "host=shop.example\n", "user=alice\n", "auth=Basic\n")
                .contains("cipher=null\n", "id=from-httpd\n")
                .doesNotContain("header.X-Forwarded", "header.Forwarded", "header.SSL_");
    }

    private static String ajp(byte[] request) {
        try (RawSocket socket = RawSocket.connect(member.ajpPort())) {
            return AjpPacket.answer(socket.send(request).readUntil(AjpPacket::isWhole));
        }
    }

    private static String http(TestMember member, String from, String... headers) {
        try (RawSocket socket = RawSocket.connect(from, member.httpPort())) {
            String head =
                    "GET / HTTP/1.1\r\nHost: in.example\r\nConnection: close\r\n"
                            + String.join("\r\n", headers)
                            + "\r\n\r\n";
            return socket.send(head).readToEnd();
        }
    }
}
