package io.backpool.cli;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code restart}: a rolling restart, shown step by step. */
@Command(
        name = "restart",
        description = {
            "Restart the pool's processes one after the other, no client's request fails. Takes up"
                    + " a new backend.jar, a new application and a changed backend.yaml. Needs"
                    + " pool.processes: true.",
            "With a ROUTE the new version is a canary: the other members stay with theirs. restart"
                    + " then brings all to it, restart --back returns. A canary that is ejected,"
                    + " since it fails while the others are well, goes back by itself.",
            "Of several pools one follows the other; the first that fails is the last."
        })
final class Restart implements Callable<Integer> {
    @Mixin private Pools pools = new Pools();

    @Parameters(arity = "0..1", paramLabel = "ROUTE", description = "Only this member.")
    private @Nullable String route;

    @Option(
            names = "--to",
            paramLabel = "JAR",
            description = "Run this backend.jar or application from now on.")
    private @Nullable Path to;

    @Option(
            names = "--weight",
            paramLabel = "PERCENT",
            description =
                    "So many of all new clients the ROUTE gets, 1%% to 50%%, until it is restarted"
                            + " again.")
    private @Nullable String weight;

    @Option(names = "--back", description = "Return to the version before.")
    private boolean back;

    @Option(
            names = "--force",
            description = "Even if it takes out the last member that serves: requests fail.")
    private boolean force;

    @Option(
            names = "--surge",
            description =
                    "One member more serves meanwhile, on the next free port: for members that"
                            + " start slowly, and for a pool of one. httpd must have"
                            + " membership=join.")
    private boolean surge;

    @Option(
            names = "--without",
            paramLabel = "NAME",
            description =
                    "Go on although this front end does not answer, such as"
                            + " 127.0.0.1:9980/app; repeatable.")
    private List<String> without = new ArrayList<>();

    @Option(
            names = "--parallel",
            paramLabel = "N",
            defaultValue = "1",
            description = "How many members at a time. Default: ${DEFAULT-VALUE}")
    private int parallel;

    @Override
    public Integer call() {
        var query = new StringBuilder("?parallel=" + parallel);
        if (to != null) {
            append(query, "to", to.toAbsolutePath().toString());
        }
        if (weight != null) {
            append(query, "weight", weight.replaceFirst("%$", ""));
        }
        if (back) {
            append(query, "back", "1");
        }
        if (force) {
            append(query, "force", "1");
        }
        if (surge) {
            append(query, "surge", "1");
        }
        without.forEach(name -> append(query, "without", name));
        if (route == null) {
            pools.change("restart" + query, "restart");
        } else {
            pools.change(
                    pools.having(route),
                    "members/" + AdminClient.segment(route) + "/restart" + query,
                    "restart");
        }
        return ExitCode.OK;
    }

    private static void append(StringBuilder query, String name, String value) {
        query.append('&').append(name).append('=');
        query.append(URLEncoder.encode(value, StandardCharsets.UTF_8));
    }
}
