package io.backpool.app;

import static org.assertj.core.api.Assertions.assertThat;

import io.backpool.testkit.AppJar;
import io.backpool.testkit.Backend;
import io.backpool.testkit.Command;
import io.backpool.testkit.Ports;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A developer's jar in the real pool, well behaved and not. */
class ApplicationIT {
    @TempDir Path directory;

    @Test
    void theReadmesExampleServesAsItStands() throws IOException {
        Matcher example =
                Pattern.compile("(?s)```java\n(.*?)```")
                        .matcher(Files.readString(Path.of("README.md")));
        assertThat(example.find()).isTrue();
        Path jar =
                AppJar.make(directory, "shop.jar", List.of("com.example.Shop"), example.group(1));

        try (Backend backend = Backend.start(directory, 2, "--app-jar=" + jar)) {
            assertThat(backend.get(1, "/").body()).isEqualTo("Welcome");
            assertThat(backend.get(2, "/report").body()).isEqualTo("Report");
            assertThat(backend.get(1, "/health/ready").statusCode()).isEqualTo(200);
        }
    }

    @Test
    void theExamplesServeAsTheyStand() throws IOException {
        Files.writeString(Files.createDirectory(directory.resolve("public")).resolve("a.txt"), "a");
        try (Backend site = Backend.start(directory, 1, "--app-jar=" + example("Site"))) {
            assertThat(site.get(1, "/hello").body()).isEqualTo("Hello");
            assertThat(site.get(1, "/a.txt").body()).isEqualTo("a");
            assertThat(site.get(1, "/b.txt").statusCode()).isEqualTo(404);
        }
        try (Backend orders = Backend.start(directory, 1, "--app-jar=" + example("Orders"))) {
            HttpResponse<String> added =
                    orders.post(1, "/orders", "{\"item\":\"tea\",\"count\":2}");
            assertThat(added.statusCode()).isEqualTo(201);
            assertThat(added.body()).isEqualTo("{\"id\":1,\"item\":\"tea\",\"count\":2}");
            assertThat(orders.get(1, "/orders/1").body()).isEqualTo(added.body());
            assertThat(orders.get(1, "/orders?limit=1").body()).isEqualTo("[" + added.body() + "]");
            assertThat(orders.get(1, "/orders/2").statusCode()).isEqualTo(404);

            assertThat(orders.get(1, "/orders/x").body()).contains("id: was 'x', must be");
            assertThat(orders.get(1, "/orders?limit=0").body()).contains("limit: was '0', must be");
            for (String body : List.of("", "null", "[]", "{\"count\":\"many\"}", "{}")) {
                HttpResponse<String> bad = orders.post(1, "/orders", body);
                assertThat(bad.statusCode()).as(body).isEqualTo(400);
                assertThat(bad.body()).contains("\"requestId\"").doesNotContain("com.example");
            }
            assertThat(orders.post(1, "/orders", " ".repeat(10_001)).body())
                    .contains("body: was 'longer', must be at most 10000 bytes");
            assertThat(orders.process().log()).doesNotContain("ERROR", "Exception");
            assertThat(orders.admin("/metrics").body())
                    .contains("orders_added_total{member=\"all\"} 1.0");
        }
    }

    private Path example(String name) throws IOException {
        String source =
                Files.readString(Path.of("src/examples/applications").resolve(name + ".java"));
        return AppJar.make(directory, name + ".jar", List.of("com.example." + name), source);
    }

    @Test
    void oneWithOldLibrariesBesideItFindsThemWhereverItIsCalled() throws IOException {
        Path libraries = Files.createDirectory(directory.resolve("lib"));
        List<Path> copies = new ArrayList<>();
        try (var files = Files.list(Path.of("target", "old-libraries"))) {
            for (Path file : files.toList()) {
                copies.add(Files.copy(file, libraries.resolve(file.getFileName())));
            }
        }
        Path jar =
                AppJar.make(
                        directory,
                        "old.jar",
                        List.of("demo.Old"),
                        copies,
                        """
                        package demo;

                        import com.fasterxml.jackson.databind.ObjectMapper;
                        import io.undertow.server.HttpServerExchange;
                        import org.slf4j.LoggerFactory;

                        public final class Old implements io.backpool.app.Application {
                            @Override
                            public io.undertow.server.HttpHandler start(
                                    io.backpool.app.Services services) {
                                LoggerFactory.getLogger(Old.class).warn("an old log");
                                return io.undertow.Handlers.path()
                                        .addExactPath("/event-loop", Old::answer)
                                        .addExactPath("/blocking", services.blocking(Old::answer))
                                        .addExactPath(
                                                "/cached",
                                                services.blocking(
                                                        exchange ->
                                                                services.cache()
                                                                        .get(
                                                                                "key",
                                                                                java.time.Duration.ZERO,
                                                                                () -> {
                                                                                    answer(exchange);
                                                                                    return null;
                                                                                })))
                                        .addExactPath(
                                                "/dispatched",
                                                exchange -> exchange.dispatch(Old::answer));
                            }

                            private static void answer(HttpServerExchange exchange)
                                    throws Exception {
                                ClassLoader loader = Thread.currentThread().getContextClassLoader();
                                Object mapper =
                                        loader.loadClass(ObjectMapper.class.getName())
                                                .getConstructor()
                                                .newInstance();
                                exchange.getResponseSender()
                                        .send(
                                                "Jackson "
                                                        + ((ObjectMapper) mapper).version()
                                                        + ", "
                                                        + (loader == Old.class.getClassLoader()));
                            }
                        }
                        """);
        try (Backend backend = Backend.start(directory, 1, "--app-jar=" + jar)) {
            for (String path : List.of("/event-loop", "/blocking", "/dispatched", "/cached")) {
                assertThat(backend.get(1, path).body()).isEqualTo("Jackson 2.9.10, true");
            }
            assertThat(backend.process().log()).contains("WARN demo.Old - an old log");
        }
    }

