package io.backpool.proxyconf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.backpool.testkit.AjpPacket;
import io.backpool.testkit.Backend;
import io.backpool.testkit.H2Client;
import io.backpool.testkit.RawAnswer;
import io.backpool.testkit.RawSocket;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Random requests over HTTP, AJP and h2c, and through httpd over each: whatever a client sends, no
 * 500, no stack trace, and nothing left behind. {@code -Dfuzz.seed=N} repeats a run, {@code
 * -Dfuzz.seconds=N} makes it longer.
 */
class FuzzIT {
    private static final long SECONDS = Long.getLong("fuzz.seconds", 30);

    /** So that a fast machine sends no other requests than a slow one. */
    private static final int REQUESTS_A_SECOND = 300;

    private static final int PATIENCE = 20_000;
    private static final long SEED = Long.getLong("fuzz.seed", 20_261_126);
    private static final List<String> METHODS =
            List.of("GET", "GET", "GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "FOO", "PRI");
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
    private final AtomicLong sent = new AtomicLong();
    private int clients;

    @Test
    void noInputDoesHarm() throws Exception {
        System.out.println("FuzzIT: -Dfuzz.seed=" + SEED);
        try (var site =
                ThroughHttpd.start(
                        directory,
                        1,
                        List.of(
                                "--limits-header-timeout=1s",
                                "--limits-body-timeout=1s",
                                "--limits-idle-timeout=4s",
                                "--limits-request-timeout=5s",
                                "--identity-user-header=X-Remote-User",
                                "--identity-attributes=mail"),
                        List.of(),
                        "")) {
            Backend backend = site.backend();
            String secret = Files.readString(directory.resolve("data/ajp-secret")).strip();
            long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
            List<Thread> clients =
                    List.of(
                            run(end, random -> http(backend.httpPort(1), random)),
                            run(end, random -> ajp(backend.ajpPort(1), random, secret)),
                            run(end, random -> h2c(backend.httpPort(1), random)),
                            run(
                                    end,
                                    random ->
                                            http(
                                                    site.port(pick(random, ThroughHttpd.PROTOCOLS)),
                                                    random)));
            for (Thread client : clients) {
                client.join(TimeUnit.SECONDS.toMillis(SECONDS) + PATIENCE);
            }

            assertThat(clients).as("seed %d: hangs", SEED).noneMatch(Thread::isAlive);
            assertThat(wrong)
                    .as(() -> "seed " + SEED + ", httpd's log:\n" + read("httpd/error.log"))
                    .isEmpty();
            System.out.println("FuzzIT: " + sent.get() + " requests");
            assertThat(read("backend.log")).as("seed %d", SEED).doesNotContain("\tat ");
            assertThat(backend.get(1, "/whoami").statusCode()).isEqualTo(200);
            assertThat(backend.status("/health/ready?all")).isEqualTo(200);
            for (String front : ThroughHttpd.PROTOCOLS) {
                assertThat(site.get(front, "/")).startsWith("HTTP/1.1 200");
            }
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

    private String read(String file) {
        try {
            return Files.readString(directory.resolve(file), StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** One client, which sends one request after the other. */
    private Thread run(long end, Consumer<Random> request) {
        var random = new Random(SEED + clients++);
        var thread =
                new Thread(
                        () -> {
                            for (long left = SECONDS * REQUESTS_A_SECOND;
                                    left > 0 && System.nanoTime() < end && wrong.size() < 5;
                                    left--) {
                                request.accept(random);
                                sent.incrementAndGet();
                            }
                        },
                        "fuzz");
        thread.setUncaughtExceptionHandler((any, failure) -> wrong.add(failure.toString()));
        thread.start();
        return thread;
    }

    private void http(int port, Random random) {
        byte[] request = httpRequest(random);
        try (RawSocket socket = RawSocket.connect(address(random), port)) {
            String answer = socket.send(request).finish().readToEnd();
            if ((answer.contains("HTTP/1.1 500") || answer.contains("HTTP/1.1 502"))
                    && !isOfHttpd(request, answer)) {
                wrong.add("500 to " + shown(request) + ": " + answer);
            }
        } catch (AssertionError e) {
            throw new AssertionError("after " + shown(request), e);
        }
    }

    /**
     * mod_proxy_ajp takes a Transfer-Encoding that is not {@code chunked} alone for none, sends the
     * member a body that was not announced, and answers 500 itself.
     */
    private static boolean isOfHttpd(byte[] request, String answer) {
        return RawSocket.text(request).contains("Transfer-Encoding")
                && !answer.contains("X-Request-ID");
    }

    private void h2c(int port, Random random) {
        var sentHeads = new StringBuilder();
        try (H2Client client = H2Client.connect(address(random), port)) {
            for (int stream = 1; stream < 2 + random.nextInt(6); stream += 2) {
                String method = random.nextInt(8) == 0 ? text(random) : pick(random, METHODS);
                String[] headers = new String[2 * random.nextInt(6)];
                for (int i = 0; i < headers.length; i += 2) {
                    headers[i] = name(random).toLowerCase(Locale.ROOT);
                    headers[i + 1] = value(random);
                }
                String target = target(random);
                sentHeads
                        .append(method)
                        .append(' ')
                        .append(target)
                        .append(' ')
                        .append(List.of(headers))
                        .append('\n');
                boolean last = random.nextInt(3) > 0;
                client.scheme(random.nextInt(8) == 0 ? text(random) : "http")
                        .head(stream, method, target, last, headers);
                switch (last ? -1 : random.nextInt(4)) {
                    case 0 -> client.data(stream, new byte[random.nextInt(100)], true);
                    case 1 -> client.reset(stream);
                    case 2 ->
                            client.data(stream, new byte[3], false)
                                    .trailer(stream, name(random), value(random));
                    case 3 -> client.raw(text(random).getBytes(StandardCharsets.ISO_8859_1));
                    default -> {}
                }
            }
            RawAnswer answer = client.finish().answer(1);
            if (answer.status() == 500) {
                wrong.add("500 over h2c to " + shown(sentHeads.toString()) + ": " + answer);
            }
        } catch (AssertionError e) {
            throw new AssertionError("after " + shown(sentHeads.toString()), e);
        }
    }

    /** Of many, so that the ports of closed connections last. */
    private static String address(Random random) {
        return "127.0.0." + (1 + random.nextInt(200));
    }

    private static byte[] httpRequest(Random random) {
        var text = new StringBuilder();
        text.append(pick(random, METHODS));
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

    private void ajp(int port, Random random, String secret) {
        byte[] packet = ajpRequest(random, secret);
        byte[] request = random.nextInt(3) > 0 ? packet : mutated(random, packet);
        try (RawSocket socket = RawSocket.connect(address(random), port)) {
            byte[] answer = socket.send(request).finish().readUntil(AjpPacket::isWhole);
            if (AjpPacket.answer(answer).startsWith("500")) {
                wrong.add("AJP 500 to " + shown(request) + ": " + AjpPacket.answer(answer));
            }
        } catch (AssertionError e) {
            throw new AssertionError("after " + shown(request), e);
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
        return shown(RawSocket.text(bytes));
    }

    private static String shown(String text) {
        return text.replace("\r", "\\r").replace("\n", "\\n").replace("\0", "\\0");
    }
}
