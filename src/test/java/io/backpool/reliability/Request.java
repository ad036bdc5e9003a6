package io.backpool.reliability;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * One request on a connection of its own, asked once only.
 *
 * @param id names it in the application's journal
 * @param route of the member that it sticks to; null: any
 * @param body of a POST; 0: a GET
 */
record Request(String path, String id, @Nullable String route, int body) {
    /** Longer than httpd waits for a member. */
    private static final int PATIENCE_MILLIS = 75_000;

    private static final Pattern SERVED = Pattern.compile("(?m)^X-Served: (\\S+ \\S+)\r?$");

    /** What came: nothing where the connection closed without an answer. */
    record Answer(String text) {
        boolean isEmpty() {
            return text.isEmpty();
        }

        int status() {
            return text.matches("(?s)HTTP/1\\.1 \\d{3} .*")
                    ? Integer.parseInt(text.substring(9, 12))
                    : 0;
        }

        /** Route and version of the member that answered, such as {@code m1 v1}. */
        String served() {
            Matcher header = SERVED.matcher(text);
            return header.find() ? header.group(1) : "";
        }
    }

    boolean isAnsweredBy(Answer answer) {
        return answer.status() == 200 && answer.text().endsWith("done " + id);
    }

    Answer send(int port) throws IOException {
        try (var socket = new Socket()) {
            socket.connect(
                    new InetSocketAddress(InetAddress.getLoopbackAddress(), port), PATIENCE_MILLIS);
            socket.setSoTimeout(PATIENCE_MILLIS);
            socket.getOutputStream().write(text().getBytes(StandardCharsets.US_ASCII));
            byte[] answer = socket.getInputStream().readAllBytes();
            return new Answer(new String(answer, StandardCharsets.ISO_8859_1));
        }
    }

    private String text() {
        return (body > 0 ? "POST " : "GET ")
                + path
                + "/"
                + id
                + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                + (route == null ? "" : "Cookie: JSESSIONID=s." + route + "\r\n")
                + (body > 0 ? "Content-Length: " + body + "\r\n" : "")
                + "\r\n"
                + "x".repeat(body);
    }
}
