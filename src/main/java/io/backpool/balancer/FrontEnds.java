package io.backpool.balancer;

import io.backpool.balancer.DesiredMember.DesiredState;
import io.backpool.config.BalancerConfig;
import io.backpool.config.Config;
import io.backpool.config.PoolConfig;
import java.net.URI;
import java.time.Duration;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Every httpd in front of the pool, together: brings a member into the rotation of all of them and
 * takes it out again. Without a configured balancer it does nothing and agrees at once. Safe for
 * all threads.
 */
public final class FrontEnds implements AutoCloseable {
    /** A pass a second, and httpd's answer: who does not agree by then is not going to. */
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    private final PoolConfig pool;
    private final Map<BalancerConfig, Reconciler> reconcilers = new LinkedHashMap<>();

    private FrontEnds(PoolConfig pool, List<BalancerConfig> balancers) {
        this.pool = pool;
        balancers.forEach(balancer -> reconcilers.put(balancer, new Reconciler(balancer)));
    }

    /** For members that somebody else puts in and takes out. */
    public static FrontEnds none(Config config) {
        return new FrontEnds(config.pool(), List.of());
    }

    /** Begins to talk to every configured httpd. */
    public static FrontEnds open(Config config) {
        var frontEnds = new FrontEnds(config.pool(), config.balancers());
        frontEnds.reconcilers.values().forEach(Reconciler::start);
        return frontEnds;
    }

    /** Brings member {@code index}, which is ready, into every rotation; does not wait. */
    public void putIn(int index) {
        want(index, DesiredState.SERVING);
    }

    /** No new clients for member {@code index}; those that stick to it stay. Does not wait. */
    public void drain(int index) {
        want(index, DesiredState.DRAINING);
    }

    /** Nobody for member {@code index}, which is down. Does not wait. */
    public void disable(int index) {
        want(index, DesiredState.DISABLED);
    }

    /** Ends what an operator did in balancer-manager to member {@code index}. */
    public void resume(int index) {
        reconcilers.values().forEach(reconciler -> reconciler.resume(pool.route(index)));
        putIn(index);
    }

    /**
     * Takes members out of every rotation: no new clients, then, when {@code grace} is over for
     * those that stick to them, nobody. Waits for all of that.
     *
     * @return whether every httpd agreed; one that is away does not, nor does no httpd at all
     */
    public boolean takeOut(Collection<Integer> indices, Duration grace)
            throws InterruptedException {
        if (reconcilers.isEmpty()) {
            return false;
        }
        if (!grace.isZero()) {
            indices.forEach(this::drain);
            if (awaitAgreed(indices)) {
                Thread.sleep(grace.toMillis());
            }
        }
        indices.forEach(index -> want(index, DesiredState.DISABLED));
        return awaitAgreed(indices);
    }

    /**
     * Waits until every httpd has these members as they were last wanted.
     *
     * @return whether they have; false after a few seconds, or while an httpd is away
     */
    public boolean awaitAgreed(Collection<Integer> indices) throws InterruptedException {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        for (Reconciler reconciler : reconcilers.values()) {
            for (int index : indices) {
                Duration left = Duration.ofNanos(deadline - System.nanoTime());
                if (!reconciler.awaitAgreed(pool.route(index), left)) {
                    return false;
                }
            }
        }
        return true;
    }

    /**
     * Member {@code index} is closed for good: httpd keeps it, disabled, and asks no more after its
     * health. Does not wait.
     */
    public void forget(int index) {
        reconcilers.values().forEach(reconciler -> reconciler.forget(pool.route(index)));
    }

    /** Whether there is no httpd to talk to. */
    public boolean isEmpty() {
        return reconcilers.isEmpty();
    }

    /** What each httpd says of the member with this route, by its manager and balancer. */
    public Map<String, String> says(String route) {
        Map<String, String> says = new LinkedHashMap<>();
        for (Reconciler reconciler : reconcilers.values()) {
            BalancerStats stats = reconciler.stats();
            String balancer = stats.manager().getAuthority() + "/" + stats.name();
            says.put(balancer, stats.up() ? says(stats, route) : "away");
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
