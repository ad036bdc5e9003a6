package io.backpool.balancer;

import io.backpool.balancer.DesiredMember.DesiredState;
import io.backpool.config.BalancerConfig;
import io.backpool.config.Config;
import io.backpool.config.HttpdCheck;
import io.backpool.config.PoolConfig;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Every httpd in front of the pool, together: brings a member into the rotation of all of them and
 * takes it out again. Without a configured balancer it does nothing and agrees at once. Safe for
 * all threads.
 */
public final class FrontEnds implements Rotation {
    private static final Duration ANSWER = Duration.ofSeconds(3);

    private final PoolConfig pool;
    private final Map<BalancerConfig, Reconciler> reconcilers = new LinkedHashMap<>();

    private FrontEnds(PoolConfig pool, List<BalancerConfig> balancers, HttpdCheck check) {
        this.pool = pool;
        for (BalancerConfig balancer : balancers) {
            List<DesiredMember> places =
                    IntStream.rangeClosed(1, pool.places())
                            .mapToObj(index -> member(balancer, index, null, DesiredState.GONE))
                            .toList();
            reconcilers.put(balancer, new Reconciler(balancer, places, check));
        }
    }

    /** Begins to talk to every configured httpd. */
    public static FrontEnds open(Config config) {
        var frontEnds = new FrontEnds(config.pool(), config.balancers(), HttpdCheck.of(config));
        frontEnds.reconcilers.values().forEach(Reconciler::start);
        return frontEnds;
    }

    @Override
    public boolean isEmpty() {
        return reconcilers.isEmpty();
    }

    @Override
    public void putIn(int index, int share) {
        alive(index);
        want(index, DesiredState.SERVING, share);
    }

    @Override
    public void share(int index, int share) {
        if (pool.setsLoadFactors()) {
            reconcilers.values().forEach(reconciler -> reconciler.share(pool.route(index), share));
        }
    }

    @Override
    public void alive(int index) {
        reconcilers.values().forEach(reconciler -> reconciler.alive(pool.route(index)));
    }

    @Override
    public void drain(int index) {
        want(index, DesiredState.DRAINING, DesiredMember.LEAST);
    }

    @Override
    public void disable(int index) {
        want(index, DesiredState.DISABLED, DesiredMember.LEAST);
    }

    @Override
    public void resume(int index) {
        reconcilers.values().forEach(reconciler -> reconciler.resume(pool.route(index)));
    }

    @Override
    public void forget(int index) {
        reconcilers.values().forEach(reconciler -> reconciler.forget(pool.route(index)));
    }

    @Override
    public boolean isForgotten(int index) {
        return reconcilers.values().stream()
                .noneMatch(reconciler -> reconciler.isWanted(pool.route(index)));
    }

    @Override
    public void shared(boolean shared) {
        reconcilers.values().forEach(reconciler -> reconciler.shared(shared));
    }

    @Override
    public boolean isAgreed(int index, Set<String> without) {
        return reconcilers.entrySet().stream()
                .filter(entry -> !without.contains(entry.getKey().label()))
                .allMatch(entry -> entry.getValue().isAgreed(pool.route(index)));
    }

    @Override
    public List<String> names() {
        return stats().stream().map(BalancerStats::label).toList();
    }

    @Override
    public List<String> declared() {
        return reconcilers.keySet().stream()
                .filter(balancer -> !balancer.isJoined())
                .map(BalancerConfig::label)
                .toList();
    }

    @Override
    public void askAgain(Set<String> without) {
        Map<Reconciler, Long> questions = new HashMap<>();
        reconcilers.forEach(
                (balancer, reconciler) -> {
                    if (!without.contains(balancer.label())) {
                        questions.put(reconciler, reconciler.askAgain());
                    }
                });
        long deadline = System.nanoTime() + ANSWER.toNanos();
        questions.forEach((reconciler, question) -> reconciler.awaitAnswer(question, deadline));
    }

    @Override
    public List<String> unreachable() {
        return stats().stream().filter(stats -> !stats.up()).map(BalancerStats::label).toList();
    }

    @Override
    public List<String> problems(int index) {
        return stats().stream()
                .flatMap(
                        stats ->
                                stats.problem(pool.route(index)).stream()
                                        .map(problem -> stats.label() + ": " + problem))
                .toList();
    }

    @Override
    public Map<String, String> says(String route) {
        Map<String, String> says = new LinkedHashMap<>();
        stats().forEach(stats -> says.put(stats.label(), stats.says(route)));
        return says;
    }

    /**
     * What every httpd together counts of a member.
     *
     * @param busy requests in flight
     * @param elected requests that were sent to it
     */
    public record Use(long busy, long elected) {}

    /** As of each httpd's last pass. */
    public Use use(String route) {
        long busy = 0;
        long elected = 0;
        for (BalancerStats stats : stats()) {
            for (MemberInHttpd view : stats.members()) {
                BalancerMember seen = view.seen();
                if (seen != null && seen.route().equals(route)) {
                    busy += seen.busy();
                    elected += seen.elected();
                }
            }
        }
        return new Use(busy, elected);
    }

    @Override
    public List<BalancerStats> stats() {
        return reconcilers.values().stream().map(Reconciler::stats).toList();
    }

    @Override
    public void close() {
        reconcilers.values().forEach(Reconciler::close);
    }

    /**
     * What is out has httpd's own factor, or nearly: so it stays, also for a pool that sets none.
     */
    private void want(int index, DesiredState state, int share) {
        Integer factor = pool.setsLoadFactors() ? share : null;
        reconcilers.forEach(
                (balancer, reconciler) ->
                        reconciler.desire(member(balancer, index, factor, state)));
    }

    private DesiredMember member(
            BalancerConfig balancer, int index, @Nullable Integer factor, DesiredState state) {
        return new DesiredMember(
                pool.url(balancer.protocol(), index),
                balancer.isOnThisHost() ? pool.socket(balancer.protocol(), index) : null,
                pool.route(index),
                factor,
                state);
    }
}
