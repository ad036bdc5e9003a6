package io.backpool.observe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.tngtech.archunit.core.importer.ClassFileImporter;
import io.backpool.config.AdminConfig;
import io.backpool.config.ConfigException;
import io.backpool.config.ConfigReader;
import io.backpool.testkit.Ports;
import io.backpool.testkit.RawSocket;
import io.undertow.Undertow;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What reaches the pool's control: port {@code open} has no token, {@code guarded} has one. */
class AdminGuardIT {
    private static final String TOKEN = "0123456789abcdefXYZ";

    @TempDir static Path directory;

    private static int open;
    private static int guarded;
    private static Undertow servers;

    @BeforeAll
    static void start() throws IOException {
        open = Ports.free(2);
        guarded = open + 1;
        Path file = Files.writeString(directory.resolve("token"), TOKEN + "\n");
        servers =
                Undertow.builder()
                        .addHttpListener(open, "127.0.0.1", guard("127.0.0.1", null))
                        .addHttpListener(guarded, "0.0.0.0", guard("0.0.0.0", file))
                        .build();
        servers.start();
    }

    private static AdminGuard guard(String bind, @Nullable Path tokenFile) throws IOException {
        var config =
                new AdminConfig(
                        InetAddress.getByName(bind),
                        0,
                        tokenFile,
                        null,
                        ConfigReader.read(null, Map.of(), Map.of()).limits());
        return new AdminGuard(config, exchange -> exchange.getResponseSender().send("changed"));
    }

    @AfterAll
    static void stop() {
        servers.stop();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "localhost:PORT       | 1  | 200",
                "LOCALHOST            | 1  | 200",
                "127.0.0.1:PORT       | 1  | 200",
                "127.0.0.1            | 1  | 200",
                "localhost:PORT       | '' | 403",
                "localhost:PORT       | 0  | 403",
                "localhost:1          | 1  | 200",
                "evil.example         | 1  | 421",
                "evil.example:PORT    | 1  | 421",
                "localhost.evil:PORT  | 1  | 421",
                "127.0.0.1.nip.io     | 1  | 421",
                "127.0.0.2:PORT       | 1  | 421",
                "[::1]:PORT           | 1  | 421",
                "evil.example         | '' | 421"
            })
    void changingNeedsTheHeaderAndOurOwnHost(String host, String header, int status) {
        assertThat(post(open, host, "X-Backpool: " + header)).startsWith("HTTP/1.1 " + status);
    }

    @ParameterizedTest
    @ValueSource(strings = {"PUT", "DELETE", "PATCH", "OPTIONS", "POST", "post"})
    void everyMethodButGetAndHeadIsAChange(String method) {
        assertThat(request(method, open, "localhost", "A: b")).startsWith("HTTP/1.1 403 ");
    }

    @ParameterizedTest
    @CsvSource({
        "Bearer 0123456789abcdefXYZ, 200",
        "bearer 0123456789abcdefXYZ, 200",
        "Bearer 0123456789abcdefXYz, 401",
        "Bearer 0123456789abcdefXY, 401",
        "Bearer 0123456789abcdefXYZZ, 401",
        "Bearer, 401",
        "0123456789abcdefXYZ, 401",
        "Basic 0123456789abcdefXYZ, 401",
        "'', 401"
    })
    void changingNeedsTheTokenWhereThereIsOne(String authorization, int status) {
        String answer =
                post(guarded, "127.0.0.1:PORT", "X-Backpool: 1\r\nAuthorization: " + authorization);

        assertThat(answer).startsWith("HTTP/1.1 " + status).doesNotContain(TOKEN);
        assertThat(answer.contains("WWW-Authenticate: Bearer")).isEqualTo(status == 401);
    }

    /** What takes as long for every token can't be timed: it can be seen in the code. */
    @Test
    void theTokenIsComparedInConstantTime() {
        var calls =
                new ClassFileImporter()
                                .importClass(AdminGuard.class)
                                .getMethod("isAuthorized", String.class)
                                .getMethodCallsFromSelf()
                                .stream()
                                .map(call -> call.getTarget().getFullName())
                                .toList();

        assertThat(calls)
                .contains("java.security.MessageDigest.isEqual([B, [B)")
                .noneMatch(call -> call.contains(".equals("));
    }

    @Test
    void readingNeedsOnlyOurOwnHostOnLoopback() {
        assertThat(request("GET", guarded, "prometheus.example", "A: b")).contains("changed");
        assertThat(request("GET", open, "localhost:PORT", "A: b")).contains("changed");
        assertThat(request("GET", open, "evil.example", "A: b")).startsWith("HTTP/1.1 421");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "short", "with a blank in the middle", "line1line1line1line1\nline2"})
    void aFileWithoutATokenIsRefused(String content) throws IOException {
        Path file = Files.writeString(directory.resolve("bad"), content);

        assertThatExceptionOfType(ConfigException.class)
                .isThrownBy(() -> guard("0.0.0.0", file))
                .withMessageContaining("admin.token-file")
                .satisfies(
                        e -> {
                            if (!content.isEmpty()) {
                                assertThat(e.getMessage()).doesNotContain(content);
                            }
                        });
    }

    private static String post(int port, String host, String headers) {
        return request("POST", port, host, headers);
    }

    private static String request(String method, int port, String host, String headers) {
        return RawSocket.exchange(
                port,
                method
                        + " /restart HTTP/1.1\r\nConnection: close\r\nHost: "
                        + host.replace("PORT", Integer.toString(port))
                        + "\r\n"
                        + headers
                        + "\r\n\r\n");
    }
}
