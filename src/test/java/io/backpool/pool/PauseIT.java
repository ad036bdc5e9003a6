package io.backpool.pool;

import static org.assertj.core.api.Assertions.assertThat;

import io.backpool.testkit.Backend;
import io.backpool.testkit.Command;
import io.backpool.testkit.Httpd;
import io.backpool.testkit.Ports;
import java.io.IOException;
import java.io.UncheckedIOException;
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
import java.util.stream.Stream;
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

    /** One httpd has the members over HTTP, and over AJP as well. */
    @Test
    void withHoldTheyWaitInTheMembersAndNoneFails() throws Exception {
        String httpd = "--balancer=http://127.0.0.1:%d/balancer-manager,".formatted(manager);
        List<String> balancers =
                List.of(httpd + "name=app,protocol=http", httpd + "name=other,protocol=ajp");
        List<String> flags = new ArrayList<>(balancers);
        flags.addAll(List.of("--processes", "--access-log-file=access.log"));
        try (Backend pool = Backend.start(directory, 2, flags.toArray(String[]::new))) {
            try (Httpd ignored = httpd(pool, balancers)) {
                pool.process().await("the members in httpd", () -> pool.inRotation() == 4);
                pool.process().await("an answer", () -> status("/other/") == 200);
                var begun = client.sendAsync(request("/sleep?for=2s"), BodyHandlers.ofString());
                pool.process()
                        .await(
                                "a request in flight",
                                () -> pool.admin("/status.json").body().contains("\"inFlight\":1"));

                Command paused = run(pool, "pause", "--hold=50");
                assertThat(paused.exit()).as(paused.output()).isZero();
                assertThat(paused.output())
                        .contains("is paused, no request is in flight")
                        .contains("New requests wait, each for at most 50 s");
                assertThat(begun.get(1, TimeUnit.MINUTES).statusCode()).isEqualTo(200);

                List<CompletableFuture<HttpResponse<String>>> answers = new ArrayList<>();
                for (int i = 0; i < 20; i++) {
                    String path = i % 2 == 0 ? "/sleep?for=1ms" : "/other/";
                    answers.add(client.sendAsync(request(path), BodyHandlers.ofString()));
                }
                pool.process()
                        .await(
                                "20 that wait",
                                () ->
                                        pool.admin("/status.json")
                                                .body()
                                                .contains(
                                                        "paused by an operator: requests that wait:"
                                                                + " 20, each for at most 50 s"));
                assertThat(pool.inRotation()).isEqualTo(4);
                assertThat(status("/health/ready")).isEqualTo(200);
                for (String path : List.of("/restart", "/scale?members=1")) {
                    assertThat(pool.control(path).body()).contains("Requests wait in the members");
                }
                assertThat(answers).noneMatch(CompletableFuture::isDone);

                assertThat(run(pool, "resume").output()).contains("All 2 members serve");
                for (var answer : answers) {
                    assertThat(answer.get(1, TimeUnit.MINUTES).statusCode()).isEqualTo(200);
                }
                assertThatOneIsRefusedInTime(pool);
            }
        }
    }

    private void assertThatOneIsRefusedInTime(Backend pool) throws Exception {
        assertThat(pool.control("/pause?hold=60").body())
                .contains("hold: was 60. It must be less than limits.request-timeout, 60 s");
        assertThat(pool.control("/pause?hold=1").statusCode()).isEqualTo(202);
        pool.process()
                .await(
                        "both to hold",
                        () -> pool.admin("/status.json").body().split("\"held\":0").length == 3);
        for (String path : List.of("/", "/other/")) {
            HttpResponse<String> refused = client.send(request(path), BodyHandlers.ofString());
            assertThat(refused.statusCode()).isEqualTo(503);
            assertThat(refused.headers().allValues("Retry-After")).containsExactly("1");
        }
        assertThat(pool.inRotation()).isEqualTo(4);
        pool.process().await("a line that tells why", () -> accessLog().contains(" shed=pause\n"));
        assertThat(pool.control("/resume").statusCode()).isEqualTo(202);
        assertThat(get("/", "a=b").statusCode()).isEqualTo(200);
    }

    private String accessLog() {
        try (Stream<Path> files = Files.list(directory)) {
            var lines = new StringBuilder();
            for (Path file : files.filter(path -> path.toString().contains("access")).toList()) {
                lines.append(Files.readString(file));
            }
            return lines.toString();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Printed, with the second balancer at /other/. */
    private Httpd httpd(Backend pool, List<String> balancers) throws Exception {
        List<String> conf = Backend.command("conf", "apache", "--standalone");
        conf.addAll(pool.settings());
        conf.addAll(balancers);
        conf.add("--listen=127.0.0.1:" + port);
        String text =
                Command.run(directory, conf)
                        .output()
                        .replace("#   ProxyPass \"/PATH/", "ProxyPass \"/other/")
                        .replace("other/PATH/", "other/")
                        .replace("#   RewriteRule \"^/(PATH/.*", "RewriteRule \"^/other/(.*");
        return Httpd.start(Files.createDirectory(directory.resolve("httpd")), text, port);
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
