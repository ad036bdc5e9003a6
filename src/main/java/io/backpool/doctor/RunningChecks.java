package io.backpool.doctor;

import io.backpool.balancer.Balancer;
import io.backpool.balancer.BalancerException;
import io.backpool.balancer.BalancerManager;
import io.backpool.balancer.BalancerMember;
import io.backpool.balancer.MemberStatus;
import io.backpool.balancer.SeatFault;
import io.backpool.config.BalancerConfig;
import io.backpool.config.BalancerConfig.Membership;
import io.backpool.config.Config;
import io.backpool.config.NumericAddress;
import io.backpool.config.PoolConfig;
import io.backpool.config.ProgramConfig;
import io.backpool.config.TlsFileException;
import io.backpool.config.TlsFiles;
import io.backpool.server.TlsContexts;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpResponse;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/** What the members say of themselves, and what each httpd says of them. Used by one thread. */
final class RunningChecks {
    private static final int OK = 200;

    private final PoolConfig pool;
    private final @Nullable ProgramConfig program;
    private final @Nullable IntFunction<@Nullable String> failure;
    private final Probe probe;
    private final Set<Integer> ready = new HashSet<>();

    /**
     * @param failure what is wrong with a member, from 1, or null: it is well; null: they are asked
     */
    RunningChecks(Config config, @Nullable IntFunction<@Nullable String> failure) {
        this.pool = config.pool();
        this.probe = new Probe(failure == null ? tls(pool) : null);
        this.program = config.app().program();
        this.failure = failure;
    }

    /** By the members' own certificate. */
    private static @Nullable SSLContext tls(PoolConfig pool) {
        try {
            return pool.tls() == null
                    ? null
                    : TlsContexts.ofPool(TlsFiles.read(pool.tls(), Instant.now()));
        } catch (TlsFileException e) {
            throw new DoctorException(
                    e.getMessage() + ": the doctor asks members by their own certificate", e);
        }
    }

    List<Finding> ofMembers() {
        return failure == null ? ofOurs() : ofOthers(failure);
    }

    /** Programs, and members on other hosts. */
    private List<Finding> ofOthers(IntFunction<@Nullable String> told) {
        List<Finding> findings = new ArrayList<>();
        for (int index = 1; index <= pool.members(); index++) {
            String wrong = told.apply(index);
            if (wrong == null) {
                ready.add(index);
            } else {
                findings.add(
                        FindingKind.MEMBER_NOT_READY.at(
                                pool.route(index),
                                wrong,
                                "java -jar backend.jar status: does the pool run? What the member"
                                        + " writes is in the pool's log"));
            }
        }
        return findings;
    }

    private List<Finding> ofOurs() {
        List<Finding> findings = new ArrayList<>();
        List<String> silent = new ArrayList<>();
        for (int index = 1; index <= pool.members(); index++) {
            URI base =
                    URI.create(
                            "%s://%s:%d"
                                    .formatted(
                                            pool.tls() == null ? "http" : "https",
                                            NumericAddress.host(pool.bind()),
                                            pool.httpPort(index)));
            try {
                HttpResponse<String> answer = probe.get(base.resolve("/health/ready"));
                says(index, base, answer, findings);
            } catch (IOException e) {
                silent.add(pool.route(index) + " at " + base);
            }
        }
        if (!silent.isEmpty()) {
            findings.add(
                    FindingKind.MEMBER_UNREACHABLE.at(
                            "the pool",
                            "no answer for " + String.join(", ", silent),
                            "java -jar backend.jar status: does the pool run, and with these"
                                    + " settings (pool.bind, pool.http-port, pool.members)?"));
        }
        return findings;
    }

    private void says(int index, URI base, HttpResponse<String> answer, List<Finding> findings) {
        String route = probe.json(answer).path("route").asString("");
        if (!route.equals(pool.route(index))) {
            findings.add(
                    FindingKind.MEMBER_FOREIGN.at(
                            base.toString(),
                            route.isEmpty()
                                    ? "who answers there is no member of a pool"
                                    : "who answers there is %s, not %s"
                                            .formatted(route, pool.route(index)),
                            "pool.http-port and pool.route-prefix as the running pool has them, or"
                                    + " another port"));
        } else if (answer.statusCode() == OK) {
            ready.add(index);
        } else {
            findings.add(
                    FindingKind.MEMBER_NOT_READY.at(
                            base.toString(),
                            "%s says %s"
                                    .formatted(
                                            route,
                                            probe.json(answer)
                                                    .path("state")
                                                    .asString("that it is not ready")),
                            "java -jar backend.jar resume "
                                    + route
                                    + ", unless it starts or stops"));
        }
    }

