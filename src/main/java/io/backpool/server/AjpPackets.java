package io.backpool.server;

import io.undertow.server.HttpServerExchange;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.xnio.StreamConnection;
import org.xnio.conduits.AbstractStreamSourceConduit;
import org.xnio.conduits.StreamSourceConduit;

/**
 * What a client of AJP sends. Notices that Undertow refuses a request for its secret, which it does
 * without a word and asks no handler: its parser ends the exchange. What the request said is then
 * still in the buffer that was read last. And knows when nothing can be left of what was read, so
 * that the event loop need not look. One per connection, used by one thread at a time.
 */
final class AjpPackets extends AbstractStreamSourceConduit<StreamSourceConduit> {
    /** AJP Protocol Reference, "Packet Headers" and "Request Packet Structure". */
    private static final short MAGIC = 0x1234;

    /** Magic and length. */
    private static final int HEAD = 4;

    private static final int FORWARD_REQUEST = 2;
    private static final int CPING = 10;
    private static final int CODED_HEADER = 0xA0;
    private static final int REQ_ATTRIBUTE = 0x0A;
    private static final int SSL_KEY_SIZE = 0x0B;
    private static final int SECRET = 0x0C;
    private static final int END = 0xFF;
    private static final int NO_STRING = 0xFFFF;

    private final StreamConnection connection;
    private final RefusedSecrets refused;

    /** Of the last read, while nothing else can have got the buffer; null: it brought nothing. */
    private @Nullable ByteBuffer last;

    private int start;

    /** Whether more than CPING was read since the last answer. */
    private boolean hasRead;

    /** Whether that was one read of one packet, so that Undertow keeps nothing of it. */
    private boolean isOnePacket;

    private AjpPackets(StreamConnection connection, RefusedSecrets refused) {
        super(connection.getSourceChannel().getConduit());
        this.connection = connection;
        this.refused = refused;
    }

    /** Watches a connection that was accepted just now. */
    static void watch(StreamConnection connection, RefusedSecrets refused) {
        connection.getSourceChannel().setConduit(new AjpPackets(connection, refused));
    }

    @Override
    public int read(ByteBuffer target) throws IOException {
        start = target.position();
        int count = next.read(target);
        last = count > 0 ? target : null;
        if (count > 0) {
            boolean whole =
                    count > HEAD
                            && target.getShort(start) == MAGIC
                            && (target.getShort(start + 2) & 0xFFFF) == count - HEAD;
            if (!whole || target.get(start + HEAD) != CPING) {
                isOnePacket = whole && !hasRead;
                hasRead = true;
            }
        }
        return count;
    }

    /**
     * Asked for after each answer, in case that more was read than its request: on a thread that
     * wakes the event loop, and there costs a read of nothing.
     */
    @Override
    public void wakeupReads() {
        boolean nothingLeft = isOnePacket;
        hasRead = false;
        isOnePacket = false;
        if (nothingLeft) {
            next.resumeReads();
        } else {
            next.wakeupReads();
        }
    }

    @Override
    public void terminateReads() throws IOException {
        ByteBuffer read = last;
        last = null;
        if (read != null && isEndedByParser()) {
            String received = secret(read.duplicate(), start);
            if (!AjpSecret.inUse().equals(received)) {
                refused.add(peer(), received);
            }
        }
        next.terminateReads();
    }

    private String peer() {
        var address = connection.getPeerAddress(InetSocketAddress.class);
        return address == null ? "an unknown peer" : address.getAddress().getHostAddress();
    }

    private static boolean isEndedByParser() {
        return StackWalker.getInstance().walk(AjpPackets::isEndedByParser);
    }

    private static boolean isEndedByParser(Stream<StackWalker.StackFrame> frames) {
        return frames.dropWhile(frame -> !isEnd(frame))
                .dropWhile(AjpPackets::isEnd)
                .findFirst()
                .filter(frame -> frame.getClassName().endsWith(".AjpReadListener"))
                .isPresent();
    }

    private static boolean isEnd(StackWalker.StackFrame frame) {
        return frame.getMethodName().equals("endExchange")
                && frame.getClassName().equals(HttpServerExchange.class.getName());
    }

    /**
     * The secret of the first request from there on.
     *
     * @return empty: it has none; null: not all of the request is here
     */
    private static @Nullable String secret(ByteBuffer packets, int start) {
        packets.position(start);
        try {
            while (packets.getShort() == MAGIC) {
                int length = number(packets);
                if (packets.get(packets.position()) == FORWARD_REQUEST) {
                    return secret(packets);
                }
                skip(packets, length);
            }
        } catch (BufferUnderflowException | IndexOutOfBoundsException e) {
            // In parts, so not all of it is here.
        }
        return null;
    }

    /** Walks over one request, from its code on. */
    private static String secret(ByteBuffer request) {
        skip(request, 2);
        for (int i = 0; i < 5; i++) {
            skipString(request);
        }
        skip(request, 3);
        for (int headers = number(request); headers > 0; headers--) {
            if ((request.get(request.position()) & 0xFF) == CODED_HEADER) {
                skip(request, 2);
            } else {
                skipString(request);
            }
            skipString(request);
        }
        while (true) {
            int attribute = request.get() & 0xFF;
            switch (attribute) {
                case END -> {
                    return "";
                }
                case SECRET -> {
                    byte[] text = new byte[number(request)];
                    request.get(text);
                    return new String(text, StandardCharsets.ISO_8859_1);
                }
                case SSL_KEY_SIZE -> skip(request, 2);
                case REQ_ATTRIBUTE -> {
                    skipString(request);
                    skipString(request);
                }
                default -> skipString(request);
            }
        }
    }

    /** Its length, the text and a NUL; or no text at all. */
    private static void skipString(ByteBuffer packet) {
        int length = number(packet);
        if (length != NO_STRING) {
            skip(packet, length + 1);
        }
    }

    private static void skip(ByteBuffer packet, int bytes) {
        if (bytes > packet.remaining()) {
            throw new BufferUnderflowException();
        }
        packet.position(packet.position() + bytes);
    }

    private static int number(ByteBuffer packet) {
        return packet.getShort() & 0xFFFF;
    }
}