    @Test
    void itsOwnSettingsReachMembersAndAMistakeStopsCheckAndRestart() throws IOException {
        Path jar =
                AppJar.make(
                        directory,
                        "app.jar",
                        List.of("demo.App"),
                        """
                        package demo;

                        public final class App implements io.backpool.app.Application {
                            public record Shop(String greeting, String password) {}

                            @Override
                            public Class<?> configType() {
                                return Shop.class;
                            }

                            @Override
                            public io.undertow.server.HttpHandler start(
                                    io.backpool.app.Services services) {
                                Shop shop = services.config(Shop.class);
                                return exchange ->
                                        exchange.getResponseSender().send(shop.greeting());
                            }
                        }
                        """);
        Path settings = directory.resolve("backend.yaml");
        Files.writeString(settings, "app:\n  config: {greeting: Hello, password: hunter2}\n");
        try (Backend backend = Backend.start(directory, 2, "--processes", "--app-jar=" + jar)) {
            assertThat(backend.get(2, "/").body()).isEqualTo("Hello");
            assertThat(backend.process().log()).doesNotContain("hunter2");

            Files.writeString(settings, "app:\n  config: {greetin: Hi, password: hunter2}\n");
            String mistake =
                    "backend.yaml:2: app.config.greetin: no such setting, did you mean greeting?";
            Command check = Command.run(directory, check(backend, jar));
            assertThat(check.exit()).isEqualTo(78);
            assertThat(check.output().strip()).isEqualTo(mistake);
            Command restart = Command.run(directory, restart(backend));
            assertThat(restart.exit()).isNotZero();
            assertThat(restart.output()).contains(mistake).doesNotContain("hunter2");
            assertThat(backend.get(1, "/").body()).isEqualTo("Hello");

            Files.writeString(settings, "app:\n  config: {greeting: Hi}\n");
            restart = Command.run(directory, restart(backend));
            assertThat(restart.exit()).as(restart.output()).isZero();
            assertThat(backend.get(1, "/").body()).isEqualTo("Hi");
        }
    }

    private static List<String> check(Backend backend, Path jar) {
        List<String> command = Backend.command("check", "--app-jar=" + jar);
        command.addAll(backend.settings());
        return command;
    }

    private static List<String> restart(Backend backend) {
        return Backend.command("restart", "--admin-port=" + backend.adminPort());
    }

    @Test
    void oneThatThrowsAtStartEndsTheCommandWithItsReason() throws IOException {
        Path jar = jar("throw new IllegalStateException(\"no database\");", "");

        Command serve =
                Command.run(
                        directory,
                        Backend.command(
                                "--app-jar=" + jar,
                                "--http-port=" + Ports.free(2),
                                "--ajp-port=0",
                                "--admin-port=" + Ports.free()));

        assertThat(serve.exit()).isEqualTo(70);
        assertThat(serve.output()).contains("no database");
    }

    @Test
    void oneThatThrowsAtARequestCostsThatRequestOnly() throws IOException {
        Path jar =
                jar(
                        """
                        return exchange -> {
                            if (exchange.getRequestPath().equals("/bad")) {
                                throw new IllegalStateException("secret detail");
                            }
                            exchange.getResponseSender().send("fine");
                        };
                        """,
                        "");
        try (Backend backend = Backend.start(directory, 1, "--app-jar=" + jar)) {
            HttpResponse<String> bad = backend.get(1, "/bad");

            assertThat(bad.statusCode()).isEqualTo(500);
            assertThat(bad.headers().firstValue("Content-Type"))
                    .hasValue("application/problem+json");
            assertThat(bad.body()).contains("requestId").doesNotContain("secret", "Exception");
            assertThat(backend.get(1, "/good").body()).isEqualTo("fine");
            assertThat(backend.process().log()).contains("secret detail");
        }
    }

    @Test
    void oneThatThrowsAtCloseIsToldAndThePoolStillEnds() throws IOException {
        Path jar = jar("return exchange -> {};", "throw new Exception(\"stuck\");");
        try (Backend backend = Backend.start(directory, 1, "--app-jar=" + jar)) {
            backend.process().signal("TERM");

            assertThat(backend.process().awaitExit()).isEqualTo(143);
            assertThat(backend.process().log()).contains("stopped, but not cleanly", "stuck");
        }
    }

    @Test
    void oneThatNeverClosesDoesNotKeepThePoolFromEnding() throws IOException {
        Path jar =
                jar("return exchange -> {};", "new java.util.concurrent.Semaphore(0).acquire();");
        for (List<String> flags : List.of(List.<String>of(), List.of("--processes"))) {
            List<String> all = new java.util.ArrayList<>(flags);
            all.addAll(List.of("--app-jar=" + jar, "--drain-timeout=1s"));
            try (Backend backend = Backend.start(directory, 1, all.toArray(String[]::new))) {
                backend.process().signal("TERM");

                assertThat(backend.process().awaitExit()).isEqualTo(143);
                assertThat(backend.process().log())
                        .contains("close() took longer than pool.drain-timeout, 1 s")
                        .contains("demo.App.close(");
            }
        }
    }

    private Path jar(String start, String close) throws IOException {
        return AppJar.make(
                directory,
                "app.jar",
                List.of("demo.App"),
                """
                package demo;

                public final class App implements io.backpool.app.Application {
                    @Override
                    public io.undertow.server.HttpHandler start(io.backpool.app.Services services) {
                        %s
                    }

                    @Override
                    public void close() throws Exception {
                        %s
                    }
                }
                """
                        .formatted(start, close));
    }
}
