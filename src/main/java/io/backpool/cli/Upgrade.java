package io.backpool.cli;

import java.io.PrintWriter;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code upgrade}: another process of the pool takes the members over, shown step by step. */
@Command(
        name = "upgrade",
        description = {
            "Replace the pool's own process, no client's request fails: a new one takes over one"
                + " member after the other, then the old one ends. Takes up a new backend.jar and"
                + " every changed setting, those too that restart refuses, such as ports and"
                + " balancers; not admin.bind and admin.port.",
            "If the new process does not come up, the old one keeps its members. Needs"
                    + " pool.processes: true. In a terminal the new process runs on in the"
                    + " background."
        })
final class Upgrade implements Callable<Integer> {
    @Spec private CommandSpec spec;

    @Mixin private Pools pools = new Pools();

    @Parameters(
            arity = "0..1",
            paramLabel = "JAR",
            description = "The new backend.jar. Default: the one that members run, as it is now.")
    private @Nullable Path jar;

    @Option(
            names = "--force",
            description = "Even if it takes out the last member that serves: requests fail.")
    private boolean force;

    @Override
    public Integer call() {
        List<AdminClient> all = pools.all();
        if (all.size() != 1) {
            throw new ParameterException(
                    spec.commandLine(), "upgrade: one pool at a time, on its own host");
        }
        var query = new StringBuilder("upgrade?");
        if (jar != null) {
            query.append("jar=");
            query.append(
                    URLEncoder.encode(jar.toAbsolutePath().toString(), StandardCharsets.UTF_8));
        }
        query.append(force ? "&force=1" : "");
        PrintWriter out = spec.commandLine().getOut();
        all.get(0).post(query.toString());
        all.get(0)
                .awaitUpgrade(
                        line -> {
                            out.println(line);
                            out.flush();
                        });
        return ExitCode.OK;
    }
}
