package io.backpool.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.read.ListAppender;
import io.backpool.testkit.AjpPacket;
import io.backpool.testkit.Footprint;
import io.backpool.testkit.LogLines;
import io.backpool.testkit.RawSocket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/** Hundreds of packets that no web server sends; afterwards nothing is left of them. */
class MalformedAjpIT {
    private static final byte[] RIGHT =
            AjpPacket.get("/right", 1).header(0xA00B, "a").secret(TestMember.SECRET).end();

    @Test
    void nothingThatIsMalformedIsServedOrLeavesAnythingBehind() {
        try (var member =
                TestMember.open(
                        Map.of("LIMITS_HEADER_TIMEOUT", "1s", "LIMITS_IDLE_TIMEOUT", "4s"),
                        exchange -> exchange.getResponseSender().send("served"))) {
            assertThat(answer(member, RIGHT)).startsWith("200\n").endsWith("served");
            strange().forEach(packet -> finished(member, packet));
            Footprint before = Footprint.now();

            for (byte[] packet : refused()) {
                assertThat(finished(member, packet))
                        .as(Arrays.toString(packet))
                        .doesNotContain("served");
            }
            // What only looks odd may be served, but must not harm.
            strange().forEach(packet -> assertThatItIsHarmless(finished(member, packet), packet));

            assertThat(answer(member, RIGHT)).startsWith("200\n").endsWith("served");
            await().atMost(Duration.ofSeconds(30))
                    .untilAsserted(
                            () -> {
                                assertThat(member.server().inFlight().count()).isZero();
                                assertThat(ajpConnections(member)).isZero();
                            });
            before.awaitReturn();
        }
    }

    @Test
    void aRefusedSecretIsCountedAndLogged() {
        byte[] wrong = AjpPacket.get("/", 1).header("a", "b").secret("wrong-secret").end();
        byte[] absent = AjpPacket.get("/", 1).header(0xA00B, "a").attribute("x", "y").end();
        try (var log = LogLines.of(RefusedSecrets.class);
                var member =
                        TestMember.open(
                                Map.of(),
                                exchange -> exchange.getResponseSender().send("served"))) {
            for (byte[] packet : List.of(wrong, RIGHT, absent, RIGHT, AjpPacket.ping())) {
                finished(member, packet);
            }
            finished(member, "nonsense".getBytes(StandardCharsets.US_ASCII));

            assertThat(member.server().refusedAjpSecrets()).isEqualTo(2);
            assertThat(log.lines())
                    .singleElement()
                    .asString()
                    .contains(
                            "from 127.0.0.1",
                            "ours begins with " + AjpSecret.fingerprint(TestMember.SECRET),
                            "received: begins with " + AjpSecret.fingerprint("wrong-secret"))
                    .doesNotContain(TestMember.SECRET, "wrong-secret");
        }
    }

    @Test
    void theSecretIsLoggedAtNoLevel() {
        // Another thread may just be setting SLF4J up.
        await().until(() -> LoggerFactory.getLogger("io.undertow") instanceof Logger);
        var undertow = (Logger) LoggerFactory.getLogger("io.undertow");
        var log = new ListAppender<ILoggingEvent>();
        log.start();
        undertow.addAppender(log);
        undertow.setAdditive(false);
        undertow.setLevel(Level.TRACE);
        try (var member =
                TestMember.open(
                        Map.of("LIMITS_HEADER_TIMEOUT", "1s"),
                        exchange -> exchange.getResponseSender().send("served"))) {
            assertThat(answer(member, RIGHT)).endsWith("served");
            for (int i = 0; i < RIGHT.length; i++) {
                byte[] odd = RIGHT.clone();
                odd[i] ^= (byte) 0x80;
                finished(member, odd);
            }
        } finally {
            undertow.setLevel(null);
            undertow.setAdditive(true);
            undertow.detachAppender(log);
        }
        assertThat(log.list)
                .isNotEmpty()
                .noneMatch(event -> said(event).contains(TestMember.SECRET));
    }

    private static String said(ILoggingEvent event) {
        return event.getFormattedMessage()
                + (event.getThrowableProxy() == null
                        ? ""
                        : ThrowableProxyUtil.asString(event.getThrowableProxy()));
    }

