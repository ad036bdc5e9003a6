package io.backpool.server;

import java.io.IOException;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xnio.IoUtils;
import org.xnio.StreamConnection;
import org.xnio.conduits.AbstractStreamSourceConduit;
import org.xnio.conduits.StreamSourceConduit;

/**
 * What a client of HTTP/2 sends, frame by frame (RFC 9113, 4.1), so that a connection without a
 * request ends in time: Undertow waits for ever for the end of a preface, of the first head, or of
 * a connection whose streams were reset. A connection of HTTP/1.1 is recognised by its first bytes
 * and let alone. Read by its event loop, looked at by {@link Watch}.
 */
final class H2cConnection extends AbstractStreamSourceConduit<StreamSourceConduit> {
    private static final Logger LOG = LoggerFactory.getLogger(H2cConnection.class);
    private static final byte[] PREFACE =
            "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

    /** From here on no request of HTTP/1.1 looks the same. */
    private static final int TELLING = 3;

    private static final int FRAME_HEAD = 9;
    private static final int HEADERS = 1;
    private static final int CONTINUATION = 9;
    private static final int END_HEADERS = 4;

    private final StreamConnection connection;
    private final Watch watch;

    /** Whether it is none, or none any more. */
    private volatile boolean isLetAlone;

    private int prefaceBytes;

    /** Bytes of the current frame's head. */
    private int headBytes;

    /** Of the current frame, as far as its head has come; then what is to come of its payload. */
    private int length;

    private int type;
    private int flags;

    /** Read by {@link Watch} now and then. */
    private long moved;

    private long heads;
    private volatile boolean isHeadOpen;

    /** Of {@link Watch} alone. */
    private long progress = Long.MIN_VALUE;

    private long progressSince;

    private H2cConnection(StreamConnection connection, Watch watch) {
        super(connection.getSourceChannel().getConduit());
        this.connection = connection;
        this.watch = watch;
    }

    /** Looks at what comes on a connection that was accepted just now. */
    static H2cConnection watch(StreamConnection connection, Watch watch) {
        var watched = new H2cConnection(connection, watch);
        connection.getSourceChannel().setConduit(watched);
        return watched;
    }

    @Override
    public int read(ByteBuffer dst) throws IOException {
        int start = dst.position();
        int count = next.read(dst);
        if (count > 0 && !isLetAlone) {
            moved += count;
            int end = start + count;
            for (int i = start; i < end && !isLetAlone; ) {
                if (prefaceBytes < PREFACE.length) {
                    preface(dst.get(i++));
                } else if (headBytes < FRAME_HEAD) {
                    frameHead(dst.get(i++) & 0xFF);
                } else {
                    int part = Math.min(length, end - i);
                    i += part;
                    payload(part);
                }
            }
        }
        return count;
    }

    private void preface(byte one) {
        isLetAlone = one != PREFACE[prefaceBytes];
        if (++prefaceBytes == TELLING && !isLetAlone) {
            watch.add(this);
        }
    }

    private void frameHead(int one) {
        switch (headBytes++) {
            case 0 -> length = one;
            case 1, 2 -> length = length << 8 | one;
            case 3 -> {
                type = one;
                if (type == HEADERS) {
                    isHeadOpen = true;
                }
            }
            case 4 -> flags = one;
            case FRAME_HEAD - 1 -> payload(0); // it may be empty
            default -> {} // the stream
        }
    }

    private void payload(int came) {
        length -= came;
        if (length > 0) {
            return;
        }
        headBytes = 0;
        if ((type == HEADERS || type == CONTINUATION) && (flags & END_HEADERS) != 0) {
            heads++;
            isHeadOpen = false;
        }
    }

    /**
     * Closes it if its client is late, or silent with nothing to wait for.
     *
     * @param headTime for the first head, and for any that has begun
     * @param silence without a request
     * @param isUsed whether a request of this peer is in flight
     * @return whether it must be looked at again
     */
    boolean look(long now, Duration headTime, Duration silence, Predicate<SocketAddress> isUsed) {
        if (isLetAlone || !connection.isOpen()) {
            return false;
        }
        boolean owesHead = heads == 0 || isHeadOpen;
        long seen = owesHead ? -1 - heads : moved;
        if (seen != progress) {
            progress = seen;
            progressSince = now;
        }
        long limit = (owesHead ? headTime : silence).toNanos();
        if (now - progressSince < limit
                || (!owesHead && isUsed.test(connection.getPeerAddress()))) {
            return true;
        }
        LOG.debug("An h2c connection is closed, since no request comes");
        close();
        return false;
    }

    private void close() {
        EventLoops.execute(connection.getIoThread(), () -> IoUtils.safeClose(connection));
    }
}
