package io.backpool.server;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.backpool.testkit.AjpPacket;
import io.undertow.server.HttpServerExchange;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A member on its unix sockets, as a peer of any behaviour meets it. */
@Timeout(60)
class SocketsIT {
    private static final String REQUEST =
            "GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 192.0.2.1\r\nConnection: close\r\n\r\n";

    @TempDir private Path directory;

    @ParameterizedTest
    @CsvSource({"unix, 192.0.2.1", "127.0.0.1, 127.0.0.1"})
    void aPeerIsTrustedOnlyIfUnixIs(String trusted, String client) throws Exception {
        try (TestMember member = open(Map.of("TRUSTED_PROXIES", trusted))) {
            assertThat(exchange("m1.sock", REQUEST)).contains("client=" + client + "\n");
        }
    }

    @Test
    void ajpNamesTheClientAndWantsTheSecret() throws Exception {
        try (TestMember member = open(Map.of());
                SocketChannel right = connect("m1-ajp.sock");
                SocketChannel wrong = connect("m1-ajp.sock")) {
            send(right, ajp(TestMember.SECRET));
            send(wrong, ajp("another"));

            assertThat(readUntil(right, "scheme=")).contains("client=192.0.2.7");
            assertThat(Channels.newInputStream(wrong).read()).isEqualTo(-1);
        }
    }

    @Test
    void httpAndHttp2ShareASocketAndTcpStays() throws Exception {
        try (TestMember member = open(Map.of());
                SocketChannel http2 = connect("m1.sock")) {
            send(http2, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(ISO_8859_1));
            send(http2, new byte[] {0, 0, 0, 4, 0, 0, 0, 0, 0}); // SETTINGS, none

            assertThat(Channels.newInputStream(http2).readNBytes(4)[3]).isEqualTo((byte) 4);
            member.server().checkSelf();
        }
    }

    /** Reads and writes of a thread that blocks, and of a peer that is slow to read. */
    @Test
    void largeBodiesPassInBothDirections() throws Exception {
        int size = 3_000_000;
        try (TestMember member =
                        TestMember.openWith(
                                settings(Map.of()),
                                resources -> resources.blocking().wrap(SocketsIT::echo));
                SocketChannel peer = connect("m1.sock")) {
            String head =
                    "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\nConnection: close\r\n\r\n"
                            .formatted(size);
            send(peer, (head + "x".repeat(size)).getBytes(ISO_8859_1));
            peer.shutdownOutput();

            assertThat(readToEnd(peer)).contains("200 OK").endsWith("x".repeat(size));
        }
    }

    @Test
    void onlyOwnerAndGroupMayConnect() throws Exception {
        String group = Files.getAttribute(directory, "posix:group").toString();
        try (TestMember member = open(Map.of())) {
            assertThat(mode("m1.sock")).isEqualTo("rw-------");
        }
        try (TestMember member = open(Map.of("POOL_SOCKET_GROUP", group))) {
            assertThat(mode("m1.sock")).isEqualTo("rw-rw----");
            assertThat(mode("m1-ajp.sock")).isEqualTo("rw-rw----");
        }
        assertThatThrownBy(() -> open(Map.of("POOL_SOCKET_GROUP", "no-such-group")))
                .isInstanceOf(ServerException.class)
                .hasMessageContaining("there is no group no-such-group (pool.socket-group)");
    }

    /** As a process that was killed leaves it. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aFileThatNobodyListensOnIsReplaced(boolean isSocket) throws Exception {
        if (isSocket) {
            try (var killed = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
                killed.bind(UnixDomainSocketAddress.of(path("m1.sock")));
            }
        } else {
            Files.createFile(path("m1.sock"));
        }

        try (TestMember member = open(Map.of())) {
            assertThat(exchange("m1.sock", REQUEST)).contains("200 OK");
        }
        assertThat(path("m1.sock")).doesNotExist();
        assertThat(path("m1-ajp.sock")).doesNotExist();
    }

    @Test
    void aSocketIsNotTakenFromALivingMember() throws Exception {
        try (TestMember member = open(Map.of())) {
            assertThatThrownBy(() -> open(Map.of()))
                    .isInstanceOf(ServerException.class)
                    .hasMessageContaining("Cannot listen on unix:" + path("m1.sock"))
                    .hasMessageContaining("another process listens there");

            assertThat(exchange("m1.sock", REQUEST)).contains("200 OK");
        }
    }

    @Test
    void connectionsBeyondTheLimitWaitUntilOneCloses() throws Exception {
        try (TestMember member = open(Map.of("LIMITS_CONNECTIONS", "1"));
                SocketChannel first = connect("m1.sock");
                SocketChannel second = connect("m1.sock")) {
            send(first, "GET / HTTP/1.1\r\nHost: a\r\n\r\n".getBytes(ISO_8859_1));
            readUntil(first, "id=");
            send(second, REQUEST.getBytes(ISO_8859_1));
            second.configureBlocking(false);
            assertThat(second.read(ByteBuffer.allocate(1))).isZero();

            first.close();

            second.configureBlocking(true);
            assertThat(readToEnd(second)).contains("200 OK");
        }
    }

    @Test
    void closingEndsIdleConnectionsAndRefusesNewOnes() throws Exception {
        TestMember member = open(Map.of());
        try (SocketChannel idle = connect("m1.sock")) {
            send(idle, "GET / HTTP/1.1\r\nHost: a\r\n\r\n".getBytes(ISO_8859_1));
            readUntil(idle, "id=");

            member.close();

            readToEnd(idle);
            assertThatThrownBy(() -> connect("m1.sock")).isInstanceOf(IOException.class);
        }
    }

    private static void echo(HttpServerExchange exchange) throws IOException {
        byte[] body = exchange.getInputStream().readAllBytes();
        exchange.setResponseContentLength(body.length);
        exchange.getOutputStream().write(body);
    }

    private TestMember open(Map<String, String> settings) {
        return TestMember.open(settings(settings), TestMember::tellFacts);
    }

    private Map<String, String> settings(Map<String, String> settings) {
        Map<String, String> all = new HashMap<>(settings);
        all.put("POOL_SOCKETS", directory.resolve("run").toString());
        return all;
    }

    private Path path(String name) throws IOException {
        return Files.createDirectories(directory.resolve("run")).resolve(name);
    }

    private String mode(String name) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(path(name)));
    }

    private SocketChannel connect(String name) throws IOException {
        return SocketChannel.open(UnixDomainSocketAddress.of(path(name)));
    }

    private static byte[] ajp(String secret) {
        return AjpPacket.get("/", 0).secret(secret).end();
    }

    private String exchange(String name, String request) throws IOException {
        try (SocketChannel peer = connect(name)) {
            send(peer, request.getBytes(ISO_8859_1));
            return readToEnd(peer);
        }
    }

    private static void send(SocketChannel peer, byte[] bytes) throws IOException {
        ByteBuffer all = ByteBuffer.wrap(bytes);
        while (all.hasRemaining()) {
            peer.write(all);
        }
    }

    private static String readToEnd(SocketChannel peer) throws IOException {
        return new String(Channels.newInputStream(peer).readAllBytes(), ISO_8859_1);
    }

    private static String readUntil(SocketChannel peer, String text) throws IOException {
        InputStream input = Channels.newInputStream(peer);
        var received = new ByteArrayOutputStream();
        while (!received.toString(ISO_8859_1).contains(text)) {
            int next = input.read();
            if (next == -1) {
                throw new ConnectException("closed after " + received.toString(ISO_8859_1));
            }
            received.write(next);
        }
        return received.toString(ISO_8859_1);
    }
}
