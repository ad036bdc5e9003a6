package io.backpool.cli;

import static java.util.stream.Collectors.joining;

import io.backpool.config.Config;
import io.backpool.config.PoolConfig;
import io.backpool.config.ProgramConfig;
import io.backpool.doctor.Catalogue;
import io.backpool.doctor.Diagnosis;
import io.backpool.doctor.DoctorException;
import io.backpool.doctor.Examination;
import io.backpool.doctor.Explanation;
import io.backpool.doctor.Finding;
import io.backpool.doctor.Trusted;
import io.backpool.program.HealthCheck;
import java.io.PrintWriter;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.IntFunction;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** {@code doctor}: names what does not fit between the pool and httpd, and the remedy. */
@Command(
        name = "doctor",
        description = {
            "Name each mismatch between the pool and httpd, and its remedy. Changes nothing; a"
                    + " running pool shows the result on its status page.",
            "Run it on httpd's host, in the pool's directory, with the pool's settings."
        },
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:healthy, as far as it looked",
            "1:something was found",
            "2:it could not look: wrong usage, or a file or httpd's binary can't be used",
            "78:configuration invalid"
        })
final class Doctor implements Callable<Integer> {
    @Spec private CommandSpec spec;

    @Option(
            names = "--httpd-conf",
            paramLabel = "FILE",
            description =
                    "httpd's main configuration file, such as /etc/apache2/apache2.conf or"
                            + " /etc/httpd/conf/httpd.conf, or the folder of an instance, such as"
                            + " /etc/apache2-shop (httpd's -d); repeatable. httpd's own binary is"
                            + " asked what it means.")
    private List<Path> httpdConfs = new ArrayList<>();

    @Option(
            names = "--url",
            paramLabel = "URL",
            description = "Where clients reach the application through httpd.")
    private @Nullable URI url;

    @Option(
            names = "--error-log",
            paramLabel = "FILE",
            description = "httpd's error log: its AH codes that have to do with members.")
    private @Nullable Path errorLog;

    @Option(
            names = "--since",
            paramLabel = "TIME",
            defaultValue = "10m",
            description = "How far back to read --error-log, such as 30s, 10m, 24h. Default: 10m")
    private String since = "10m";

    @Mixin private Pools pools = new Pools();

    @Option(names = "--insecure", description = "Trust any certificate at --url.")
    private boolean insecure;

    @Option(names = "--json", description = "Print JSON instead of text.")
    private boolean json;

    @Option(
            names = "--explain",
            paramLabel = "ID",
            split = ",",
            description =
                    "Only say what findings mean: their ids, as printed, such as ttl,AH00957.")
    private List<String> explain = new ArrayList<>();

