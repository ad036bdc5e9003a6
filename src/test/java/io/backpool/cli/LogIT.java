package io.backpool.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.backpool.testkit.AppJar;
import io.backpool.testkit.Backend;
import io.backpool.testkit.ServerProcess;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The application log of a pool whose application uses java.util.logging, and throws. */
class LogIT {
    private static final String APPLICATION =
            """
            import java.util.logging.Level;
            import java.util.logging.Logger;
            public final class Loud implements io.backpool.app.Application {
                @Override
                public io.undertow.server.HttpHandler start(io.backpool.app.Services services)
                        throws Exception {
                    Logger.getLogger("shop").log(Level.WARNING, "by {0}", "JUL");
                    while (!java.nio.file.Files.exists(java.nio.file.Path.of("go"))) {
                        Thread.sleep(20);
                    }
                    return exchange -> {
                        throw new IllegalStateException("two\\nlines");
                    };
                }
            }
            """;

    @TempDir Path directory;

    @Test
    void forPeople() throws IOException {
        go();
        try (Backend pool = Backend.start(directory, 1, application())) {
            String id = requestId(pool.get(1, "/me"));
            pool.process().awaitLog("two\nlines");
            assertThat(pool.process().log().lines())
                    .anyMatch(line -> line.matches("\\S+[+Z]\\S* WARN  by JUL"))
                    .anyMatch(
                            line -> line.matches("\\S+ ERROR UT\\d+: .* \\(request " + id + "\\)"))
                    .anyMatch("java.lang.IllegalStateException: two"::equals)
                    .anyMatch(line -> line.matches("\\S+ INFO  m1 - serving .*"));
        }
    }

    @Test
    void jsonIsOneObjectAnEventInEcsNamesThroughTheSupervisorToo() throws IOException {
        go();
        try (Backend pool =
                Backend.start(
                        directory,
                        1,
                        application(),
                        "--processes",
                        "--log-format=json",
                        "--access-log-format=json")) {
            String id = requestId(pool.get(1, "/me"));
            pool.process().awaitLog("\"url.original\":\"/me\"");
            pool.process().awaitLog("\\nlines");
            pool.process().signal("TERM");
            pool.process().awaitExit();
            List<JsonNode> events =
                    pool.process().log().lines().map(new JsonMapper()::readTree).toList();
            assertThat(events)
                    .allMatch(event -> event.has("@timestamp") && event.has("ecs.version"));
            assertThat(events)
                    .anyMatch(it -> says(it, "WARN", "shop", "by JUL"))
                    .anyMatch(it -> says(it, "INFO", "io.backpool.cli.Serve", "stopped"));
            JsonNode failure =
                    events.stream().filter(it -> it.has("error.type")).findFirst().orElseThrow();
            assertThat(failure.path("error.type").asString())
                    .isEqualTo("java.lang.IllegalStateException");
            assertThat(failure.path("message").asString()).startsWith("UT").contains(id);
            assertThat(failure.path("error.stack_trace").asString()).contains("Loud.java");
            assertThat(failure.path("service.node.name").asString()).isEqualTo("m1");
        }
    }

    /** The JVM itself would end at it; a pool that begins to log later must open the new file. */
    @Test
    void usr1WhileThePoolStartsIsObeyedWhenThereIsALog() throws IOException {
        try (Backend pool = Backend.begin(directory, 1, application())) {
            pool.process().awaitLog("by JUL");
            assertThat(catchesUsr1(pool.process())).isTrue();
            pool.process().signal("USR1");
            go();
            pool.awaitReady().process().awaitLog("the access log was opened again");
        }
    }

    private static boolean catchesUsr1(ServerProcess process) throws IOException {
        try (Stream<String> status = Files.lines(Path.of("/proc/" + process.pid() + "/status"))) {
            String caught = status.filter(it -> it.startsWith("SigCgt:")).findFirst().orElseThrow();
            return (Long.parseUnsignedLong(caught.split("\\s+")[1], 16) >> 9 & 1) == 1;
        }
    }

    private static boolean says(JsonNode event, String level, String logger, String message) {
        return event.path("log.level").asString("").equals(level)
                && event.path("log.logger").asString("").equals(logger)
                && event.path("message").asString("").equals(message);
    }

    private static String requestId(HttpResponse<?> answer) {
        return answer.headers().firstValue("X-Request-ID").orElseThrow();
    }

    private void go() throws IOException {
        Files.writeString(directory.resolve("go"), "");
    }

    private String application() throws IOException {
        return "--app-jar=" + AppJar.make(directory, "loud.jar", List.of("Loud"), APPLICATION);
    }
}
