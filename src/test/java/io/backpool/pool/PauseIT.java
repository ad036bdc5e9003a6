package io.backpool.pool;

import static org.assertj.core.api.Assertions.assertThat;

import io.backpool.testkit.Backend;
import io.backpool.testkit.Command;
import io.backpool.testkit.Httpd;
import io.backpool.testkit.Ports;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code pause} behind the real httpd, with the page that operations.md has. */
class PauseIT {
    private static final Path DOCUMENT = Path.of("src", "site", "markdown", "operations.md");

    @TempDir private Path directory;
    private final int port = Ports.free();
    private final int manager = Ports.free();
    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    @Test
    void clientsGetThePageUntilTheyAreLetInAgain() throws Exception {
        String balancer =
                "--balancer=http://127.0.0.1:%d/balancer-manager,membership=join"
                        .formatted(manager);
        try (Backend pool = Backend.start(directory, 2, balancer);
                Httpd ignored = httpd(pool)) {
            pool.process().await("the members in httpd", () -> status("/") == 200);
            CompletableFuture<HttpResponse<String>> begun =
                    client.sendAsync(request("/sleep?for=2s"), BodyHandlers.ofString());
            pool.process()
                    .await(
                            "a request in flight",
                            () -> pool.admin("/status.json").body().contains("\"inFlight\":1"));

            Command paused = run(pool, "pause");
            assertThat(paused.exit()).as(paused.output()).isZero();
            assertThat(paused.output()).contains("is paused, no request is in flight");
            assertThat(begun.get(1, TimeUnit.MINUTES).statusCode()).isEqualTo(200);

            HttpResponse<String> refused = get("/", "JSESSIONID=x.m1");
            assertThat(refused.statusCode()).isEqualTo(503);
            assertThat(refused.body()).contains("Back in a few minutes");
            assertThat(refused.headers().allValues("Retry-After")).containsExactly("30");
            assertThat(run(pool, "status").output()).contains("The pool is paused by an operator");
            assertThat(run(pool, "resume", "m1").output()).contains("The pool is paused");

            assertThat(run(pool, "resume").output()).contains("All 2 members serve");
            assertThat(get("/", "JSESSIONID=x.m1").statusCode()).isEqualTo(200);
        }
    }

    /** Printed, with the two lines of the document. */
    private Httpd httpd(Backend pool) throws Exception {
        List<String> conf = new ArrayList<>(Backend.command("conf", "apache", "--standalone"));
        conf.addAll(pool.settings());
        conf.addAll(
                List.of(
                        "--membership=join",
                        "--listen=" + port,
                        "--manager-port=" + manager,
                        "--dir=" + directory.resolve("httpd")));
        List<String> page =
                Files.readString(DOCUMENT)
                        .lines()
                        .map(String::strip)
                        .filter(
                                line ->
                                        line.startsWith("ErrorDocument 503 ")
                                                || line.startsWith("Header always set Retry-After"))
                        .toList();
        assertThat(page).hasSize(2);
        String text =
                Command.run(directory, conf)
                        .output()
                        .replaceFirst(
                                "</VirtualHost>",
                                java.util.regex.Matcher.quoteReplacement(
                                        String.join("\n", page) + "\n</VirtualHost>"));
        return Httpd.start(directory.resolve("httpd"), text, port);
    }

    private Command run(Backend pool, String... arguments) {
        List<String> command = new ArrayList<>(Backend.command(arguments));
        command.add("--admin-port=" + pool.adminPort());
        return Command.run(directory, command);
    }

    private HttpRequest request(String path) {
        return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path)).build();
    }

    private HttpResponse<String> get(String path, String cookie) throws Exception {
        HttpRequest request =
                HttpRequest.newBuilder(request(path), (name, value) -> true)
                        .header("Cookie", cookie)
                        .build();
        return client.send(request, BodyHandlers.ofString());
    }

    private int status(String path) {
        try {
            return get(path, "a=b").statusCode();
        } catch (Exception e) {
            return 0;
        }
    }
}
