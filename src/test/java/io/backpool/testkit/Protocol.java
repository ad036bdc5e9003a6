package io.backpool.testkit;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The same request over each protocol that a member speaks, on a connection of its own. */
public enum Protocol {
    HTTP,
    AJP,
    H2C;

    private static final int PATIENCE_MILLIS = 20_000;
    private static final int AJP_BODY = 8000;
    private static final int AJP_QUERY = 5;

    /** What AJP has numbers for (AJP Protocol Reference, "Response packets", sc_res_header). */
    private static final List<String> AJP_NAMES =
            List.of(
                    "Content-Type",
                    "Content-Language",
                    "Content-Length",
                    "Date",
                    "Last-Modified",
                    "Location",
                    "Set-Cookie",
                    "Set-Cookie2",
                    "Servlet-Engine",
                    "Status",
                    "WWW-Authenticate");

    private static final Map<String, Integer> AJP_METHODS = Map.of("GET", 2, "HEAD", 3, "POST", 4);

    /**
     * Sends it and reads the answer, on and on.
     *
     * @param port of the HTTP listener, or of the AJP listener
     * @param body null: none; bytes: with their length; or {@link Chunked}
     */
    public RawAnswer send(
            int port,
            String secret,
            String method,
            String path,
            @Nullable Object body,
            String... headers) {
        try {
            return switch (this) {
                case HTTP -> http(port, method, path, body, headers);
                case AJP -> ajp(port, secret, method, path, body, headers);
                case H2C -> h2c(port, method, path, body, headers);
            };
        } catch (IOException e) {
            return new RawAnswer(0, List.of(), new byte[0], false);
        }
    }

    private static RawAnswer h2c(
            int port, String method, String path, @Nullable Object body, String... headers) {
        try (var client = H2Client.connect(port)) {
            byte[] bytes = bytes(body);
            String[] all = Arrays.copyOf(headers, headers.length + (bytes == null ? 0 : 2));
            if (bytes != null && !isChunked(body)) {
                all[headers.length] = "content-length";
                all[headers.length + 1] = Integer.toString(bytes.length);
            } else {
                all = headers;
            }
            for (int i = 0; i < all.length; i += 2) {
                all[i] = all[i].toLowerCase(Locale.ROOT);
            }
            client.head(1, method, path, bytes == null, all);
            if (bytes != null) {
                var sender = new Thread(() -> sendData(client, bytes));
                sender.setDaemon(true);
                sender.start();
            }
            return client.answer(1);
        }
    }

    /** As the first window allows, and on: the member grants more than these tests send. */
    private static void sendData(H2Client client, byte[] bytes) {
        int size = 16_000;
        for (int i = 0; i < bytes.length || i == 0; i += size) {
            int end = Math.min(bytes.length, i + size);
            client.data(1, Arrays.copyOfRange(bytes, i, end), end == bytes.length);
        }
    }

    private static RawAnswer ajp(
            int port,
            String secret,
            String method,
            String path,
            @Nullable Object body,
            String... headers)
            throws IOException {
        byte[] bytes = bytes(body);
        int count = headers.length / 2 + (bytes == null ? 0 : 1);
        String[] parts = path.split("\\?", 2);
        AjpPacket packet = AjpPacket.forward(AJP_METHODS.getOrDefault(method, 0), parts[0], count);
        for (int i = 0; i < headers.length; i += 2) {
            packet.header(headers[i], headers[i + 1]);
        }
        if (bytes != null && isChunked(body)) {
            packet.header("transfer-encoding", "chunked");
        } else if (bytes != null) {
            packet.header(0xA008, Integer.toString(bytes.length));
        }
        if (parts.length > 1) {
            packet.attribute(AJP_QUERY, parts[1]);
        }
        try (Socket socket = connect(port)) {
            var out = socket.getOutputStream();
            out.write(packet.secret(secret).end());
            int sent = 0;
            if (bytes != null && !isChunked(body)) {
                sent = Math.min(AJP_BODY, bytes.length);
                out.write(AjpPacket.body(Arrays.copyOf(bytes, sent)));
            }
            return ajpAnswer(socket, bytes == null ? new byte[0] : bytes, sent);
        }
    }

    private static RawAnswer ajpAnswer(Socket socket, byte[] request, int already)
            throws IOException {
        var in = new java.io.DataInputStream(socket.getInputStream());
        int status = 0;
        int sent = already;
        List<String> head = new ArrayList<>();
        var body = new ByteArrayOutputStream();
        try {
            while (true) {
                in.readUnsignedShort();
                byte[] payload = in.readNBytes(in.readUnsignedShort());
                var packet = new java.io.DataInputStream(new java.io.ByteArrayInputStream(payload));
                switch (packet.readUnsignedByte()) {
                    case 3 -> body.writeBytes(packet.readNBytes(packet.readUnsignedShort()));
                    case 4 -> {
                        status = packet.readUnsignedShort();
                        ajpString(packet, packet.readUnsignedShort());
                        for (int n = packet.readUnsignedShort(); n > 0; n--) {
                            int code = packet.readUnsignedShort();
                            String name =
                                    code >> 8 == 0xA0
                                            ? AJP_NAMES.get(code - 0xA001)
                                            : ajpString(packet, code);
                            head.add(name + ": " + ajpString(packet, packet.readUnsignedShort()));
                        }
                    }
                    case 5 -> {
                        return new RawAnswer(status, head, body.toByteArray(), true);
                    }
                    case 6 -> {
                        int size = Math.min(packet.readUnsignedShort(), request.length - sent);
                        size = Math.min(size, AJP_BODY);
                        socket.getOutputStream()
                                .write(
                                        size == 0
                                                ? new byte[] {0x12, 0x34, 0, 0}
                                                : AjpPacket.body(
                                                        Arrays.copyOfRange(
                                                                request, sent, sent + size)));
                        sent += size;
                    }
                    default -> throw new AssertionError("not AJP");
                }
            }
        } catch (SocketTimeoutException e) {
            throw new AssertionError("the peer neither answers nor closes", e);
        } catch (IOException e) {
            return new RawAnswer(status, head, body.toByteArray(), false);
        }
    }

