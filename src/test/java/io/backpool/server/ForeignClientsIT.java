package io.backpool.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.backpool.testkit.AjpPacket;
import io.backpool.testkit.Command;
import io.backpool.testkit.Footprint;
import io.backpool.testkit.RawSocket;
import io.backpool.testkit.ServerProcess;
import io.undertow.server.HttpServerExchange;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Programs that others wrote to break servers: slowhttptest, and nmap's AJP scripts. */
class ForeignClientsIT {
    private static final int CONNECTIONS = 200;
    private static final int LARGE = 4 << 20;

    @TempDir static Path directory;

    private static TestMember member;

    @BeforeAll
    static void open() {
        member =
                TestMember.open(
                        Map.of(
                                "LIMITS_HEADER_TIMEOUT", "2s",
                                "LIMITS_BODY_TIMEOUT", "1s",
                                "LIMITS_IDLE_TIMEOUT", "4s"),
                        ForeignClientsIT::answer);
    }

    private static void answer(HttpServerExchange exchange) {
        if (exchange.getRelativePath().equals("/large")) {
            exchange.getResponseSender().send(ByteBuffer.allocate(LARGE));
        } else {
            exchange.getRequestReceiver()
                    .receiveFullBytes(
                            (whole, body) -> whole.getResponseSender().send("read " + body.length));
        }
    }

    @AfterAll
    static void close() {
        member.close();
    }

    /** A header line, or a part of a body, every two seconds: all are cut off, early. */
    @ParameterizedTest
    @ValueSource(strings = {"-H", "-B"})
    void slowHeadsAndBodiesAreCutOffAndOthersAreServed(String kind) {
        String said = slowhttptest("/", kind, "-i", "2", "-l", "30");

        assertThat(said).contains("Exit status: No open connections left");
    }

    /** Nobody but the proxy in front ends these; they cost memory, not others their answers. */
    @Test
    void clientsThatHardlyReadTakeNothingFromOthers() {
        String said =
                slowhttptest(
                        "/large", "-X", "-w", "10", "-y", "20", "-n", "1", "-z", "8", "-l", "5");

        assertThat(said).contains("Exit status: Hit test time limit");
    }

    private static String slowhttptest(String path, String... options) {
        Footprint before = Footprint.now();
        List<String> command =
                new ArrayList<>(
                        List.of(
                                ServerProcess.program("slowhttptest"),
                                "-c",
                                Integer.toString(CONNECTIONS),
                                "-r",
                                Integer.toString(CONNECTIONS),
                                "-p",
                                "5",
                                "-u",
                                "http://127.0.0.1:" + member.httpPort() + path));
        command.addAll(List.of(options));
        String said =
                Command.run(directory, command).output().replaceAll("\u001b\\[[0-9;]*[A-Za-z]", "");
        assertThat(said)
                .containsPattern("service available: +YES")
                .doesNotContainPattern("service available: +NO");
        assertThatAllIsWell(before);
        return said;
    }

    @Test
    void withoutTheSecretNmapLearnsNothing() {
        Footprint before = Footprint.now();
        long received = ajpBytes();

        Command nmap =
                Command.run(
                        directory,
                        List.of(
                                ServerProcess.program("nmap"),
                                "-n",
                                "-Pn",
                                "-sT",
                                "--unprivileged",
                                "--script-timeout=60s",
                                "--script=+ajp-headers,+ajp-methods,+ajp-request,+ajp-auth",
                                "-p" + member.ajpPort(),
                                "127.0.0.1"));

        assertThat(nmap.exit()).as(nmap.output()).isZero();
        assertThat(nmap.output()).contains("/tcp open").doesNotContain("read", "HTTP/1");
        assertThat(nmap.output().lines().filter(line -> line.startsWith("|")))
                .as("what scripts found")
                .allMatch(line -> line.contains("Failed to get a valid response"));
        assertThat(ajpBytes()).as("what nmap sent").isGreaterThan(received);
        assertThatAllIsWell(before);
    }

    private static void assertThatAllIsWell(Footprint before) {
        assertThat(
                        RawSocket.exchange(
                                member.httpPort(),
                                "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"))
                .endsWith("read 0");
        try (RawSocket socket = RawSocket.connect(member.ajpPort())) {
            byte[] right = AjpPacket.get("/", 0).secret(TestMember.SECRET).end();
            assertThat(AjpPacket.answer(socket.send(right).readUntil(AjpPacket::isWhole)))
                    .endsWith("read 0");
        }
        await().atMost(Duration.ofSeconds(30)).until(() -> member.server().inFlight().count() == 0);
        before.awaitReturn();
    }

    private static long ajpBytes() {
        return Objects.requireNonNull(member.server().ajpStats()).bytesReceived();
    }
}
