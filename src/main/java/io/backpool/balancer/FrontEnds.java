package io.backpool.balancer;

import io.backpool.balancer.DesiredMember.DesiredState;
import io.backpool.config.BalancerConfig;
import io.backpool.config.Config;
import io.backpool.config.PoolConfig;
import java.net.URI;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Every httpd in front of the pool, together: brings a member into the rotation of all of them and
 * takes it out again. Without a configured balancer it does nothing and agrees at once. Safe for
 * all threads.
 */
public final class FrontEnds implements Rotation, AutoCloseable {
    private final PoolConfig pool;
    private final Map<BalancerConfig, Reconciler> reconcilers = new LinkedHashMap<>();

    private FrontEnds(PoolConfig pool, List<BalancerConfig> balancers) {
        this.pool = pool;
        balancers.forEach(balancer -> reconcilers.put(balancer, new Reconciler(balancer)));
    }

    /** Begins to talk to every configured httpd. */
    public static FrontEnds open(Config config) {
        var frontEnds = new FrontEnds(config.pool(), config.balancers());
        frontEnds.reconcilers.values().forEach(Reconciler::start);
        return frontEnds;
    }

    /** Brings member {@code index}, which is ready, into every rotation; does not wait. */
    @Override
    public void putIn(int index) {
        want(index, DesiredState.SERVING);
    }

    /** No new clients for member {@code index}; those that stick to it stay. Does not wait. */
    @Override
    public void drain(int index) {
        want(index, DesiredState.DRAINING);
    }

    /** Nobody for member {@code index}, which is down. Does not wait. */
    @Override
    public void disable(int index) {
        want(index, DesiredState.DISABLED);
    }

    /** Ends what an operator did in balancer-manager to member {@code index}. */
    @Override
    public void resume(int index) {
        reconcilers.values().forEach(reconciler -> reconciler.resume(pool.route(index)));
    }

    @Override
    public boolean isAgreed(int index, Set<String> without) {
        return reconcilers.values().stream()
                .filter(reconciler -> !without.contains(name(reconciler)))
                .allMatch(reconciler -> reconciler.isAgreed(pool.route(index)));
    }

    @Override
    public List<String> problems(int index) {
        return List.of();
    }

    @Override
    public List<String> names() {
        return reconcilers.values().stream().map(FrontEnds::name).toList();
    }

    @Override
    public List<String> unreachable() {
        return reconcilers.values().stream()
                .filter(reconciler -> !reconciler.stats().up())
                .map(FrontEnds::name)
                .toList();
    }

    private static String name(Reconciler reconciler) {
        BalancerStats stats = reconciler.stats();
        return stats.manager().getAuthority() + "/" + stats.name();
    }

    /**
     * Member {@code index} is closed for good: httpd keeps it, disabled, and asks no more after its
     * health. Does not wait.
     */
    @Override
    public void forget(int index) {
        reconcilers.values().forEach(reconciler -> reconciler.forget(pool.route(index)));
    }

    /** Whether there is no httpd to talk to. */
    @Override
    public boolean isEmpty() {
        return reconcilers.isEmpty();
    }

    /** What each httpd says of the member with this route, by its manager and balancer. */
    @Override
    public Map<String, String> says(String route) {
        Map<String, String> says = new LinkedHashMap<>();
        for (Reconciler reconciler : reconcilers.values()) {
            BalancerStats stats = reconciler.stats();
            says.put(name(reconciler), stats.up() ? says(stats, route) : "away");
        }
        return says;
    }

    /** Every httpd at the end of its last pass. */
    public List<BalancerStats> stats() {
        return reconcilers.values().stream().map(Reconciler::stats).toList();
    }

    @Override
    public void close() {
        reconcilers.values().forEach(Reconciler::close);
    }

    private void want(int index, DesiredState state) {
        reconcilers.forEach(
                (balancer, reconciler) ->
                        reconciler.desire(
                                new DesiredMember(
                                        url(balancer, index), pool.route(index), null, state)));
    }

    private URI url(BalancerConfig balancer, int index) {
        boolean ajp = balancer.protocol() == BalancerConfig.Protocol.AJP;
        String host = pool.bind().getHostAddress();
        return URI.create(
                "%s://%s:%d"
                        .formatted(
                                balancer.scheme(),
                                host.contains(":") ? "[" + host + "]" : host,
                                ajp ? pool.ajpPort(index) : pool.httpPort(index)));
    }

    private static String says(BalancerStats stats, String route) {
        return stats.members().stream()
                .filter(member -> member.wanted().route().equals(route))
                .findFirst()
                .map(FrontEnds::says)
                .orElse("unknown");
    }

    private static String says(MemberView member) {
        if (member.seen() == null) {
            return "absent";
        }
        String words =
                member.seen().status().stream()
                        .sorted()
                        .map(MemberStatus::label)
                        .collect(Collectors.joining(" "));
        return member.held() ? words + " (held by an operator)" : words;
    }
}