    private static String ajpString(java.io.DataInputStream packet, int length) throws IOException {
        String text = new String(packet.readNBytes(length), StandardCharsets.ISO_8859_1);
        packet.readByte();
        return text;
    }

    private static RawAnswer http(
            int port, String method, String path, @Nullable Object body, String... headers)
            throws IOException {
        var head = new StringBuilder(method + " " + path + " HTTP/1.1\r\nHost: a\r\n");
        for (int i = 0; i < headers.length; i += 2) {
            head.append(headers[i]).append(": ").append(headers[i + 1]).append("\r\n");
        }
        byte[] bytes = bytes(body);
        if (bytes != null && isChunked(body)) {
            head.append("Transfer-Encoding: chunked\r\n");
        } else if (bytes != null) {
            head.append("Content-Length: ").append(bytes.length).append("\r\n");
        }
        try (Socket socket = connect(port)) {
            var out = socket.getOutputStream();
            out.write(head.append("\r\n").toString().getBytes(StandardCharsets.ISO_8859_1));
            if (bytes != null) {
                var sender = new Thread(() -> sendBody(socket, bytes, isChunked(body)));
                sender.setDaemon(true);
                sender.start();
            }
            return httpAnswer(socket, method);
        }
    }

    private static void sendBody(Socket socket, byte[] bytes, boolean chunked) {
        try {
            var out = socket.getOutputStream();
            if (chunked) {
                out.write(
                        (Integer.toHexString(bytes.length) + "\r\n")
                                .getBytes(StandardCharsets.US_ASCII));
                out.write(bytes);
                out.write("\r\n0\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            } else {
                out.write(bytes);
            }
        } catch (IOException e) {
            // The answer tells.
        }
    }

    private static RawAnswer httpAnswer(Socket socket, String method) throws IOException {
        var in = new java.io.BufferedInputStream(socket.getInputStream());
        int status = 0;
        List<String> head = new ArrayList<>();
        var body = new ByteArrayOutputStream();
        try {
            do {
                head.clear();
                String line = line(in);
                status = line.isEmpty() ? 0 : Integer.parseInt(line.split(" ", -1)[1]);
                for (line = line(in); !line.isEmpty(); line = line(in)) {
                    head.add(line);
                }
            } while (status == 100);
            var answer = new RawAnswer(status, head, new byte[0], false);
            if (method.equals("HEAD") || status == 204 || status == 304) {
                return new RawAnswer(status, head, new byte[0], true);
            }
            String length = answer.header("Content-Length");
            if (answer.header("Transfer-Encoding").equals("chunked")) {
                for (int size = chunk(in); size > 0; size = chunk(in)) {
                    copy(in, body, size);
                    line(in);
                }
                line(in);
            } else if (length.isEmpty()) {
                in.transferTo(body);
            } else {
                copy(in, body, Long.parseLong(length));
            }
            return new RawAnswer(status, head, body.toByteArray(), true);
        } catch (SocketTimeoutException e) {
            throw new AssertionError("the peer neither answers nor closes: " + status + head, e);
        } catch (IOException e) {
            return new RawAnswer(status, head, body.toByteArray(), false);
        }
    }

    private static void copy(java.io.InputStream in, ByteArrayOutputStream body, long size)
            throws IOException {
        for (long left = size; left > 0; left--) {
            int one = in.read();
            if (one < 0) {
                throw new java.io.EOFException();
            }
            body.write(one);
        }
    }

    private static int chunk(java.io.InputStream in) throws IOException {
        return Integer.parseInt(line(in), 16);
    }

    private static String line(java.io.InputStream in) throws IOException {
        var line = new StringBuilder();
        for (int one = in.read(); one != '\n'; one = in.read()) {
            if (one < 0) {
                throw new java.io.EOFException();
            }
            if (one != '\r') {
                line.append((char) one);
            }
        }
        return line.toString();
    }

    private static Socket connect(int port) throws IOException {
        var socket = new Socket(InetAddress.getLoopbackAddress(), port);
        socket.setSoTimeout(PATIENCE_MILLIS);
        socket.setTcpNoDelay(true);
        return socket;
    }

    private static boolean isChunked(@Nullable Object body) {
        return body instanceof Chunked;
    }

    private static byte @Nullable [] bytes(@Nullable Object body) {
        return body instanceof Chunked chunked ? chunked.bytes : (byte[]) body;
    }

    /** A body whose length is not said. */
    @SuppressWarnings("ArrayRecordComponent")
    public record Chunked(byte[] bytes) {}
}
