package io.backpool.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.backpool.config.ConfigReader;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.xnio.StreamConnection;
import org.xnio.XnioWorker;
import org.xnio.channels.Channels;

/** Which connections are closed, and when; time is what the look says. */
@SuppressWarnings("NullAway.Init")
class H2cConnectionTest {
    private static final Duration HEAD = Duration.ofSeconds(2);
    private static final Duration SILENCE = Duration.ofSeconds(30);
    private static final long START = System.nanoTime();

    private XnioWorker worker;
    private StreamConnection client;
    private StreamConnection accepted;
    private H2cConnection connection;

    @BeforeEach
    void open() throws Exception {
        worker = TestWorker.open("h2c");
        var pipe = worker.createFullDuplexPipeConnection();
        client = pipe.getLeftSide();
        accepted = pipe.getRightSide();
        var limits = ConfigReader.read(null, Map.of(), Map.of()).limits();
        connection = H2cConnection.watch(accepted, new Watch(limits, worker, why -> {}));
    }

    @AfterEach
    void close() {
        worker.shutdownNow();
    }

    private void arrives(String sent) throws Exception {
        ByteBuffer bytes = ByteBuffer.wrap(sent.getBytes(StandardCharsets.ISO_8859_1));
        Channels.writeBlocking(client.getSinkChannel(), bytes);
        Channels.flushBlocking(client.getSinkChannel());
        Channels.readBlocking(accepted.getSourceChannel(), ByteBuffer.allocate(100));
    }

    /** Whether it is looked at again after this time. */
    private boolean look(Duration after) {
        return connection.look(START + after.toNanos(), HEAD, SILENCE, peer -> false);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"PRI", "PRI * HTTP/2.0\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4"})
    void aClientHasItsTimeForTheFirstHead(String sent) throws Exception {
        arrives(sent);

        assertThat(look(Duration.ZERO)).isTrue();
        assertThat(look(HEAD.minusMillis(1))).isTrue();
        assertThat(look(HEAD)).isFalse();
    }

    /** A client may make up such a method; httpd sends others' requests on the same connection. */
    @Test
    void aMethodThatBeginsAsThePrefaceDoesIsLetAlone() throws Exception {
        arrives("PRI / HTTP/1.1\r\nHost: a\r\n\r\n");

        look(Duration.ZERO);
        look(HEAD);
        var isOpen = new CompletableFuture<Boolean>();
        accepted.getIoThread().execute(() -> isOpen.complete(accepted.isOpen()));

        assertThat(isOpen.get()).isTrue();
    }
}
