package io.backpool.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.backpool.testkit.Backend;
import io.backpool.testkit.Command;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ConfIT {
    @TempDir Path directory;

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "conf | Missing required subcommand",
                "conf lighttpd | Unmatched argument",
                "conf apache --protocol spdy | expected one of",
                "conf apache --listen nowhere | such as 127.0.0.1:8080",
                "conf apache --manager-port 70000 | must be 0 (none) to 65535",
                "conf apache --manager-port 8080 | must be different ports",
                "conf apache --standalone --clients 0 | must be 1 to 10000",
                "conf apache --clients 32 | only with --standalone",
                "conf apache --protocol ajp --ajp-port 0 | pool.ajp-port is 0",
                "conf apache --protocol ajp --membership join | say --membership static",
                "conf apache --membership maybe | expected one of",
                "conf apache --balancer https://127.0.0.1/bm | say --manager-port 0",
                "conf apache --balancer http://10.0.0.1:9980/bm | say --manager-port 0",
                "conf apache --balancer http://127.0.0.1:8080/bm | must be different ports",
                "conf apache --listen 8082 | member m2 listens on port 8082",
                "conf apache --manager-port 8009 | member m1 listens on port 8009",
                "conf apache --standalone --dir /dev/null/x | cannot be made",
                "conf apache --manager-listen 10.0.0.1:9980 | needs --manager-allow",
                "conf apache --manager-allow 10.0.0.0/24 | needs --manager-listen",
                "conf apache --manager-listen 9980 --manager-allow 10.0.0.0/24 | one address of"
                        + " this host",
                "conf apache --manager-listen 10.0.0.1:9980 --manager-allow here | must be a"
                        + " network",
                "conf apache --host 10.0.0.5,10.0.0.5 | is there twice",
                "conf apache --host 10.0.0.5=a,10.0.0.6=a | is there twice",
                "conf apache --host 10.0.0.256 | must be ADDRESS or ADDRESS=PREFIX",
                "conf nginx --protocol ajp | Unknown option",
                "conf prometheus --dir /dev/null/x | cannot be made",
            })
    void aWrongCommandLineIsRefused(String line, String because) {
        Command answer = run(line);

        assertThat(answer.output()).contains(because).doesNotContain("Exception:");
        assertThat(answer.exit()).isEqualTo(ExitCode.USAGE);
    }

    @Test
    void aMistakeInASettingIsOne() {
        assertThat(run("conf apache --members 0").exit()).isEqualTo(ExitCode.CONFIG);
    }

    @Test
    void printsTheSettingsOfTheFile() throws Exception {
        Files.writeString(directory.resolve("backend.yaml"), "pool: {name: shop, members: 3}");

        assertThat(run("conf apache").output()).contains("balancer://shop", "route=m3");
        assertThat(directory.resolve("backpool-httpd")).doesNotExist();
        assertThat(run("conf apache --standalone").exit()).isEqualTo(ExitCode.OK);
        assertThat(directory.resolve("backpool-httpd")).isDirectory();
    }

    @Test
    void aFileIsWrittenWholeAfterHttpdHasTakenIt() throws Exception {
        Path file = directory.resolve("httpd.conf");
        Command done = run("conf apache --standalone --name shop --output httpd.conf");

        assertThat(done.exit()).as(done.output()).isEqualTo(ExitCode.OK);
        assertThat(done.output())
                .contains("httpd.conf written (httpd -t takes it)")
                .contains(
                        "--balancer"
                            + " http://127.0.0.1:9980/balancer-manager,name=shop,protocol=http,membership=static");
        assertThat(Files.readString(file)).contains("balancer://shop");
        Files.writeString(file, "as it was");
        assertThat(run("conf apache --listen 70000 --output httpd.conf").exit())
                .isEqualTo(ExitCode.USAGE);
        assertThat(run("conf apache --output missing/httpd.conf").exit())
                .isEqualTo(ExitCode.UNAVAILABLE);
        assertThat(Files.readString(file)).isEqualTo("as it was");
        try (var files = Files.list(directory)) {
            assertThat(files.map(it -> it.getFileName().toString()))
                    .noneMatch(name -> name.endsWith(".new"));
        }
    }

    @Test
    void theExampleOfAllSettingsIsValid() throws Exception {
        Files.writeString(directory.resolve("all.yaml"), run("conf yaml").output());

        assertThat(run("check --config all.yaml").exit()).isEqualTo(ExitCode.OK);
    }

    private Command run(String line) {
        return Command.run(directory, Backend.command(line.split(" ")));
    }
}
