package io.backpool.testkit;

import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.function.Predicate;

/** A connection of which the test decides every byte. Used by one thread. */
public final class RawSocket implements Closeable {
    private static final int PATIENCE_MILLIS = 20_000;

    private final Socket socket;
    private final ByteArrayOutputStream received = new ByteArrayOutputStream();

    private RawSocket(Socket socket) {
        this.socket = socket;
    }

    public static RawSocket connect(int port) {
        return connect("127.0.0.1", port);
    }

    /** Connects from this one of the loopback's addresses. */
    public static RawSocket connect(String from, int port) {
        var socket = new Socket();
        try {
            socket.setTcpNoDelay(true);
            socket.bind(new InetSocketAddress(InetAddress.getByName(from), 0));
            socket.connect(
                    new InetSocketAddress(InetAddress.getLoopbackAddress(), port), PATIENCE_MILLIS);
            socket.setSoTimeout(PATIENCE_MILLIS);
            return new RawSocket(socket);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** One HTTP/1.1 request, and everything that comes until the server closes. */
    public static String exchange(int port, String request) {
        try (RawSocket socket = connect(port)) {
            return socket.send(request).readToEnd();
        }
    }

    public RawSocket send(String text) {
        return send(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    /** Sends as much as the peer takes: one that has closed already has answered before. */
    public RawSocket send(byte[] bytes) {
        try {
            socket.getOutputStream().write(bytes);
        } catch (IOException e) {
            // The answer tells.
        }
        return this;
    }

    /** No more will be sent. */
    public RawSocket finish() {
        try {
            socket.shutdownOutput();
        } catch (IOException e) {
            // Closed by the peer already.
        }
        return this;
    }

    /** Everything until the peer closes; a reset counts as a close. */
    public String readToEnd() {
        return text(readUntil(all -> false));
    }

    /** Everything until {@code enough} of what was received, or until the peer closes. */
    public byte[] readUntil(Predicate<byte[]> enough) {
        byte[] buffer = new byte[65_536];
        try {
            while (!enough.test(received.toByteArray())) {
                int count = socket.getInputStream().read(buffer);
                if (count < 0) {
                    break;
                }
                received.write(buffer, 0, count);
            }
        } catch (SocketTimeoutException e) {
            throw new AssertionError(
                    "the peer neither answers nor closes, received: "
                            + text(received.toByteArray()),
                    e);
        } catch (IOException e) {
            // Reset: the peer closed with bytes of ours unread.
        }
        return received.toByteArray();
    }

    /** Everything so far. */
    public String received() {
        return text(received.toByteArray());
    }

    public static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }

    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
