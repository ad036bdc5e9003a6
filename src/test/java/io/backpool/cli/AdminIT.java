package io.backpool.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.backpool.testkit.Backend;
import io.backpool.testkit.Command;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Who may change a running pool through its admin listener. */
class AdminIT {
    private static final String TOKEN = "correct-horse-battery-staple";

    @TempDir Path directory;

    @Test
    void aChangeNeedsTheHeaderTheHostAndTheToken() throws IOException {
        String file = "--admin-token-file=" + tokenFile("rw-------");
        try (Backend backend = Backend.start(directory, 1, file)) {
            String url = "http://127.0.0.1:%d/scale?members=1".formatted(backend.adminPort());
            String bearer = "Authorization: Bearer " + TOKEN;

            assertThat(post(url, bearer)).isEqualTo("403");
            assertThat(post(url, "X-Backpool: 1", bearer, "Host: evil.example")).isEqualTo("421");
            assertThat(post(url, "X-Backpool: 1")).isEqualTo("401");
            assertThat(post(url, "X-Backpool: 1", bearer + "x")).isEqualTo("401");
            assertThat(post(url, "X-Backpool: 1", bearer)).isEqualTo("202");
            assertThat(backend.status("/status.json")).isEqualTo(200);
            assertThat(backend.process().log()).doesNotContain(TOKEN);
        }
    }

    @Test
    void theCommandsSendTheToken() throws IOException {
        String file = "--admin-token-file=" + tokenFile("rw-------");
        try (Backend backend = Backend.start(directory, 2, file)) {
            List<String> drain = Backend.command("drain", "m1");
            drain.addAll(backend.settings());
            List<String> status = Backend.command("status", "--admin-token-file=gone");
            status.addAll(backend.settings());
            assertThat(Command.run(directory, status).exit()).isEqualTo(0);
            assertThat(Command.run(directory, drain).output()).contains("admin.token-file");
            drain.add(file);
            assertThat(Command.run(directory, drain).output()).contains("m1 is draining");
        }
    }

    @Test
    void beyondLoopbackATokenIsNeededAndNobodyElseMayReadIt() throws IOException {
        assertThat(check("--admin-bind=0.0.0.0").exit()).isEqualTo(78);
        assertThat(check("--admin-token-file=" + tokenFile("rw-r--r--")).exit()).isEqualTo(78);
        Command elsewhere =
                Command.run(
                        directory,
                        Backend.command("status", "--admin-bind=0.0.0.0", "--admin-port=1"));
        assertThat(elsewhere.output()).contains("No pool answers on http://127.0.0.1:1/");
    }

    private Command check(String... flags) {
        List<String> command = Backend.command("check");
        command.addAll(List.of(flags));
        return Command.run(directory, command);
    }

    private Path tokenFile(String permissions) throws IOException {
        Path file = Files.writeString(directory.resolve("token"), TOKEN + "\n");
        return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(permissions));
    }

    /** The status of a POST; curl, since Java's client lets nobody choose the Host. */
    private String post(String url, String... headers) {
        List<String> command =
                new java.util.ArrayList<>(
                        List.of("curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "-XPOST"));
        for (String header : headers) {
            command.addAll(List.of("-H", header));
        }
        command.add(url);
        return Command.run(directory, command).output();
    }
}
