package io.backpool.balancer;

import io.backpool.balancer.BalancerStats.Outcome;
import io.backpool.balancer.DesiredMember.DesiredState;
import io.backpool.config.BalancerConfig;
import io.backpool.config.HttpdCheck;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * Brings one httpd's view of our members to what we want, one pass at a time, whatever it finds.
 * Used by the reconciler's thread only.
 */
final class Synchronizer {
    private static final Logger LOG = LoggerFactory.getLogger(Synchronizer.class);

    /** httpd logs an error for each member that it can't add. */
    private static final Duration ADD_AGAIN = Duration.ofSeconds(10);

    private static final String UNWEIGHED =
            "it has other members too, whose load factor is below 10: so no slow start and no"
                    + " ejection here, all have httpd's factor of 1";

    /** Of an endless quarrel with httpd, or with an operator, this much a pass. */
    private static final int MOST_STEPS = 4;

    private final BalancerConfig config;
    private final List<DesiredMember> places;
    private final Set<URI> placeUrls;
    private final BalancerManager manager;
    private final StatusReader status;
    private final Planner planner;
    private final OtherHosts others;
    private final InstantSource clock;

    /** Whether another process has members in these places. Written by any thread. */
    private volatile boolean shared;

    private final Map<Outcome, Long> actions = none();
    private final Map<URI, Instant> addAgain = new HashMap<>();
    private final Map<URI, String> problems = new HashMap<>();
    private Map<String, String> said = Map.of();

    /**
     * @param places for members that the pool may have one day, wanted as gone
     * @param check what httpd asks members that join
     */
    Synchronizer(
            BalancerConfig config,
            List<DesiredMember> places,
            HttpdCheck check,
            InstantSource clock) {
        this.config = config;
        this.places = places;
        this.placeUrls = places.stream().map(DesiredMember::url).collect(Collectors.toSet());
        this.clock = clock;
        this.manager = new BalancerManager(config);
        this.status = new StatusReader(config, clock);
        this.planner = new Planner(config.membership(), check, clock);
        this.others = new OtherHosts(config.label(), clock, HostProbe::new);
    }

    /** What httpd has after a pass. */
    record Result(
            Balancer seen,
            List<MemberInHttpd> members,
            Set<URI> ours,
            List<SeatFault> faults,
            @Nullable HttpdStatus httpd) {}

    void shared(boolean wanted) {
        shared = wanted;
    }

    Map<Outcome, Long> actions() {
        return actions;
    }

    /** The pool saw at this time that the member is well. */
    void alive(DesiredMember member, Instant when) {
        planner.alive(member.url(), when);
    }

    /** Removes an operator's flags from this member in the next pass. */
    void resume(DesiredMember member) {
        planner.resume(member.url());
    }

    /**
     * Brings these members nearer to what is wanted.
     *
     * @throws BalancerException if httpd can't be asked
     */
    Result pass(List<DesiredMember> wanted) {
        Set<URI> urls = wanted.stream().map(DesiredMember::url).collect(Collectors.toSet());
        planner.retain(urls, placeUrls);
        addAgain.keySet().retainAll(urls);
        problems.keySet().retainAll(urls);
        long added = added();
        Balancer seen = manager.read();
        for (DesiredMember member : wanted) {
            seen = bring(seen, member);
        }
        if (!shared && wanted.stream().anyMatch(member -> member.state() == DesiredState.SERVING)) {
            for (DesiredMember spare : spares(seen, urls)) {
                seen = bring(seen, spare);
            }
        }
        if (config.isJoined()) {
            for (DesiredMember stale : stale(seen, wanted, urls)) {
                seen = bring(seen, stale);
            }
            seen = added() > added ? reserve(seen) : seen;
        }
        for (Step step : others.steps(seen, planner.ours())) {
            seen = attempt(seen, step);
        }
        return result(seen, wanted);
    }

    /** After the last pass. */
    void close() {
        others.close();
    }

    private Result result(Balancer seen, List<DesiredMember> wanted) {
        List<SeatFault> faults =
                SeatFault.of(seen, wanted.stream().map(DesiredMember::route).toList());
        List<MemberInHttpd> views =
                wanted.stream()
                        .map(member -> planner.view(seen, member))
                        .map(view -> view.with(problems.get(view.wanted().url()), faults))
                        .toList();
        say(views, faults, planner.isBesideUnweighed(seen, wanted));
        return new Result(seen, views, planner.ours(), faults, status.read());
    }

    /** All the steps of one member; what comes back is httpd's state after them. */
    private Balancer bring(Balancer first, DesiredMember member) {
        Balancer seen = first;
        for (int i = 0; i < MOST_STEPS; i++) {
            Optional<Step> step = planner.step(seen, member);
            if (step.isEmpty()) {
                problems.remove(member.url());
                return seen;
            }
            if (!isDue(step.get())) {
                return seen;
            }
            seen = attempt(seen, step.get());
            if (problems.containsKey(member.url())) {
                return seen;
            }
        }
        return seen;
    }

    private Balancer attempt(Balancer seen, Step step) {
        try {
            Balancer after = apply(seen, step);
            count(step, "done");
            problems.remove(step.member().url());
            return after;
        } catch (BalancerException e) {
            count(step, "failed");
            problems.put(step.member().url(), String.valueOf(e.getMessage()));
            return manager.read();
        }
    }

