package io.backpool.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.backpool.testkit.Backend;
import io.backpool.testkit.Command;
import io.backpool.testkit.Ports;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.json.JsonMapper;

/** What the doctor finds where httpd reaches the members through unix sockets. */
class DoctorSocketsIT {
    @TempDir Path directory;
    private Path sockets = Path.of("");
    private Backend pool;

    @BeforeEach
    void start() throws IOException {
        mode(directory, "rwxr-xr-x");
        sockets = directory.resolve("run");
        pool = Backend.start(Files.createDirectory(directory.resolve("pool")), 1, flag());
    }

    @AfterEach
    void stop() {
        pool.close();
    }

    @Test
    void httpdMustUseTheSocketsAndMayConnect() throws IOException {
        Path conf = directory.resolve("httpd.conf");
        List<String> command = Backend.command("conf", "apache", "--standalone");
        command.addAll(pool.settings());
        command.add("--ajp-secret-file=" + directory.resolve("pool/data/ajp-secret"));
        command.add("--listen=127.0.0.1:" + Ports.free());
        command.add("--manager-port=" + Ports.free());
        Command printed = Command.run(Files.createDirectory(directory.resolve("httpd")), command);
        assertThat(printed.exit()).as(printed.output()).isZero();
        String text = printed.output();
        assertThat(text).contains("unix:" + sockets);

        Files.writeString(conf, text);
        assertThat(examine("--httpd-conf=" + conf)).containsOnly("socket-private");

        Files.writeString(conf, text.replaceAll("unix:[^|]*\\|", ""));
        assertThat(examine("--httpd-conf=" + conf)).contains("socket");

        // Any file of root's says that root started httpd, as a PidFile does.
        Files.writeString(conf, text + "\nUser #65534\nGroup #65534\nPidFile /etc/passwd\n");
        assertThat(examine("--httpd-conf=" + conf)).contains("socket-mode");
    }

    @Test
    void aDirectoryIsForHttpdAndForNoOther() throws IOException {
        assertThat(examine()).containsOnly("socket-private");
        mode(sockets, "rwxr-xrwx");
        assertThat(examine()).contains("socket-directory");
        mode(sockets, "rwxr-x---");
        assertThat(examine()).contains("socket-directory");
    }

    @Test
    void aSocketThatNoProcessHasOrThatIsNotThere() throws IOException {
        pool.process().signal("KILL");
        pool.process().awaitExit();
        assertThat(examine()).contains("socket-silent").doesNotContain("socket-missing");
        Files.delete(sockets.resolve("m1.sock"));
        assertThat(examine()).contains("socket-missing");
    }

    private String flag() {
        return "--sockets=" + sockets;
    }

    private static void mode(Path file, String permissions) throws IOException {
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(permissions));
    }

    /** The ids of what is found. */
    private List<String> examine(String... flags) {
        List<String> command = Backend.command("doctor", "--json");
        command.addAll(pool.settings());
        command.add("--ajp-secret-file=" + directory.resolve("pool/data/ajp-secret"));
        command.addAll(List.of(flags));
        List<String> ids = new ArrayList<>();
        new JsonMapper()
                .readTree(Command.run(directory, command).output())
                .path("findings")
                .forEach(finding -> ids.add(finding.path("id").asString()));
        return ids;
    }
}
