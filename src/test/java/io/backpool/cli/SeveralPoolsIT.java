package io.backpool.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.backpool.testkit.Backend;
import io.backpool.testkit.Command;
import io.backpool.testkit.Ports;
import io.backpool.testkit.Wire;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The commands that take {@code --pool}, on two pools and one that is away. */
class SeveralPoolsIT {
    private static final String AWAY = "127.0.0.1:" + Ports.free();

    @TempDir static Path directory;
    private static Backend a;
    private static Backend b;

    @BeforeAll
    static void start() throws IOException {
        a = Backend.start(Files.createDirectory(directory.resolve("a")), 2, "--route-prefix=a");
        b = Backend.start(Files.createDirectory(directory.resolve("b")), 2, "--route-prefix=b");
    }

    @AfterAll
    static void stop() {
        a.close();
        b.close();
    }

    @Test
    void statusShowsEachAndSaysWhichIsAway() throws IOException {
        Path file = Files.writeString(directory.resolve("pools"), pool(a) + "\n" + pool(b) + "\n");
        Command both = run("status", "@" + file);
        assertThat(both.exit()).as(both.output()).isZero();
        assertThat(both.output()).containsSubsequence(name(a), "a1 ", name(b), "b1 ");

        Command away = run("status", "--pool=http://" + AWAY, pool(b));
        assertThat(away.exit()).isEqualTo(69);
        assertThat(away.output())
                .containsSubsequence(AWAY, "No pool answers on http://" + AWAY, name(b), "b1 ");
        assertThat(run("status", "--json", "--pool=http://" + AWAY, pool(b)).output())
                .contains("\"" + AWAY + "\" : null")
                .contains("\"route\" : \"b1\"");
    }

    /** As by {@code ssh -L}: the pool sees another port in Host than its own. */
    @Test
    void aTunnelLeadsToAPool() throws Exception {
        try (Wire tunnel = Wire.to(b.adminPort())) {
            String pool = "--pool=http://127.0.0.1:" + tunnel.port();
            assertThat(run("status", pool).output()).contains("b1 ");
            assertThat(run("resume", "b1", pool).output()).contains("b1 is serving");
        }
    }

    @Test
    void aMemberIsFoundByItsRoute() {
        assertThat(run("drain", "b1", "--force", pool(a), pool(b)).output())
                .contains("b1 is draining");
        assertThat(run("status", pool(a)).output()).contains("a1       serving");
        assertThat(run("status", pool(b)).output()).contains("b1       draining");
        assertThat(run("resume", "b1", pool(a), pool(b)).output()).contains("b1 is serving");

        Command none = run("drain", "c1", pool(a), pool(b));
        assertThat(none.exit()).isEqualTo(1);
        assertThat(none.output()).isEqualTo("No pool has a member c1\n");
        assertThat(run("drain", "a1", pool(a), pool(a)).output())
                .isEqualTo(
                        "a1 is a member of %s and of %s: name one of them with --pool\n"
                                .formatted(name(a), name(a)));
    }

    @Test
    void theQueueIsThatOfOnePool() {
        Command one = run("queue", "list", pool(b));
        assertThat(one.exit()).as(one.output()).isZero();
        assertThat(one.output()).startsWith("ID ");
        assertThat(run("queue", "drop", "none", pool(b)).output()).contains("No dead message");
        Command both = run("queue", "retry", "--all", pool(a), pool(b));
        assertThat(both.exit()).isEqualTo(2);
        assertThat(both.output()).contains("--pool: name one pool here");
    }

    @Test
    void aChangeGoesFromPoolToPoolAndStopsAtTheFirstThatFails() {
        Command scaled = run("scale", "1", pool(a), pool(b));
        assertThat(scaled.exit()).as(scaled.output()).isZero();
        assertThat(scaled.output())
                .containsSubsequence(name(a) + "  a2 - stopped", name(b) + "  b2 - stopped");

        Command stopped = run("scale", "2", "--pool=http://" + AWAY, pool(a), pool(b));
        assertThat(stopped.exit()).isEqualTo(69);
        assertThat(stopped.output())
                .contains(AWAY + ": No pool answers")
                .endsWith("Not begun: %s, %s\n".formatted(name(a), name(b)));
        assertThat(run("status", pool(a), pool(b)).output()).doesNotContain("a2 ", "b2 ");
    }

    @Test
    void theTokenGoesToNoOtherHostInClearText() throws IOException {
        Path token = Files.writeString(directory.resolve("token"), "correct-horse-battery");
        Files.setPosixFilePermissions(token, PosixFilePermissions.fromString("rw-------"));
        Command refused =
                run("restart", "--pool=http://192.0.2.1:9990", "--admin-token-file=" + token);
        assertThat(refused.exit()).isEqualTo(1);
        assertThat(refused.output())
                .contains("the token would go in clear text")
                .contains("ssh -L 9991:127.0.0.1:9990 192.0.2.1");

        assertThat(run("status", "--pool=http://user:secret@host1:9990").output())
                .contains("--pool: must be http://HOST:PORT")
                .doesNotContain("secret");
        assertThat(run("status", "--pool=host1:9990").exit()).isEqualTo(2);
    }

    private static String pool(Backend backend) {
        return "--pool=http://" + name(backend);
    }

    private static String name(Backend backend) {
        return "127.0.0.1:" + backend.adminPort();
    }

    private static Command run(String... arguments) {
        List<String> command = Backend.command(arguments);
        return Command.run(directory, command);
    }
}
