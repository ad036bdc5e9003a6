package io.backpool.proxyconf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.backpool.testkit.AjpPacket;
import io.backpool.testkit.Backend;
import io.backpool.testkit.RawSocket;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Random requests over HTTP and AJP: whatever a client sends, no 500, no stack trace, and nothing
 * left behind. {@code -Dfuzz.seed=N} repeats a run, {@code -Dfuzz.seconds=N} makes it longer.
 */
class FuzzIT {
    private static final long SECONDS = Long.getLong("fuzz.seconds", 60);
    private static final int PATIENCE = 20_000;
    private static final List<String> TARGETS =
            List.of(
                    "/",
                    "/whoami",
                    "/session",
                    "/static/hello.txt",
                    "/bytes/10",
                    "/status/204",
                    "/headers/20",
                    "/cached/a",
                    "/users",
                    "/users/1",
                    "/messages/x",
                    "/events/no",
                    "/echo",
                    "/health/ready",
                    "*",
                    "/sleep?for=1ms",
                    "/work?for=1ms",
                    "/stream/2?every=1ms");
    private static final List<String> NAMES =
            List.of(
                    "Host",
                    "Cookie",
                    "Content-Length",
                    "Transfer-Encoding",
                    "Expect",
                    "Range",
                    "If-Range",
                    "If-None-Match",
                    "If-Match",
                    "If-Modified-Since",
                    "Connection",
                    "Upgrade",
                    "X-Forwarded-For",
                    "X-Forwarded-Proto",
                    "X-Forwarded-Host",
                    "X-Forwarded-Port",
                    "Forwarded",
                    "SSL_CLIENT_CERT",
                    "SSL_CIPHER",
                    "SSL_SESSION_ID",
                    "Accept-Encoding",
                    "Content-Type",
                    "X-Request-ID",
                    "traceparent",
                    "Accept",
                    "TE",
                    "HTTP2-Settings",
                    "Sec-WebSocket-Key",
                    "Last-Event-ID",
                    "X-Remote-User");
    private static final List<String> VALUES =
            List.of(
                    "a",
                    "",
                    "close",
                    "keep-alive",
                    "chunked",
                    "identity",
                    "100-continue",
                    "0",
                    "3",
                    "-1",
                    "99999999999999999999",
                    "bytes=0-3",
                    "bytes=-",
                    "bytes=5-1,2-",
                    "\"x-gzip\", *",
                    "W/\"",
                    "Upgrade, HTTP2-Settings",
                    "websocket",
                    "h2c",
                    "127.0.0.1",
                    "[::1",
                    "https",
                    "for=\"[::1]:99999\";proto=x",
                    "gzip;q=x, br",
                    "JSESSIONID=a.m1; $Version=x; b=\"",
                    "a=\u00ff; =; $Path",
                    "-----BEGIN CERTIFICATE-----",
                    "(null)",
                    "\u00c3\u00b6",
                    "Thu, 99 Foo 0000",
                    "application/x-www-form-urlencoded",
                    "00-zz-1");
    private static final String MARKS =
            "\0\t\r\n :;,/?%+-.*\"'\\<>{}|^`#=&@[]0159afAF\u007f\u0080\u00ff";

    @TempDir Path directory;

    private final Queue<String> wrong = new ConcurrentLinkedQueue<>();

    @Test
    void noInputDoesHarm() throws Exception {
        long seed = Long.getLong("fuzz.seed", System.nanoTime());
        System.out.println("FuzzIT: -Dfuzz.seed=" + seed);
        Path secret = ProxyConfIT.secret(directory);
        try (Backend backend =
                Backend.start(
                        directory,
                        1,
                        "--ajp-secret-file=" + secret,
                        "--limits-header-timeout=1s",
                        "--limits-body-timeout=1s",
                        "--identity-user-header=X-Remote-User",
                        "--identity-attributes=mail")) {
            String word = Files.readString(secret);
            long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
            Thread http = run(() -> http(backend.httpPort(1), new Random(seed), end));
            Thread ajp = run(() -> ajp(backend.ajpPort(1), new Random(seed + 1), word, end));
            http.join(TimeUnit.SECONDS.toMillis(SECONDS) + PATIENCE);
            ajp.join(TimeUnit.SECONDS.toMillis(SECONDS) + PATIENCE);

            assertThat(http.isAlive() || ajp.isAlive()).as("seed %d", seed).isFalse();
            assertThat(wrong).as("seed %d", seed).isEmpty();
            assertThat(Files.readString(directory.resolve("backend.log")))
                    .as("seed %d", seed)
                    .doesNotContain("\tat ");
            assertThat(backend.get(1, "/whoami").statusCode()).isEqualTo(200);
            assertThat(backend.status("/health/ready?all")).isEqualTo(200);
            await().atMost(Duration.ofSeconds(30))
                    .until(
                            () ->
                                    backend.admin("/metrics")
                                            .body()
                                            .contains(
                                                    "http_server_active_requests{member=\"m1\"}"
                                                            + " 0"));
        }
    }

