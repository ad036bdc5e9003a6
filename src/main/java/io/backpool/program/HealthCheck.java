package io.backpool.program;

import io.backpool.config.NumericAddress;
import io.backpool.config.PoolConfig;
import io.backpool.config.ProgramConfig;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Asks one member whether it is well, on a connection of its own each time. Immutable.
 *
 * @param address where httpd reaches it; loopback where it listens on every address
 */
public record HealthCheck(InetAddress address, int port, ProgramConfig program) {
    /** A CPING packet of AJP/1.3 from server to container, and the CPONG that answers it. */
    private static final byte[] CPING = {0x12, 0x34, 0, 1, 10};

    private static final byte[] CPONG = {'A', 'B', 0, 1, 9};

    /**
     * The check of one member.
     *
     * @param index of the member, from 1
     */
    public static HealthCheck of(PoolConfig pool, ProgramConfig program, int index) {
        InetAddress bind = pool.bind();
        return new HealthCheck(
                bind.isAnyLocalAddress() ? InetAddress.getLoopbackAddress() : bind,
                program.port(pool, index),
                program);
    }

    /** For people: {@code 127.0.0.1:8081}. */
    String place() {
        return NumericAddress.host(address) + ":" + port;
    }

    /**
     * What is wrong, to follow its route; null: it is well. Takes no longer than twice the timeout.
     */
    public @Nullable String failure() {
        String path = program.health();
        try {
            return path != null
                    ? askFor(path)
                    : program.protocol() == ProgramConfig.Protocol.AJP ? ping() : connect();
        } catch (SocketTimeoutException e) {
            return "did not answer %s within %d ms"
                    .formatted(question(), program.healthTimeout().toMillis());
        } catch (IOException e) {
            return "did not answer %s: %s".formatted(question(), e.getMessage());
        }
    }

    private String question() {
        return program.health() != null
                ? "GET " + program.health()
                : program.protocol() == ProgramConfig.Protocol.AJP ? "CPING" : "a connection";
    }

    private @Nullable String askFor(String path) throws IOException {
        var asked =
                (HttpURLConnection) URI.create("http://" + place() + path).toURL().openConnection();
        asked.setConnectTimeout(timeout());
        asked.setReadTimeout(timeout());
        asked.setInstanceFollowRedirects(false);
        asked.setUseCaches(false);
        asked.setRequestProperty("Connection", "close");
        asked.setRequestProperty("User-Agent", "Backpool");
        try {
            int status = asked.getResponseCode();
            return status / 100 == 2 ? null : "answered %d to GET %s".formatted(status, path);
        } finally {
            asked.disconnect();
        }
    }

    private @Nullable String connect() throws IOException {
        try (var socket = new Socket()) {
            socket.connect(new InetSocketAddress(address, port), timeout());
            return null;
        }
    }

    private @Nullable String ping() throws IOException {
        try (var socket = new Socket()) {
            socket.connect(new InetSocketAddress(address, port), timeout());
            socket.setSoTimeout(timeout());
            socket.getOutputStream().write(CPING);
            byte[] answer = socket.getInputStream().readNBytes(CPONG.length);
            return Arrays.equals(answer, CPONG) ? null : "answered CPING with what is no CPONG";
        }
    }

    private int timeout() {
        return Math.toIntExact(program.healthTimeout().toMillis());
    }
}
