package io.backpool.cli;

import io.backpool.doctor.Diagnosis;
import io.backpool.doctor.Examination;
import io.backpool.doctor.Finding;
import java.io.PrintWriter;
import java.net.URI;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import tools.jackson.databind.json.JsonMapper;

/** {@code doctor}: names what does not fit between the pool and httpd, and the remedy. */
@Command(
        name = "doctor",
        description = {
            "Name each mismatch between the pool and httpd, and its remedy. Changes nothing.",
            "Run it on httpd's host, in the pool's directory, with the pool's settings."
        },
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:healthy",
            "1:something was found",
            "69:a file or httpd's binary can't be used"
        })
final class Doctor implements Callable<Integer> {
    @Spec private CommandSpec spec;

    @Option(
            names = "--httpd-conf",
            paramLabel = "FILE",
            description =
                    "httpd's main configuration file, such as /etc/apache2/apache2.conf or"
                        + " /etc/httpd/conf/httpd.conf: httpd's own binary is asked what it means.")
    private @Nullable Path httpdConf;

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

    @Option(names = "--json", description = "Print JSON instead of text.")
    private boolean json;

    @Override
    public Integer call() {
        URI client = url;
        if (client != null && !isUsable(client)) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--url: must be http://HOST[:PORT][/PATH] or https://..., without a user");
        }
        var examination = new Examination(ConfigOptions.read(spec));
        Diagnosis diagnosis = examination.run(httpdConf, errorLog, client);
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
        diagnosis.lookedAt().forEach(it -> out.println("Looked at " + it));
        diagnosis.leftOut().forEach(it -> out.println("Did not look at " + it));
        int count = diagnosis.findings().size();
        out.println(count == 0 ? "Healthy" : count == 1 ? "1 finding" : count + " findings");
    }
}