    /** Packets that lack the secret, lie, or end too early. */
    private static List<byte[]> refused() {
        List<byte[]> packets = new ArrayList<>();
        for (int magic : new int[] {0, 0x1233, 0x4142, 0x3412, 0xFFFF, 0x4745}) {
            packets.add(new AjpPacket().bytes(inside(RIGHT)).packet(magic, RIGHT.length - 4));
        }
        for (String secret : new String[] {"", "wrong", TestMember.SECRET + "x", "\u00FF"}) {
            packets.add(AjpPacket.get("/", 0).secret(secret).end());
        }
        packets.add(AjpPacket.get("/", 0).end());
        packets.add(AjpPacket.get("/", 0).attribute("secret", "wrong").end());
        packets.add(
                AjpPacket.body(
                        "a body without a request"
                                .getBytes(java.nio.charset.StandardCharsets.US_ASCII)));
        for (int code : new int[] {0, 1, 3, 4, 5, 6, 7, 8, 9, 11, 100, 255}) {
            packets.add(new AjpPacket().number8(code).packet());
        }
        for (int method : new int[] {0, 28, 29, 100, 254}) {
            packets.add(AjpPacket.forward(method, "/", 0).secret(TestMember.SECRET).end());
        }
        for (int code : new int[] {0xA000, 0xA00F, 0xA0FF}) {
            packets.add(AjpPacket.get("/", 1).header(code, "x").secret(TestMember.SECRET).end());
        }
        for (String name : new String[] {"a b", "a:b", "a\r\nb", "\u0000", "\u00E9", "(x)"}) {
            packets.add(AjpPacket.get("/", 1).header(name, "x").secret(TestMember.SECRET).end());
        }
        for (String length : new String[] {"-1", "+1", "x", "", "1, 1", "99999999999999999999"}) {
            packets.add(
                    AjpPacket.post("/", 1).header(0xA008, length).secret(TestMember.SECRET).end());
        }
        for (int headers : new int[] {2, 100, 0x7FFF, 0xFFFF}) {
            packets.add(AjpPacket.get("/", headers).header(0xA00B, "a").end());
        }
        for (int length : new int[] {0x7FFF, 0xFFFE}) {
            packets.add(
                    new AjpPacket().number8(2).number8(2).number16(length).number8('x').packet());
        }
        for (int cut = 0; cut < RIGHT.length; cut++) {
            packets.add(Arrays.copyOf(RIGHT, cut));
        }
        return packets;
    }

    private static List<byte[]> strange() {
        List<byte[]> packets = new ArrayList<>();
        var random = new Random(20_261_121);
        for (int i = 0; i < 300; i++) {
            byte[] packet = RIGHT.clone();
            for (int changes = 1 + random.nextInt(3); changes > 0; changes--) {
                packet[random.nextInt(packet.length)] = (byte) random.nextInt(256);
            }
            packets.add(packet);
        }
        for (int i = 0; i < 50; i++) {
            byte[] noise = new byte[random.nextInt(2000)];
            random.nextBytes(noise);
            noise = random.nextBoolean() ? noise : new AjpPacket().number8(2).bytes(noise).packet();
            packets.add(noise);
        }
        // A peer that sends one of these has the secret.
        packets.add(AjpPacket.get("/", 0).secret(TestMember.SECRET).secret("wrong").end());
        packets.add(AjpPacket.get("/", 0).secret("wrong").secret(TestMember.SECRET).end());
        AjpPacket flood = AjpPacket.get("/", 0);
        for (int i = 0; i < 3000; i++) {
            flood.attribute("a" + i, "b");
        }
        packets.add(flood.secret(TestMember.SECRET).end());
        for (String uri :
                new String[] {"", "*", "/%", "/%zz", "/%u002e", "/\u0000", "/;", "//", null}) {
            packets.add(
                    new AjpPacket()
                            .number8(2)
                            .number8(2)
                            .string("HTTP/1.1")
                            .string(uri)
                            .string(null)
                            .string(null)
                            .string(null)
                            .number16(0)
                            .number8(0)
                            .number16(0)
                            .secret(TestMember.SECRET)
                            .end());
        }
        return packets;
    }

    private static byte[] inside(byte[] packet) {
        return Arrays.copyOfRange(packet, 4, packet.length);
    }

    /** Sends all that there is and no more, and reads until the member closes. */
    private static String finished(TestMember member, byte[] packet) {
        try (RawSocket socket = RawSocket.connect(member.ajpPort())) {
            return socket.send(packet).finish().readToEnd();
        }
    }

    private static String answer(TestMember member, byte[] packet) {
        try (RawSocket socket = RawSocket.connect(member.ajpPort())) {
            return AjpPacket.answer(socket.send(packet).readUntil(AjpPacket::isWhole));
        }
    }

    private static long ajpConnections(TestMember member) {
        return Objects.requireNonNull(member.server().ajpStats()).connections();
    }

    /** At most one whole answer: ours, a refusal, or a pong. */
    private static void assertThatItIsHarmless(String received, byte[] packet) {
        byte[] bytes = received.getBytes(StandardCharsets.ISO_8859_1);
        assertThat(AjpPacket.answer(bytes))
                .as(Arrays.toString(packet))
                .matches("(?s)|(PONG)+\\.\\.\\.|200\n.*\n\nserved(!close)?|[45]\\d\\d\n.*");
        assertThat(received.split("served", -1)).hasSizeLessThanOrEqualTo(2);
    }
}
