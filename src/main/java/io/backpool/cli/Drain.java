package io.backpool.cli;

import java.io.PrintWriter;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import tools.jackson.databind.JsonNode;

/** {@code drain}: takes a member out of the rotation without dropping a request. */
@Command(
        name = "drain",
        description = {
            "Take a member out of the rotation without dropping a request: httpd sends it no new"
                    + " clients, those that stick to it are still served. Undo with resume."
        })
final class Drain implements Callable<Integer> {
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    @Spec private CommandSpec spec;

    @Mixin private Pools pools = new Pools();

    @Parameters(paramLabel = "ROUTE", description = "The member's route, such as m1.")
    private String route = "";

    @Option(
            names = "--force",
            description = "Even if it is the last member that serves: new clients get a 503.")
    private boolean force;

    @Override
    public Integer call() {
        AdminClient pool = pools.having(route);
        pool.post("members/" + AdminClient.segment(route) + "/drain" + (force ? "?force=1" : ""));
        JsonNode member = AdminClient.member(pool.await(route, PATIENCE, Drain::isOut), route);
        PrintWriter out = spec.commandLine().getOut();
        out.println(route + " is draining, in flight: " + member.get("inFlight").asString());
        out.println("Put it back with: java -jar backend.jar resume " + route);
        return ExitCode.OK;
    }

    private static boolean isOut(JsonNode member) {
        return member.get("state").asString().equals("draining")
                && member.get("balancers")
                        .valueStream()
                        .allMatch(says -> says.asString().contains("Drn"));
    }
}
