package io.backpool.proxyconf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.backpool.testkit.Backend;
import io.backpool.testkit.RawSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The showcase behind httpd, which speaks HTTP, AJP and h2c as {@code conf apache} prints it, and
 * the member itself as {@code direct}. In requests and answers each character is a byte.
 */
record ThroughHttpd(Backend backend, Fronts fronts) implements AutoCloseable {
    static final List<String> PROTOCOLS = List.of("http", "ajp", "h2c");

    /**
     * Starts all of it and waits until each protocol answers.
     *
     * @param pool flags of the pool
     * @param conf flags of {@code conf apache} besides
     * @param own what stands behind the printed configuration
     */
    static ThroughHttpd start(
            Path directory, int members, List<String> pool, List<String> conf, String own)
            throws Exception {
        Backend backend = Backend.start(directory, members, pool.toArray(String[]::new));
        List<String> flags = new ArrayList<>(backend.settings());
        flags.addAll(pool);
        flags.addAll(conf);
        var started = new ThroughHttpd(backend, Fronts.startHttpd(directory, flags, own));
        for (String protocol : PROTOCOLS) {
            await().atMost(30, TimeUnit.SECONDS)
                    .until(() -> started.get(protocol, "/").startsWith("HTTP/1.1 200"));
        }
        return started;
    }

    int port(String front) {
        return front.equals("direct") ? backend.httpPort(1) : fronts.port(front);
    }

    /** The whole answer to a GET. */
    String get(String front, String target, String... headers) {
        return getFrom("127.0.0.1", front, target, headers);
    }

    /** The same, from this address of the loopback's. */
    String getFrom(String from, String front, String target, String... headers) {
        String lines = Stream.of(headers).map(line -> line + "\r\n").collect(Collectors.joining());
        String close = lines.contains("Connection:") ? "" : "Connection: close\r\n";
        return send(
                from, front, "GET " + target + " HTTP/1.1\r\nHost: a\r\n" + close + lines + "\r\n");
    }

    String send(String from, String front, String request) {
        try (RawSocket socket = RawSocket.connect(from, port(front))) {
            return socket.send(request).finish().readToEnd();
        }
    }

    /** What the showcase says that arrived. */
    JsonNode whoami(String front, String target, String... headers) {
        return whoami(get(front, target, headers));
    }

    static JsonNode whoami(String answer) {
        assertThat(answer).startsWith("HTTP/1.1 200");
        String body = answer.substring(answer.indexOf("\r\n\r\n") + 4);
        return new JsonMapper().readTree(body.getBytes(StandardCharsets.ISO_8859_1));
    }

    /** A character for each byte of {@code text} in UTF-8. */
    static String utf8(String text) {
        return new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
    }

    @Override
    public void close() throws Exception {
        fronts.close();
        backend.close();
    }
}