    private Thread run(Runnable task) {
        var thread = new Thread(task, "fuzz");
        thread.setUncaughtExceptionHandler((any, failure) -> wrong.add(failure.toString()));
        thread.start();
        return thread;
    }

    private void http(int port, Random random, long end) {
        while (System.nanoTime() < end && wrong.size() < 5) {
            byte[] request = httpRequest(random);
            try (RawSocket socket = RawSocket.connect(address(random), port)) {
                String answer = socket.send(request).finish().readToEnd();
                if (answer.contains("HTTP/1.1 500")) {
                    wrong.add("500 to " + shown(request));
                }
            }
        }
    }

    /** Of many, so that the ports of closed connections last. */
    private static String address(Random random) {
        return "127.0.0." + (1 + random.nextInt(200));
    }

    private static byte[] httpRequest(Random random) {
        var text = new StringBuilder();
        text.append(
                pick(
                        random,
                        List.of(
                                "GET", "GET", "GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS",
                                "FOO", "PRI")));
        text.append(' ')
                .append(target(random))
                .append(random.nextInt(20) == 0 ? " HTTP/1.0" : " HTTP/1.1");
        text.append("\r\nHost: a\r\n");
        for (int i = random.nextInt(6); i > 0; i--) {
            text.append(name(random)).append(": ").append(value(random)).append("\r\n");
        }
        text.append("\r\n").append("3\r\nabc\r\n0\r\n\r\n".repeat(random.nextInt(2)));
        byte[] bytes = text.toString().getBytes(StandardCharsets.ISO_8859_1);
        return random.nextInt(4) == 0 ? mutated(random, bytes) : bytes;
    }

    private void ajp(int port, Random random, String secret, long end) {
        while (System.nanoTime() < end && wrong.size() < 5) {
            boolean isWhole = random.nextInt(3) > 0;
            byte[] packet = ajpRequest(random, secret);
            byte[] request = isWhole ? packet : mutated(random, packet);
            try (RawSocket socket = RawSocket.connect(address(random), port)) {
                byte[] answer = socket.send(request).finish().readUntil(AjpPacket::isWhole);
                // Of a packet that no web server writes, Undertow itself says 500.
                if (isWhole && AjpPacket.answer(answer).startsWith("500")) {
                    wrong.add("AJP 500 to " + shown(request));
                }
            }
        }
    }

    private static byte[] ajpRequest(Random random, String secret) {
        int headers = random.nextInt(6);
        AjpPacket packet =
                AjpPacket.forward(
                        1 + random.nextInt(8), target(random).split("\\?", 2)[0], headers);
        for (int i = 0; i < headers; i++) {
            if (random.nextBoolean()) {
                packet.header(0xA001 + random.nextInt(0xE), value(random));
            } else {
                packet.header(pick(random, NAMES), value(random));
            }
        }
        if (random.nextBoolean()) {
            packet.attribute(5, text(random));
        }
        if (random.nextInt(3) == 0) {
            packet.attribute(random.nextBoolean() ? 3 : 4, text(random));
        }
        if (random.nextInt(3) == 0) {
            packet.attribute(pick(random, List.of("mail", "BACKPOOL_SCHEME", "x")), value(random));
        }
        return packet.secret(secret).end();
    }

    private static String target(Random random) {
        String target = pick(random, TARGETS);
        return switch (random.nextInt(4)) {
            case 0 -> target + "?" + text(random);
            case 1 -> target + text(random);
            default -> target;
        };
    }

    private static String name(Random random) {
        return random.nextInt(8) == 0 ? text(random) : pick(random, NAMES);
    }

    private static String value(Random random) {
        return random.nextInt(3) == 0 ? text(random) : pick(random, VALUES);
    }

    private static String text(Random random) {
        var text = new StringBuilder();
        for (int i = random.nextInt(12); i > 0; i--) {
            text.append(MARKS.charAt(random.nextInt(MARKS.length())));
        }
        return text.toString();
    }

    private static byte[] mutated(Random random, byte[] bytes) {
        var out = new ByteArrayOutputStream();
        int place = random.nextInt(bytes.length);
        out.write(bytes, 0, place);
        switch (random.nextInt(3)) {
            case 0 -> out.write(random.nextInt(256));
            case 1 -> {
                out.write(random.nextInt(256));
                out.write(bytes, place + 1, bytes.length - place - 1);
            }
            default -> out.write(bytes, place / 2, bytes.length - place / 2);
        }
        return out.toByteArray();
    }

    private static String pick(Random random, List<String> texts) {
        return texts.get(random.nextInt(texts.size()));
    }

    private static String shown(byte[] bytes) {
        return RawSocket.text(bytes).replace("\r", "\\r").replace("\n", "\\n").replace("\0", "\\0");
    }
}