    @Override
    public Integer call() {
        if (!explain.isEmpty()) {
            explain.forEach(this::explain);
            return ExitCode.OK;
        }
        URI client = url;
        if (client != null && !isUsable(client)) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--url: must be http://HOST[:PORT][/PATH] or https://..., without a user");
        }
        Config config = ConfigOptions.read(spec);
        return pools.areNamed() ? callEach(config, client) : callOwn(config, client);
    }

    private int callOwn(Config config, @Nullable URI client) {
        Diagnosis diagnosis;
        try {
            diagnosis = examine(config, client);
        } catch (DoctorException e) {
            spec.commandLine().getErr().println(e.getMessage());
            return ExitCode.NOT_LOOKED;
        }
        if (json) {
            printJson(diagnosis);
        } else {
            DoctorText.print(diagnosis, spec.commandLine().getOut());
        }
        return exitCode(diagnosis);
    }

    /** One after the other; the worst of their exit codes. */
    private int callEach(Config config, @Nullable URI client) {
        int worst = ExitCode.OK;
        PrintWriter out = spec.commandLine().getOut();
        Map<String, @Nullable Diagnosis> all = new LinkedHashMap<>();
        boolean first = true;
        for (AdminClient pool : pools.all()) {
            if (!json) {
                out.println(pool.name());
            }
            try {
                // What has nothing to do with one pool or the other is looked at once.
                Diagnosis diagnosis = examine(pool, config, client, first);
                first = false;
                all.put(pool.name(), diagnosis);
                worst = Math.max(worst, exitCode(diagnosis));
                if (!json) {
                    DoctorText.print(diagnosis, out);
                }
            } catch (DoctorException | CommandFailed e) {
                all.put(pool.name(), null);
                worst = ExitCode.NOT_LOOKED;
                spec.commandLine().getErr().println(e.getMessage());
            }
            if (!json) {
                out.println();
            }
        }
        if (json) {
            printJson(all);
        }
        return worst;
    }

    private void printJson(Object what) {
        spec.commandLine()
                .getOut()
                .println(
                        new JsonMapper().writerWithDefaultPrettyPrinter().writeValueAsString(what));
    }

    private static int exitCode(Diagnosis diagnosis) {
        return diagnosis.isHealthy() ? ExitCode.OK : ExitCode.FINDINGS;
    }

    private void explain(String id) {
        Explanation meaning =
                Catalogue.of(id)
                        .orElseThrow(
                                () ->
                                        new ParameterException(
                                                spec.commandLine(),
                                                "--explain: no finding is called %s; there are %s"
                                                        .formatted(
                                                                id,
                                                                Catalogue.ALL.stream()
                                                                        .map(Explanation::id)
                                                                        .collect(joining(", ")))));
        DoctorText.explain(meaning, spec.commandLine().getOut());
    }

    /** The pool of the settings, whether it runs or not. */
    private Diagnosis examine(Config config, @Nullable URI client) {
        ProgramConfig program = config.app().program();
        var question =
                question(
                        client,
                        true,
                        program == null ? null : index -> programFailure(config, program, index));
        try {
            var pool = new AdminClient(config.admin(), pools.cacert());
            JsonNode status = pool.get("status.json");
            // It may have been scaled since its settings were written.
            int members = status.path("members").size();
            PoolConfig own = members == 0 ? config.pool() : config.pool().withMembers(members);
            return examine(pool, status, RunningPool.in(config, own, status), question);
        } catch (CommandFailed e) {
            var examination = new Examination(config);
            examination.leftOut("the running pool and its balancers: " + e.getMessage());
            return examination.run(question);
        }
    }

    /** A pool that runs, maybe on another host. */
    private Diagnosis examine(
            AdminClient pool, Config config, @Nullable URI client, boolean first) {
        var running = RunningPool.ask(pool, config.pool());
        return examine(
                pool,
                running.status(),
                running.in(config),
                question(client, first, running::failure));
    }

    private Diagnosis examine(
            AdminClient pool, JsonNode status, Config config, Examination.Question question) {
        var examination = new Examination(config);
        examination.lookedAt(
                "the running pool, which says \"%s\""
                        .formatted(String.join(" ", StatusText.verdict(status))));
        Diagnosis diagnosis = examination.run(question);
        report(diagnosis, pool);
        return diagnosis;
    }

    /**
     * @param first whether to look at what is the same for all pools
     */
    private Examination.Question question(
            @Nullable URI client,
            boolean first,
            @Nullable IntFunction<@Nullable String> memberFailure) {
        Path cacert = pools.cacert();
        SSLContext tls = insecure ? Trusted.everyone() : cacert == null ? null : Trusted.by(cacert);
        return new Examination.Question(
                httpdConfs,
                first ? errorLog : null,
                Instant.now().minus(ago()),
                first ? client : null,
                tls,
                memberFailure);
    }

    /** A pool that does not take it, for want of the token, is no reason to fail. */
    private void report(Diagnosis diagnosis, AdminClient pool) {
        String ids =
                diagnosis.findings().stream()
                        .map(Finding::id)
                        .distinct()
                        .map(id -> "&id=" + id)
                        .collect(joining());
        try {
            pool.post("doctor?findings=" + diagnosis.findings().size() + ids);
        } catch (CommandFailed e) {
            spec.commandLine()
                    .getErr()
                    .println(
                            "The pool does not keep this result for its status page: "
                                    + e.getMessage());
        }
    }

    private static @Nullable String programFailure(
            Config config, ProgramConfig program, int index) {
        String failure = HealthCheck.of(config.pool(), program, index).failure();
        return failure == null ? null : "the program " + failure;
    }

    private Duration ago() {
        try {
            return Duration.parse("PT" + since);
        } catch (DateTimeParseException e) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--since: was " + since + ", must be such as 30s, 10m, 24h");
        }
    }

    /** A password in it would be printed. */
    private static boolean isUsable(URI uri) {
        return uri.getHost() != null
                && uri.getRawUserInfo() == null
                && uri.getRawQuery() == null
                && ("http".equals(uri.getScheme()) || "https".equals(uri.getScheme()));
    }
}
