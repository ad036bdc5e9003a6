package io.backpool.cli;

import io.backpool.config.BalancerConfig.Membership;
import io.backpool.config.BalancerConfig.Protocol;
import io.backpool.config.PoolConfig;
import io.backpool.proxyconf.FrontEnd;
import java.net.URI;
import java.util.List;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

/**
 * Refuses a front end that httpd or the pool could not run with, before it is printed.
 *
 * @param spec of the command that prints it
 */
record FrontEndChecks(PoolConfig pool, FrontEnd frontEnd, CommandSpec spec) {
    /**
     * Looks at all.
     *
     * @throws ParameterException with the first reason
     */
    void run() {
        if (frontEnd.hosts().isEmpty()) {
            refuseMembersPort("--listen", frontEnd.listen().port());
        }
        URI manager = frontEnd.manager();
        if (manager != null) {
            check(manager);
            if (frontEnd.hosts().isEmpty()) {
                refuseMembersPort("balancer-manager", manager.getPort());
            }
        }
        if (frontEnd.speaks(Protocol.AJP)) {
            checkAjp();
        }
        if (frontEnd.others().stream().anyMatch(it -> it.protocol() == Protocol.H2C)) {
            refuse("of several balancers in one file only the first may speak h2c: say --name");
        }
    }

    private void check(URI manager) {
        if (frontEnd.managerAllow().isEmpty()
                && (!manager.getScheme().equals("http")
                        || !List.of("127.0.0.1", "localhost").contains(manager.getHost()))) {
            refuse(
                    "without --manager-listen only a manager on http://127.0.0.1 can be printed,"
                            + " the configured one is "
                            + manager
                            + ": say --manager-listen and --manager-allow, or write its vhost"
                            + " yourself and say --manager-port 0");
        }
        if (manager.getPort() == frontEnd.listen().port()) {
            refuse(
                    "balancer-manager and --listen must be different ports, both are "
                            + frontEnd.listen().port());
        }
    }

    /** httpd would take the port of a member; of one that the pool may grow to: a warning. */
    private void refuseMembersPort(String what, int port) {
        pool.memberAt(port, pool.members())
                .ifPresent(
                        route ->
                                refuse(
                                        "%s: member %s listens on port %d, choose another"
                                                .formatted(what, route, port)));
        pool.memberAt(port, pool.places())
                .ifPresent(
                        route ->
                                spec.commandLine()
                                        .getErr()
                                        .printf(
                                                "%s: a larger pool's member %s would need port"
                                                        + " %d%n",
                                                what, route, port));
    }

    private void checkAjp() {
        if (!frontEnd.pools(pool).stream().allMatch(PoolConfig::hasAjp)) {
            refuse("--protocol ajp: the members have no AJP listener, pool.ajp-port is 0");
        }
        if (frontEnd.membership() == Membership.JOIN) {
            refuse(
                    "--protocol ajp --membership join: httpd has no way to give a joined member the"
                            + " AJP secret, say --membership static");
        }
    }

    private void refuse(String why) {
        throw new ParameterException(spec.commandLine(), why);
    }
}
