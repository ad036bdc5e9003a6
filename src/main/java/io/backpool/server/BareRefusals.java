package io.backpool.server;

import io.backpool.exchange.Problem;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.xnio.StreamConnection;
import org.xnio.conduits.AbstractStreamSinkConduit;
import org.xnio.conduits.StreamSinkConduit;

/**
 * Gives Undertow's answer to a request that it can't parse a problem document and a request id: it
 * writes that answer itself, without a body, and asks no handler. It closes the connection then.
 * One per connection, used by the thread that writes.
 */
final class BareRefusals extends AbstractStreamSinkConduit<StreamSinkConduit> {
    private static final byte[] HTTP_400 = ascii(" 400 ");
    private static final int HTTP_VERSION = "HTTP/1.1".length();

    /** Of AJP: a packet from here on, its length, SEND_HEADERS, and the status. */
    private static final byte[] AJP_ANSWER = ascii("AB");

    private static final int AJP_CODE = 4;
    private static final int SEND_BODY_CHUNK = 3;
    private static final int SEND_HEADERS = 4;

    /** END_RESPONSE: do not use this connection again. */
    private static final byte[] AJP_END = {'A', 'B', 0, 2, 5, 0};

    private final boolean isAjp;
    private @Nullable ByteBuffer document;

    private BareRefusals(StreamSinkConduit next, boolean isAjp) {
        super(next);
        this.isAjp = isAjp;
    }

    /** Watches what is written to a connection that was accepted just now. */
    static void watch(StreamConnection connection, boolean isAjp) {
        var sink = connection.getSinkChannel();
        sink.setConduit(new BareRefusals(sink.getConduit(), isAjp));
    }

    @Override
    public int write(ByteBuffer source) throws IOException {
        if (document == null && isRefusal(source) && isOfParser()) {
            document = isAjp ? ajpDocument() : httpDocument();
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

    private boolean isRefusal(ByteBuffer source) {
        if (!isAjp) {
            return holds(source, HTTP_VERSION, HTTP_400);
        }
        int start = source.position();
        if (!holds(source, 0, AJP_ANSWER)
                || source.remaining() < AJP_CODE + 3
                || source.get(start + AJP_CODE) != SEND_HEADERS) {
            return false;
        }
        // 500 is its word for a packet that it can't read.
        int status =
                (source.get(start + AJP_CODE + 1) & 0xFF) << 8
                        | (source.get(start + AJP_CODE + 2) & 0xFF);
        return status == 400 || status == 500;
    }

    private static boolean holds(ByteBuffer source, int offset, byte[] bytes) {
        if (source.remaining() < offset + bytes.length) {
            return false;
        }
        for (int i = 0; i < bytes.length; i++) {
            if (source.get(source.position() + offset + i) != bytes[i]) {
                return false;
            }
        }
        return true;
    }

    /** A handler may answer the same. */
    private static boolean isOfParser() {
        return StackWalker.getInstance().walk(BareRefusals::isOfParser);
    }

    private static boolean isOfParser(Stream<StackWalker.StackFrame> frames) {
        return frames.map(BareRefusals::place)
                .filter(place -> place != Place.ELSEWHERE)
                .findFirst()
                .filter(place -> place == Place.PARSER)
                .isPresent();
    }

    private enum Place {
        ELSEWHERE,
        PARSER,
        HANDLER
    }

    private static Place place(StackWalker.StackFrame frame) {
        String type = frame.getClassName();
        return switch (frame.getMethodName()) {
            case "sendBadRequestAndClose" -> Place.PARSER;
            case "terminate" ->
                    type.endsWith(".HostHeaderHandler") ? Place.PARSER : Place.ELSEWHERE;
            case "handleEvent" ->
                    type.endsWith(".AjpReadListener") ? Place.PARSER : Place.ELSEWHERE;
            case "executeRootHandler" -> Place.HANDLER;
            default -> Place.ELSEWHERE;
        };
    }

    private static ByteBuffer httpDocument() {
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
        return ByteBuffer.allocate(head.length() + body.length).put(ascii(head)).put(body).flip();
    }

    private static ByteBuffer ajpDocument() {
        String id = RequestId.next();
        byte[] body = Problem.document(400, "this is not a request of AJP", id);
        var head = new ByteArrayOutputStream();
        head.write(SEND_HEADERS);
        number(head, 400);
        string(head, "Bad Request");
        number(head, 2);
        string(head, "Content-Type");
        string(head, Problem.MEDIA_TYPE);
        string(head, RequestId.HEADER.toString());
        string(head, id);
        var chunk = new ByteArrayOutputStream();
        chunk.write(SEND_BODY_CHUNK);
        number(chunk, body.length);
        chunk.writeBytes(body);
        chunk.write(0);
        var all = new ByteArrayOutputStream();
        for (ByteArrayOutputStream packet : new ByteArrayOutputStream[] {head, chunk}) {
            all.writeBytes(AJP_ANSWER);
            number(all, packet.size());
            all.writeBytes(packet.toByteArray());
        }
        all.writeBytes(AJP_END);
        return ByteBuffer.wrap(all.toByteArray());
    }

    /** AJP Protocol Reference, "Data types": a 16-bit number. */
    private static void number(ByteArrayOutputStream packet, int value) {
        packet.write(value >> 8);
        packet.write(value);
    }

    private static void string(ByteArrayOutputStream packet, String text) {
        number(packet, text.length());
        packet.writeBytes(ascii(text));
        packet.write(0);
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
