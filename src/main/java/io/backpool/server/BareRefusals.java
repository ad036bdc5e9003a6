package io.backpool.server;

import io.backpool.exchange.Problem;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import org.xnio.StreamConnection;
import org.xnio.conduits.AbstractStreamSinkConduit;
import org.xnio.conduits.StreamSinkConduit;

/**
 * Gives Undertow's answer to a request that it can't parse a problem document and a request id: it
 * writes that answer itself, without a body, and asks no handler. One per HTTP connection, used by
 * the thread that writes.
 */
final class BareRefusals extends AbstractStreamSinkConduit<StreamSinkConduit> {
    private static final ByteBuffer BARE =
            StandardCharsets.US_ASCII.encode(
                    "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");

    private @Nullable ByteBuffer document;

    private BareRefusals(StreamSinkConduit next) {
        super(next);
    }

    /** Watches what is written to a connection that was accepted just now. */
    static void watch(StreamConnection connection) {
        var sink = connection.getSinkChannel();
        sink.setConduit(new BareRefusals(sink.getConduit()));
    }

    @Override
    public int write(ByteBuffer source) throws IOException {
        if (document == null && source.equals(BARE) && isOfParser()) {
            document = document();
        }
        if (document == null) {
            return next.write(source);
        }
        next.write(document);
        if (document.hasRemaining()) {
            return 0;
        }
        int length = source.remaining();
        source.position(source.limit());
        return length;
    }

    /** The body of an answer may be the same text. */
    private static boolean isOfParser() {
        return StackWalker.getInstance()
                .walk(
                        frames ->
                                frames.anyMatch(
                                        frame ->
                                                frame.getMethodName()
                                                        .equals("sendBadRequestAndClose")));
    }

    private static ByteBuffer document() {
        String id = RequestId.next();
        byte[] body = Problem.document(400, "this is not a request of HTTP", id);
        String head =
                """
                HTTP/1.1 400 Bad Request
                Content-Type: %s
                %s: %s
                Content-Length: %d
                Connection: close

                """
                        .formatted(Problem.MEDIA_TYPE, RequestId.HEADER, id, body.length)
                        .replace("\n", "\r\n");
        return ByteBuffer.allocate(head.length() + body.length)
                .put(head.getBytes(StandardCharsets.US_ASCII))
                .put(body)
                .flip();
    }
}
