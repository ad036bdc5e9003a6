package io.backpool.cli;

import static java.util.stream.Collectors.joining;

import io.backpool.config.BalancerConfig;
import io.backpool.config.BalancerConfig.Membership;
import io.backpool.config.BalancerConfig.Protocol;
import io.backpool.config.Config;
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
import java.util.List;
import java.util.concurrent.Callable;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
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

    @Option(
            names = "--cacert",
            paramLabel = "FILE",
            description = "Certificates in PEM to trust at --url, instead of Java's own.")
    private @Nullable Path cacert;

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
        Diagnosis diagnosis;
        try {
            diagnosis = examine(config, client);
        } catch (DoctorException e) {
            spec.commandLine().getErr().println(e.getMessage());
            return ExitCode.NOT_LOOKED;
        }
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            out.println(
                    new JsonMapper()
                            .writerWithDefaultPrettyPrinter()
                            .writeValueAsString(diagnosis));
        } else {
            print(diagnosis, out);
        }
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
        PrintWriter out = spec.commandLine().getOut();
        out.println(meaning.id() + "  " + plain(meaning.what()));
        if (!meaning.why().isEmpty()) {
            out.println("    " + meaning.why());
        }
        out.println("    Remedy: " + plain(meaning.remedy()));
    }

    private static String plain(String markdown) {
        return markdown.replace("`", "");
    }

    private Diagnosis examine(Config config, @Nullable URI client) {
        @Nullable SSLContext tls =
                insecure ? Trusted.everyone() : cacert == null ? null : Trusted.by(cacert);
        var question =
                new Examination.Question(
                        httpdConfs,
                        errorLog,
                        Instant.now().minus(ago()),
                        client,
                        tls,
                        index -> programFailure(config, index));
        try {
            var pool = new AdminClient(config.admin());
            JsonNode status = pool.get("status.json");
            var examination = new Examination(asItRuns(status, config));
            examination.lookedAt(
                    "the running pool, which says \"%s\""
                            .formatted(String.join(" ", StatusText.verdict(status))));
            Diagnosis diagnosis = examination.run(question);
            report(diagnosis, pool);
            return diagnosis;
        } catch (CommandFailed e) {
            var examination = new Examination(config);
            examination.leftOut("the running pool and its balancers: " + e.getMessage());
            return examination.run(question);
        }
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

    private static @Nullable String programFailure(Config config, int index) {
        ProgramConfig program = config.app().program();
        return program == null ? null : HealthCheck.of(config.pool(), program, index).failure();
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

    /**
     * With as many members as the pool has now, which may have been scaled, and its balancers where
     * this command line names none.
     */
    private static Config asItRuns(JsonNode status, Config config) {
        int members = status.path("members").size();
        return new Config(
                members == 0 ? config.pool() : config.pool().withMembers(members),
                config.balancers().isEmpty() ? balancers(status) : config.balancers(),
                config.trust(),
                config.limits(),
                config.sessions(),
                config.services(),
                config.app(),
                config.accessLog(),
                config.log(),
                config.admin());
    }

    private static List<BalancerConfig> balancers(JsonNode status) {
        List<BalancerConfig> balancers = new ArrayList<>();
        for (JsonNode httpd : status.path("frontEnds")) {
            balancers.add(
                    new BalancerConfig(
                            URI.create(httpd.get("manager").asString()),
                            httpd.get("balancer").asString(),
                            Protocol.valueOf(httpd.get("protocol").asString()),
                            Membership.valueOf(httpd.get("membership").asString()),
                            null,
                            null));
        }
        return balancers;
    }

    /** A password in it would be printed. */
    private static boolean isUsable(URI uri) {
        return uri.getHost() != null
                && uri.getRawUserInfo() == null
                && uri.getRawQuery() == null
                && ("http".equals(uri.getScheme()) || "https".equals(uri.getScheme()));
    }

    private static void print(Diagnosis diagnosis, PrintWriter out) {
        for (Finding finding : diagnosis.findings()) {
            out.println(finding.id() + "  " + finding.where());
            out.println("    " + finding.what());
            out.println("    " + finding.why());
            out.println("    Remedy: " + finding.remedy());
            out.println();
        }
        if (!diagnosis.isHealthy()) {
            diagnosis.lookedAt().forEach(it -> out.println("Looked at " + it));
        }
        diagnosis.leftOut().forEach(it -> out.println("Did not look at " + it));
        int count = diagnosis.findings().size();
        out.println(
                count == 0
                        ? "Healthy, as far as looked: " + String.join("; ", diagnosis.lookedAt())
                        : count == 1 ? "1 finding" : count + " findings");
    }
}
