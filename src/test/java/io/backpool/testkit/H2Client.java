package io.backpool.testkit;

import io.undertow.protocols.http2.HpackDecoder;
import io.undertow.protocols.http2.HpackException;
import io.undertow.util.HttpString;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * HTTP/2 without TLS, frame by frame (RFC 9113): the test decides every one of them. Grants no
 * window unless asked to. Read by one thread; any may send.
 */
public final class H2Client implements Closeable {
    public static final int DATA = 0;
    public static final int HEADERS = 1;
    public static final int RST_STREAM = 3;
    public static final int GOAWAY = 7;

    private static final int SETTINGS = 4;
    private static final int WINDOW_UPDATE = 8;
    private static final int END_STREAM = 1;
    private static final int END_HEADERS = 4;
    private static final int PATIENCE_MILLIS = 20_000;

    private final Socket socket = new Socket();
    private final DataInputStream in;
    private String scheme = "http";
    private final HpackDecoder decoder = new HpackDecoder(4096);

    private H2Client(String from, int port) throws IOException {
        socket.bind(new InetSocketAddress(InetAddress.getByName(from), 0));
        socket.connect(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), port), PATIENCE_MILLIS);
        socket.setSoTimeout(PATIENCE_MILLIS);
        in = new DataInputStream(socket.getInputStream());
    }

    /** A connection that has sent its preface and its settings. */
    public static H2Client connect(int port) {
        return connect("127.0.0.1", port);
    }

    /** The same, from this one of the loopback's addresses. */
    public static H2Client connect(String from, int port) {
        try {
            var client = new H2Client(from, port);
            client.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            return client.frame(SETTINGS, 0, 0, new byte[0]);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What the requests that follow say of themselves. */
    public H2Client scheme(String said) {
        scheme = said;
        return this;
    }

    /** The head of a request; {@code last} if no body follows. */
    public H2Client head(int stream, String method, String path, boolean last, String... headers) {
        var block = new ByteArrayOutputStream();
        literal(block, ":method", method);
        literal(block, ":scheme", scheme);
        literal(block, ":path", path);
        literal(block, ":authority", "a");
        for (int i = 0; i < headers.length; i += 2) {
            literal(block, headers[i], headers[i + 1]);
        }
        return frame(HEADERS, END_HEADERS | (last ? END_STREAM : 0), stream, block.toByteArray());
    }

    /** Any bytes. */
    public H2Client raw(byte[] bytes) {
        send(bytes);
        return this;
    }

    /** No more will be sent. */
    public H2Client finish() {
        try {
            socket.shutdownOutput();
        } catch (IOException e) {
            // Closed by the peer already.
        }
        return this;
    }

    /** Ends the request with one. */
    public H2Client trailer(int stream, String name, String value) {
        var block = new ByteArrayOutputStream();
        literal(block, name, value);
        return frame(HEADERS, END_HEADERS | END_STREAM, stream, block.toByteArray());
    }

    public H2Client data(int stream, byte[] bytes, boolean last) {
        return frame(DATA, last ? END_STREAM : 0, stream, bytes);
    }

    public H2Client reset(int stream) {
        return frame(RST_STREAM, 0, stream, number(8));
    }

    public H2Client goAway() {
        return frame(GOAWAY, 0, 0, new byte[8]);
    }

    /** Lets the peer send this much more on the stream and the connection. */
    public H2Client grant(int stream, int bytes) {
        return frame(WINDOW_UPDATE, 0, 0, number(bytes))
                .frame(WINDOW_UPDATE, 0, stream, number(bytes));
    }

    private H2Client frame(int type, int flags, int stream, byte[] payload) {
        ByteBuffer frame = ByteBuffer.allocate(9 + payload.length);
        frame.putInt((payload.length << 8) | type).put((byte) flags).putInt(stream).put(payload);
        send(frame.array());
        return this;
    }

    /** Sends as much as the peer takes: one that has closed already has answered before. */
    private synchronized void send(byte[] bytes) {
        try {
            socket.getOutputStream().write(bytes);
        } catch (IOException e) {
            // The answer tells.
        }
    }

    /** The next frame that is none of the connection's own; null at its end. */
    public @Nullable Frame next() {
        try {
            while (true) {
                int first = in.readInt();
                int flags = in.readUnsignedByte();
                int stream = in.readInt();
                byte[] payload = in.readNBytes(first >>> 8);
                int type = first & 0xFF;
                if (type == SETTINGS && flags == 0) {
                    frame(SETTINGS, 1, 0, new byte[0]);
                } else if (type != SETTINGS && type != WINDOW_UPDATE) {
                    return new Frame(type, (flags & END_STREAM) != 0 && type <= 1, stream, payload);
                }
            }
        } catch (EOFException e) {
            return null;
        } catch (SocketTimeoutException e) {
            throw new AssertionError("the peer neither answers nor closes", e);
        } catch (IOException e) {
            return null;
        }
    }

    /** The whole answer on this stream; grants what it reads. Frames of others are passed over. */
    public RawAnswer answer(int stream) {
        int status = 0;
        List<String> head = new ArrayList<>();
        var body = new ByteArrayOutputStream();
        for (Frame frame = next(); frame != null && frame.type != GOAWAY; frame = next()) {
            // All of them: they share one table of the compression (RFC 7541, 2.3.2).
            var headers =
                    frame.type == HEADERS
                            ? headers(frame.payload)
                            : List.<Map.Entry<String, String>>of();
            if (frame.stream != stream) {
                continue;
            }
            if (frame.type == RST_STREAM) {
                break;
            }
            if (frame.type == HEADERS) {
                for (Map.Entry<String, String> header : headers) {
                    if (header.getKey().equals(":status")) {
                        status = Integer.parseInt(header.getValue());
                    } else {
                        head.add(header.getKey() + ": " + header.getValue());
                    }
                }
            } else if (frame.type == DATA) {
                body.writeBytes(frame.payload);
                if (frame.payload.length > 0) {
                    grant(stream, frame.payload.length);
                }
            }
            if (frame.last && status >= 200) {
                return new RawAnswer(status, head, body.toByteArray(), true);
            }
        }
        return new RawAnswer(status, head, body.toByteArray(), false);
    }

    private List<Map.Entry<String, String>> headers(byte[] block) {
        List<Map.Entry<String, String>> headers = new ArrayList<>();
        decoder.setHeaderEmitter(
                (HttpString name, String value, boolean neverIndex) ->
                        headers.add(Map.entry(name.toString(), value)));
        try {
            decoder.decode(ByteBuffer.wrap(block), false);
        } catch (HpackException e) {
            throw new AssertionError("not HPACK", e);
        }
        return headers;
    }

    /** RFC 7541, 6.2.2: literal, not indexed, name and value not compressed. */
    private static void literal(ByteArrayOutputStream block, String name, String value) {
        block.write(0);
        for (String text : new String[] {name, value}) {
            byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
            if (bytes.length < 127) {
                block.write(bytes.length);
            } else {
                block.write(127);
                int rest = bytes.length - 127;
                for (; rest >= 128; rest >>= 7) {
                    block.write((rest & 0x7F) | 0x80);
                }
                block.write(rest);
            }
            block.writeBytes(bytes);
        }
    }

    private static byte[] number(int value) {
        return ByteBuffer.allocate(4).putInt(value).array();
    }

    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * One frame.
     *
     * @param last ends its stream
     */
    @SuppressWarnings("ArrayRecordComponent")
    public record Frame(int type, boolean last, int stream, byte[] payload) {}
}
