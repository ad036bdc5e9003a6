package io.backpool.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.backpool.testkit.Backend;
import io.backpool.testkit.Command;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is in the package; {@code bin/package check} installs, upgrades and purges it. */
class PackageIT {
    @TempDir Path directory;

    @Test
    void thePackageHasTheJarAndWhatTheJarPrintsForIt() throws IOException {
        Command made = run("bin/package", "0.1.0+test");
        assertThat(made).isEqualTo(new Command(0, "target/backpool_0.1.0+test_all.deb\n"));
        Path deb = Path.of(made.output().strip());
        run("dpkg-deb", "--raw-extract", deb.toString(), directory.toString());
        Files.delete(deb);

        assertThat(files())
                .contains(
                        "DEBIAN/conffiles",
                        "DEBIAN/control",
                        "DEBIAN/postinst",
                        "DEBIAN/postrm",
                        "DEBIAN/prerm",
                        "etc/apache2/conf-available/backpool.conf",
                        "etc/backpool/backend.yaml",
                        "usr/bin/backpool",
                        "usr/lib/systemd/system/backpool.service",
                        "usr/share/backpool/backend.jar");
        assertThat(Files.mismatch(in("usr/share/backpool/backend.jar"), Backend.jar()))
                .isEqualTo(-1);
        assertThat(in("etc/apache2/conf-available/backpool.conf"))
                .hasContent(printed("conf", "apache", "--listen=8080"));
        assertThat(in("usr/lib/systemd/system/backpool.service"))
                .content()
                .contains("ExecStart=/usr/bin/java ", "-jar /usr/share/backpool/backend.jar serve")
                .contains("backend.jar restart --config=/etc/backpool/backend.yaml")
                .contains("ProtectHome=yes")
                .doesNotContain("/tmp/");
        for (String text : List.of("DEBIAN/control", "usr/share/doc/backpool/README.Debian")) {
            assertThat(in(text)).content().doesNotContain("@version", "@maintainer", "@modules");
        }
    }

    /** With the settings of the package. */
    private String printed(String... command) {
        List<String> all = new ArrayList<>(Backend.command(command));
        all.add("--config=" + in("etc/backpool/backend.yaml"));
        return Command.run(directory, all).output();
    }

    private Path in(String file) {
        return directory.resolve(file);
    }

    private List<String> files() throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            return files.map(file -> directory.relativize(file).toString()).toList();
        }
    }

    private static Command run(String... command) {
        return Command.run(Path.of("").toAbsolutePath(), List.of(command));
    }
}
