package io.backpool.balancer;

import io.backpool.balancer.DesiredMember.DesiredState;
import io.backpool.config.BalancerConfig;
import io.backpool.config.Config;
import io.backpool.config.PoolConfig;
import java.time.Duration;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;

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
        for (BalancerConfig balancer : balancers) {
            List<DesiredMember> places =
                    IntStream.rangeClosed(1, pool.places())
                            .mapToObj(index -> member(balancer, index, DesiredState.GONE))
                            .toList();
            reconcilers.put(balancer, new Reconciler(balancer, places));
        }
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

    /** As {@link #takeOut(Collection, Duration, Set)}, from every httpd. */
    public boolean takeOut(Collection<Integer> indices, Duration grace)
            throws InterruptedException {
        return takeOut(indices, grace, Set.of());
    }

    /**
     * Takes members out of every rotation: no new clients, then, when {@code grace} is over for
     * those that stick to them, nobody. Waits for all of that.
     *
     * @param without the {@link #names} of those that are not waited for; one that comes back is
     *     brought to what is wanted then
     * @return whether every other httpd agreed; false also where there is none
     */
    public boolean takeOut(Collection<Integer> indices, Duration grace, Set<String> without)
            throws InterruptedException {
        if (reconcilers(without).isEmpty()) {
            indices.forEach(this::disable);
            return false;
        }
        if (!grace.isZero()) {
            indices.forEach(this::drain);
            awaitAgreed(indices, without);
            // An httpd that is away takes nothing from the clients of the others.
            Thread.sleep(grace.toMillis());
        }
        indices.forEach(this::disable);
        return awaitAgreed(indices, without);
    }

    /** As {@link #awaitAgreed(Collection, Set)}, of every httpd. */
    public boolean awaitAgreed(Collection<Integer> indices) throws InterruptedException {
        return awaitAgreed(indices, Set.of());
    }

    /**
     * Waits until every httpd but those in {@code without} has these members as they were last
     * wanted. What an operator holds counts as done: {@link #problems} tells of it.
     *
     * @return whether they have; false after a few seconds, or while an httpd is away
     */
    public boolean awaitAgreed(Collection<Integer> indices, Set<String> without)
            throws InterruptedException {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        boolean agreed = true;
        for (Reconciler reconciler : reconcilers(without)) {
            for (int index : indices) {
                Duration left = Duration.ofNanos(deadline - System.nanoTime());
                agreed &= reconciler.awaitAgreed(pool.route(index), left);
            }
        }
        return agreed;
    }

    /** What people call the front ends by: {@code 127.0.0.1:9980/app}. */
    public List<String> names() {
        return stats().stream().map(BalancerStats::label).toList();
    }

    /** Those whose manager could not be read in the last pass, or was not read yet. */
    public List<String> unreachable() {
        return stats().stream().filter(stats -> !stats.up()).map(BalancerStats::label).toList();
    }

    /**
     * Why member {@code index} is not in a rotation that it shall be in, and what to do, a line a
     * front end; empty: it is in all of them, or shall not be.
     */
    public List<String> problems(int index) {
        return stats().stream()
                .flatMap(
                        stats ->
                                stats.problem(pool.route(index)).stream()
                                        .map(problem -> stats.label() + ": " + problem))
                .toList();
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

    /** What each httpd says of the member with this route, by {@link #names}. */
    public Map<String, String> says(String route) {
        Map<String, String> says = new LinkedHashMap<>();
        stats().forEach(stats -> says.put(stats.label(), stats.says(route)));
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

    private List<Reconciler> reconcilers(Set<String> without) {
        return reconcilers.entrySet().stream()
                .filter(entry -> !without.contains(entry.getKey().label()))
                .map(Map.Entry::getValue)
                .toList();
    }

    private void want(int index, DesiredState state) {
        reconcilers.forEach(
                (balancer, reconciler) -> reconciler.desire(member(balancer, index, state)));
    }

    private DesiredMember member(BalancerConfig balancer, int index, DesiredState state) {
        return new DesiredMember(
                pool.url(balancer.protocol(), index), pool.route(index), null, state);
    }
}
