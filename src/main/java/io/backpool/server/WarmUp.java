package io.backpool.server;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.function.IntConsumer;
import javax.net.SocketFactory;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Requests of the pool's own to a member that starts, so that the first clients do not wait for
 * what is loaded at a first request. A request that fails is logged and changes nothing else.
 */
public final class WarmUp {
    private static final Logger LOG = LoggerFactory.getLogger(WarmUp.class);

    /** For all requests together. */
    public static final Duration LONGEST = Duration.ofSeconds(10);

    /** Enough for the status line. */
    private static final int HEAD = 64;

    private WarmUp() {}

    /**
     * Asks for each of these paths, one after the other, over HTTP/1.1, and reads the answers.
     *
     * @param route of the member, for the log
     * @param sockets plain ones, or of TLS
     * @param from is called with the local port of each connection, before its request is sent
     */
    public static void run(
            String route,
            InetSocketAddress address,
            SocketFactory sockets,
            List<String> paths,
            IntConsumer from) {
        long deadline = System.nanoTime() + LONGEST.toNanos();
        for (String path : paths) {
            String failure;
            try {
                String answer = ask(address, sockets, path, deadline, from);
                failure = answer.matches("HTTP/1\\.[01] [23]..(?s:.*)") ? "" : "answered " + answer;
            } catch (SocketTimeoutException e) {
                failure = "not answered: all took longer than %d s".formatted(LONGEST.toSeconds());
            } catch (IOException e) {
                failure = "not answered: " + e.getMessage();
            }
            if (!failure.isEmpty()) {
                LOG.warn("{} - warm-up by GET {}: {}", route, path, failure);
            }
        }
    }

    /** Asks once for {@code /}, whatever the answer is; the rest is as with {@link #run}. */
    static void ask(InetSocketAddress address, SocketFactory sockets, IntConsumer from) {
        try {
            String unused = ask(address, sockets, "/", System.nanoTime() + LONGEST.toNanos(), from);
        } catch (IOException e) {
            LOG.debug("Not answered", e);
        }
    }

    /** The status line, when all was read. */
    private static String ask(
            InetSocketAddress address,
            SocketFactory sockets,
            String path,
            long deadline,
            IntConsumer from)
            throws IOException {
        try (Socket socket = sockets.createSocket()) {
            socket.connect(address, millis(deadline));
            from.accept(socket.getLocalPort());
            socket.getOutputStream()
                    .write(
                            ("GET %s HTTP/1.1\r\nHost: localhost\r\nUser-Agent: Backpool\r\n"
                                            + "Connection: close\r\n\r\n")
                                    .formatted(path)
                                    .getBytes(StandardCharsets.US_ASCII));
            InputStream in = socket.getInputStream();
            byte[] head = new byte[HEAD];
            int length = 0;
            byte[] more = new byte[8192];
            socket.setSoTimeout(millis(deadline));
            for (int count = in.read(more); count >= 0; count = in.read(more)) {
                int kept = Math.min(count, HEAD - length);
                System.arraycopy(more, 0, head, length, kept);
                length += kept;
                socket.setSoTimeout(millis(deadline));
            }
            return new String(head, 0, length, StandardCharsets.ISO_8859_1).split("\r\n", 2)[0];
        }
    }

    /** Until the deadline. */
    private static int millis(long deadline) throws SocketTimeoutException {
        long left = (deadline - System.nanoTime()) / 1_000_000;
        if (left <= 0) {
            throw new SocketTimeoutException();
        }
        return (int) left;
    }
}