    /** After {@link #ofMembers}. */
    List<Finding> of(BalancerConfig balancer) {
        List<Finding> findings = new ArrayList<>();
        String where = balancer.manager().toString();
        try {
            Balancer seen = new BalancerManager(balancer).read();
            if (seen.nonce().isEmpty()) {
                findings.add(ServerChecks.noNonce(where, balancer.name()));
            }
            for (int index = 1; index <= pool.members(); index++) {
                member(index, balancer, seen, findings);
            }
            for (SeatFault fault : SeatFault.of(seen, routes())) {
                findings.add(
                        (fault.kind() == SeatFault.Kind.DUPLICATE
                                        ? FindingKind.PLACE_DUPLICATE
                                        : FindingKind.ROUTE_TAKEN)
                                .at(where, fault.what(), fault.why(), fault.remedy()));
            }
        } catch (BalancerException e) {
            findings.add(
                    FindingKind.MANAGER.at(
                            where,
                            String.valueOf(e.getMessage()),
                            "that URL, opened on this host, must show httpd's balancer-manager:"
                                + " SetHandler, Require for this address, Referer and Host as they"
                                + " were sent"));
        }
        return findings;
    }

    private List<String> routes() {
        return IntStream.rangeClosed(1, pool.places()).mapToObj(pool::route).toList();
    }

    private void member(int index, BalancerConfig balancer, Balancer seen, List<Finding> findings) {
        URI url = pool.url(balancer.protocol(), index);
        var member = seen.member(url);
        if (member.isEmpty()) {
            findings.add(absent(index, url, seen, balancer));
        } else {
            differing(index, member.get(), seen, balancer, findings);
        }
    }

    private Finding absent(int index, URI url, Balancer seen, BalancerConfig balancer) {
        boolean joins = balancer.membership() == Membership.JOIN;
        var other = seen.elsewhere(pool.route(index), url);
        if (other.isPresent()) {
            return taken(index, other.get(), balancer);
        }
        return (joins ? FindingKind.MEMBER_NOT_JOINED : FindingKind.MEMBER_UNDECLARED)
                .at(
                        balancer.manager().toString(),
                        "balancer://%s has no %s (%s)"
                                .formatted(balancer.name(), url, pool.route(index)),
                        joins
                                ? ServerChecks.DECLARE
                                        + ", and a pool that runs with this --balancer"
                                : "BalancerMember " + url + " route=" + pool.route(index) + " ...");
    }

    /** The pool does not take the place while another has its route. */
    private Finding taken(int index, BalancerMember other, BalancerConfig balancer) {
        return FindingKind.ROUTE_TAKEN.at(
                balancer.manager().toString(),
                "balancer://%s has the route %s at %s, a member of another pool"
                        .formatted(balancer.name(), pool.route(index), other.url()),
                "another pool.route-prefix for one of the two pools");
    }

    private void differing(
            int index,
            BalancerMember member,
            Balancer seen,
            BalancerConfig balancer,
            List<Finding> findings) {
        String route = pool.route(index);
        String where = balancer.manager().toString();
        if (!member.route().equals(route)) {
            var other = seen.elsewhere(route, member.url());
            findings.add(
                    other.isPresent()
                            ? taken(index, other.get(), balancer)
                            : FindingKind.ROUTE.at(
                                    where,
                                    "%s has the route '%s' in httpd, the member calls itself %s"
                                            .formatted(member.url(), member.route(), route),
                                    "route=" + route));
        }
        if (!member.inRotation() && ready.contains(index)) {
            findings.add(
                    FindingKind.MEMBER_OUT.at(
                            where,
                            "%s is ready, and httpd sends it no new clients: %s"
                                    .formatted(route, MemberStatus.words(member.status())),
                            remedy(member, route)));
        }
    }

    private String remedy(BalancerMember member, String route) {
        if (member.is(MemberStatus.HC_FAIL)) {
            String path = program == null ? "/health/ready" : program.health();
            return (path == null ? "hcmethod=TCP" : "hcuri=" + path)
                    + " for that port; httpd's error log says what its check saw";
        }
        return "java -jar backend.jar resume "
                + route
                + (member.is(MemberStatus.IN_ERROR)
                        ? "; a pool with this --balancer brings it back by itself"
                        : "");
    }
}
