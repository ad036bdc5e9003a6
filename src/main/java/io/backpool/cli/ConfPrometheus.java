package io.backpool.cli;

import io.backpool.config.Config;
import io.backpool.proxyconf.PrometheusConf;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code conf prometheus}. */
@Command(
        name = "prometheus",
        description =
                "Print a complete prometheus.yml, and write the alerts that it names into --dir.")
final class ConfPrometheus implements Callable<Integer> {
    @Spec private CommandSpec spec;

    @Option(
            names = "--dir",
            defaultValue = "backpool-prometheus",
            description =
                    "Where backpool-alerts.yml is written, made if absent. Default:"
                            + " ./backpool-prometheus")
    private Path directory;

    @Option(
            names = "--runbooks",
            paramLabel = "URL",
            description = "Where operations.html is; each alert links to its paragraph there.")
    private @Nullable URI runbooks;

    @Option(
            names = "--grafana",
            paramLabel = "URL",
            description = "Where the boards are; each alert links to its board.")
    private @Nullable URI grafana;

    @Option(
            names = "--pool",
            paramLabel = "URL",
            description =
                    "The admin listener of a pool, as Prometheus reaches it, such as"
                            + " https://10.0.0.5:9990; repeatable: pools on several hosts with"
                            + " members in one balancer. Default: the pool of the settings.")
    private List<URI> pools = List.of();

    @Option(
            names = "--cacert",
            paramLabel = "FILE",
            description =
                    "With admin.tls: where Prometheus has the certificates to trust, PEM. Default:"
                            + " admin.tls.certificate for the pool of the settings, else its"
                            + " system's.")
    private @Nullable Path cacert;

    @Override
    public Integer call() {
        absolute("--runbooks", runbooks);
        absolute("--grafana", grafana);
        Config config = ConfigOptions.read(spec);
        Conf.make(directory, spec);
        Path rules = directory.resolve("backpool-alerts.yml");
        try {
            Files.writeString(rules, PrometheusConf.rules(runbooks, grafana));
        } catch (IOException e) {
            throw new CommandFailed(ExitCode.UNAVAILABLE, rules + " cannot be written: " + e);
        }
        List<URI> others = pools.stream().map(url -> Pools.base(url, spec)).toList();
        Conf.print(PrometheusConf.render(config, rules, others, cacert), spec);
        return ExitCode.OK;
    }

    private void absolute(String option, @Nullable URI url) {
        if (url != null && (url.getHost() == null || url.getRawQuery() != null)) {
            throw new ParameterException(
                    spec.commandLine(), option + ": must be http://HOST[:PORT][/PATH] or https://");
        }
    }
}
