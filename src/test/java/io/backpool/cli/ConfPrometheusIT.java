package io.backpool.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.backpool.testkit.Backend;
import io.backpool.testkit.Command;
import io.backpool.testkit.Prometheus;
import io.backpool.testkit.ServerProcess;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The printed prometheus.yml, as Prometheus reads it. */
class ConfPrometheusIT {
    @TempDir java.nio.file.Path directory;

    @Test
    void prometheusStartsWithItAsItIsAndScrapesEveryProcess() {
        try (Backend pool = Backend.start(directory, 2, "--processes")) {
            List<String> conf = Backend.command("conf", "prometheus", "--processes");
            conf.addAll(pool.settings());
            Command printed = Command.run(directory, conf);
            assertThat(printed.exit()).as(printed.output()).isEqualTo(ExitCode.OK);

            try (Prometheus prometheus = Prometheus.start(directory, printed.output())) {
                Command check =
                        Command.run(
                                directory,
                                List.of(
                                        ServerProcess.program("promtool"),
                                        "check",
                                        "config",
                                        "prometheus.yml"));
                assertThat(check.exit()).as(check.output()).isZero();
                assertThat(check.output()).contains("backpool-alerts.yml");
                assertThat(prometheus.alerts()).contains("BackpoolUnreachable");
                await().atMost(Duration.ofSeconds(60))
                        .untilAsserted(
                                () ->
                                        assertThat(prometheus.healthyTargets())
                                                .containsExactlyInAnyOrder(
                                                        "127.0.0.1:" + pool.adminPort(),
                                                        "127.0.0.1:" + (pool.adminPort() + 1),
                                                        "127.0.0.1:" + (pool.adminPort() + 2)));
            }
        }
    }
}