    private Balancer apply(Balancer seen, Step step) {
        DesiredMember member = step.member();
        Balancer after;
        if (step.action() == Step.Action.ADD) {
            addAgain.put(member.url(), clock.instant().plus(ADD_AGAIN));
            after = add(seen, member);
            addAgain.remove(member.url());
        } else {
            BalancerMember before = seen.member(member.url()).orElseThrow();
            if (member.state() == DesiredState.SERVING && !before.route().equals(member.route())) {
                refuseTakenRoute(seen, member);
            }
            after = manager.update(seen, before, step.changes());
        }
        Level level = step.action() == Step.Action.WEIGH ? Level.DEBUG : Level.INFO;
        LOG.atLevel(level).log("{} - {} in {}", member.route(), step.action().words(), place());
        return after;
    }

    /**
     * httpd does not know after a reload which places are those of members that were added: the
     * next one that is added is written over the first of them.
     */
    private Balancer add(Balancer seen, DesiredMember member) {
        refuseTakenRoute(seen, member);
        String now = status.generation();
        for (BalancerMember other : seen.members()) {
            String joined = OwnershipNote.of(other).joined();
            if (!joined.isEmpty() && !joined.equals(now)) {
                throw new BalancerException(
                        "httpd has no place for %s, and was reloaded since %s was added, over which it would write another: put what conf apache prints now in place of its configuration, and reload it"
                                .formatted(member.url(), other.name()));
            }
        }
        planner.generation(now);
        return manager.add(seen, member.url(), member.socket());
    }

    /** Of two members with one route, clients with a session would reach either. */
    private static void refuseTakenRoute(Balancer seen, DesiredMember member) {
        seen.elsewhere(member.route(), member.url())
                .ifPresent(
                        other -> {
                            throw new BalancerException(
                                    "httpd has the route %s at %s already, a member of another pool: give this pool another pool.route-prefix, and start it again"
                                            .formatted(member.route(), other.url()));
                        });
    }

    /** While places can be added without harm, all that the pool may need one day. */
    private Balancer reserve(Balancer first) {
        Balancer seen = first;
        try {
            for (DesiredMember place : places) {
                if (seen.member(place.url()).isEmpty()) {
                    seen = bring(add(seen, place), place);
                }
            }
        } catch (BalancerException e) {
            LOG.debug("{} - no place ahead of need in {}", config.name(), place(), e);
        }
        return seen;
    }

    /**
     * Places of ours where no member is now: httpd would try them, at every reload anew, and a
     * client that sticks to one has only one other member left.
     */
    private List<DesiredMember> spares(Balancer seen, Set<URI> urls) {
        return places.stream()
                .filter(place -> !urls.contains(place.url()))
                .filter(
                        place ->
                                seen.member(place.url())
                                        .filter(member -> member.route().equals(place.route()))
                                        .filter(member -> !member.isOut())
                                        .isPresent())
                .toList();
    }

    /** Members with a route of ours where none of ours is, that fail: an earlier pool's. */
    private static List<DesiredMember> stale(
            Balancer seen, List<DesiredMember> wanted, Set<URI> urls) {
        Set<String> routes =
                wanted.stream()
                        .filter(member -> member.state() == DesiredState.SERVING)
                        .map(DesiredMember::route)
                        .collect(Collectors.toSet());
        return seen.members().stream()
                .filter(member -> routes.contains(member.route()) && !urls.contains(member.url()))
                .filter(
                        member ->
                                member.is(MemberStatus.HC_FAIL) || member.is(MemberStatus.IN_ERROR))
                .filter(member -> !member.isOut())
                .map(
                        member ->
                                new DesiredMember(
                                        member.url(),
                                        null,
                                        member.route(),
                                        null,
                                        DesiredState.GONE))
                .toList();
    }

    private boolean isDue(Step step) {
        Instant due = addAgain.get(step.member().url());
        return step.action() != Step.Action.ADD || due == null || !clock.instant().isBefore(due);
    }

    /** All of them from the start, so that a first one shows as one more. */
    private static Map<Outcome, Long> none() {
        Map<Outcome, Long> none = new HashMap<>();
        for (Step.Action action : Step.Action.values()) {
            none.put(new Outcome(action.label(), "done"), 0L);
            none.put(new Outcome(action.label(), "failed"), 0L);
        }
        return none;
    }

    private void count(Step step, String result) {
        actions.merge(new Outcome(step.action().label(), result), 1L, Long::sum);
    }

    private long added() {
        return actions.getOrDefault(new Outcome(Step.Action.ADD.label(), "done"), 0L);
    }

    /** What is not as it shall be, once. */
    private void say(List<MemberInHttpd> views, List<SeatFault> faults, boolean besideUnweighed) {
        Map<String, String> news = new LinkedHashMap<>();
        for (MemberInHttpd view : views) {
            String what = view.held() ? MemberInHttpd.HELD : view.problem();
            if (what != null) {
                news.put(view.wanted().route(), what);
            }
        }
        for (SeatFault fault : faults) {
            news.put(
                    fault.route() + " " + fault.kind(),
                    "%s. %s Remedy: %s".formatted(fault.what(), fault.why(), fault.remedy()));
        }
        if (besideUnweighed) {
            news.put(config.name(), UNWEIGHED);
        }
        news.forEach(
                (who, what) -> {
                    if (!what.equals(said.get(who))) {
                        LOG.warn("{} - {} ({})", who.split(" ")[0], what, place());
                    }
                });
        said = news;
    }

    private String place() {
        return "balancer://" + config.name() + " of " + config.manager().getAuthority();
    }
}
