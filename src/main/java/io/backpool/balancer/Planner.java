package io.backpool.balancer;

import static io.backpool.balancer.MemberStatus.DISABLED;
import static io.backpool.balancer.MemberStatus.DRAIN;
import static io.backpool.balancer.MemberStatus.HC_FAIL;
import static io.backpool.balancer.MemberStatus.IGNORE_ERRORS;
import static io.backpool.balancer.MemberStatus.STOPPED;

import io.backpool.balancer.DesiredMember.DesiredState;
import io.backpool.config.BalancerConfig.Membership;
import io.backpool.config.HttpdCheck;
import java.net.URI;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Decides what must change in httpd, from what it shows and what we want; does no I/O. Level
 * triggered: the same picture gives the same answer, and no step is assumed to have worked. Used by
 * the reconciler's thread only.
 *
 * <p>Flags are sets. An operator's are those that stand in httpd without an {@link OwnershipNote}
 * of ours: they stay until {@link #resume}, whatever we want. What httpd shall show is the
 * operator's flags and ours; what the note shall say is ours without the operator's.
 */
final class Planner {
    /** What keeps new clients from a member. */
    private static final Set<MemberStatus> HOLDING =
            Collections.unmodifiableSet(EnumSet.of(DRAIN, DISABLED, STOPPED));

    private static final Set<MemberStatus> SETTABLE =
            Collections.unmodifiableSet(EnumSet.of(IGNORE_ERRORS, DRAIN, DISABLED, STOPPED));

    private final Membership membership;
    private final HttpdCheck check;
    private final Retries retries;

    /** Where members of this pool are, or may be. */
    private Set<URI> ours = Set.of();

    /** Members whose operator's flags go with the next change. */
    private final Set<URI> resuming = new HashSet<>();

    /** See {@link OwnershipNote#joined}. */
    private String generation = "";

    Planner(Membership membership, HttpdCheck check, InstantSource clock) {
        this.membership = membership;
        this.check = check;
        this.retries = new Retries(clock);
    }

    /** Removes an operator's flags, once. */
    void resume(URI url) {
        resuming.add(url);
    }

    /** The pool saw at this time that the member is well. */
    void alive(URI url, Instant when) {
        retries.alive(url, when);
    }

    /** Members that are found just added were added in this run of httpd's configuration. */
    void generation(String now) {
        generation = now;
    }

    /**
     * Only these are still planned for.
     *
     * @param places where other members of this pool may be one day
     */
    void retain(Set<URI> urls, Set<URI> places) {
        ours = union(urls, places);
        retries.retain(urls);
        resuming.retainAll(urls);
    }

    /** Where members of this pool are, or may be. */
    Set<URI> ours() {
        return ours;
    }

    /** The one request that brings this member nearer to what we want; empty: nothing to do. */
    Optional<Step> step(Balancer seen, DesiredMember wanted) {
        Optional<BalancerMember> found = seen.member(wanted.url());
        if (found.isPresent()) {
            retries.seen(found.get());
            return correction(seen, found.get(), wanted);
        }
        return membership == Membership.JOIN && wanted.state() == DesiredState.SERVING
                ? Optional.of(new Step(Step.Action.ADD, wanted, List.of()))
                : Optional.empty();
    }

    private Optional<Step> correction(Balancer seen, BalancerMember member, DesiredMember wanted) {
        Set<MemberStatus> operators = operators(member);
        Set<MemberStatus> ours = ours(member, wanted);
        Set<MemberStatus> target = union(operators, ours);
        OwnershipNote before = OwnershipNote.of(member);
        var note =
                new OwnershipNote(
                        noted(ours, operators, wanted),
                        isFresh(member) ? generation : before.joined(),
                        before.redirect());
        List<Change> changes = new ArrayList<>();
        if (!note.text().equals(member.redirect())) {
            changes.add(Change.redirect(note.text()));
        }
        for (MemberStatus flag : SETTABLE) {
            if (target.contains(flag) != member.is(flag)) {
                changes.add(Change.status(flag, target.contains(flag)));
            }
        }
        boolean retried = isRetried(member, wanted);
        if (retried) {
            changes.add(Change.status(HC_FAIL, false));
        }
        changes.addAll(settings(member, wanted));
        boolean nothingElse = changes.isEmpty();
        loadFactor(seen, member, wanted).ifPresent(changes::add);
        return changes.isEmpty()
                ? Optional.empty()
                : Optional.of(
                        new Step(
                                nothingElse
                                        ? Step.Action.WEIGH
                                        : retried ? Step.Action.PULSE : action(member, target),
                                wanted,
                                changes));
    }

    private Optional<Change> loadFactor(
            Balancer seen, BalancerMember member, DesiredMember wanted) {
        Integer factor = wanted.loadFactor();
        return factor == null
                ? Optional.empty()
                : LoadFactors.change(seen, member, factor, ours).map(Change::loadFactor);
    }

    /** See {@link LoadFactors}. */
    boolean isBesideUnweighed(Balancer seen, List<DesiredMember> wanted) {
        return wanted.stream()
                .filter(it -> it.loadFactor() != null && it.state() == DesiredState.SERVING)
                .flatMap(it -> seen.member(it.url()).stream())
                .anyMatch(it -> LoadFactors.isBesideUnweighed(seen, it.lbset(), ours));
    }

    private List<Change> settings(BalancerMember member, DesiredMember wanted) {
        List<Change> changes = new ArrayList<>();
        if (!member.route().equals(wanted.route())) {
            changes.add(Change.route(wanted.route()));
        }
        healthCheck(member, wanted).ifPresent(changes::add);
        return changes;
    }

    /** Where members are declared for good their health check is the operator's. */
    private Optional<Change> healthCheck(BalancerMember member, DesiredMember wanted) {
        if (!isChecked(wanted)) {
            return Optional.empty();
        }
        boolean off = OwnershipNote.of(member).flags().contains(HC_FAIL);
        if (wanted.state() == DesiredState.GONE) {
            return off ? Optional.empty() : Optional.of(Change.noHealthCheck());
        }
        return isFresh(member) || off ? Optional.of(Change.healthCheck(check)) : Optional.empty();
    }

    /** mod_proxy_hcheck speaks HTTP/1.1 only. */
    private boolean isChecked(DesiredMember wanted) {
        return membership == Membership.JOIN && !wanted.url().getScheme().equals("h2c");
    }

    /** How it stands. */
    MemberInHttpd view(Balancer seen, DesiredMember wanted) {
        Optional<BalancerMember> found = seen.member(wanted.url());
        if (found.isEmpty()) {
            boolean away = wanted.state() != DesiredState.SERVING;
            return new MemberInHttpd(
                    wanted, null, false, away, null, away ? null : absent(seen, wanted));
        }
        BalancerMember member = found.get();
        if (!holds(standing(member))) {
            resuming.remove(wanted.url());
        }
        boolean held = holds(operators(member));
        return new MemberInHttpd(wanted, member, held, agrees(member, wanted, held), null, null);
    }

    private String absent(Balancer seen, DesiredMember wanted) {
        return (membership == Membership.JOIN
                        ? "httpd's balancer://%s could not be joined by %s"
                        : "httpd's balancer://%s has no member %s: declare it (conf apache prints"
                                + " how), name the host that httpd has with pool.advertise, or say"
                                + " membership: join")
                .formatted(seen.name(), wanted.url());
    }

    private boolean agrees(BalancerMember member, DesiredMember wanted, boolean held) {
        return switch (wanted.state()) {
            case SERVING -> member.route().equals(wanted.route()) && (held || member.inRotation());
            case DRAINING -> member.is(DRAIN) || member.isOut();
            case DISABLED -> member.isOut();
            case GONE ->
                    member.isOut()
                            && (!isChecked(wanted)
                                    || OwnershipNote.of(member).flags().contains(HC_FAIL));
        };
    }

    private Set<MemberStatus> ours(BalancerMember member, DesiredMember wanted) {
        return switch (wanted.state()) {
            case SERVING -> {
                Set<MemberStatus> flags = EnumSet.noneOf(MemberStatus.class);
                if (isPulsed(member)) {
                    flags.add(IGNORE_ERRORS);
                }
                if (OwnershipNote.of(member).flags().contains(STOPPED)
                        && !retries.isReturned(member.url())) {
                    flags.add(STOPPED);
                }
                yield flags;
            }
            case DRAINING -> EnumSet.of(DRAIN);
            case DISABLED, GONE -> EnumSet.of(DRAIN, DISABLED);
        };
    }

    /** What the note shall say: the flags that are ours alone, and that the check is off. */
    private Set<MemberStatus> noted(
            Set<MemberStatus> ours, Set<MemberStatus> operators, DesiredMember wanted) {
        Set<MemberStatus> noted = minus(ours, operators);
        if (wanted.state() == DesiredState.GONE && isChecked(wanted)) {
            noted.add(HC_FAIL);
        }
        return noted;
    }

    /** Whether it is kept out only by a health check that does not come again. */
    private boolean isRetried(BalancerMember member, DesiredMember wanted) {
        return wanted.state() == DesiredState.SERVING
                && member.is(HC_FAIL)
                && !holds(operators(member))
                && retries.isCheckSilent(member.url());
    }

    private boolean isPulsed(BalancerMember member) {
        return !member.is(HC_FAIL) && !holds(operators(member)) && retries.isDue(member.url());
    }

    /** The operator's flags that are to stay. */
    private Set<MemberStatus> operators(BalancerMember member) {
        Set<MemberStatus> standing = standing(member);
        if (resuming.contains(member.url())) {
            standing.removeAll(HOLDING);
        }
        return standing;
    }

    /** The flags that stand in httpd and are not ours. */
    private Set<MemberStatus> standing(BalancerMember member) {
        Set<MemberStatus> flags = EnumSet.copyOf(SETTABLE);
        flags.retainAll(member.status());
        flags.removeAll(OwnershipNote.of(member).flags());
        if (isFresh(member)) {
            flags.remove(DISABLED);
        }
        return flags;
    }

    /** Just added: httpd disables it itself, and it has no route yet. */
    private boolean isFresh(BalancerMember member) {
        return membership == Membership.JOIN
                && member.route().isEmpty()
                && member.redirect().isEmpty()
                && member.is(DISABLED);
    }

    private static boolean holds(Set<MemberStatus> flags) {
        return !Collections.disjoint(flags, HOLDING);
    }

    private static Step.Action action(BalancerMember member, Set<MemberStatus> target) {
        if (gains(member, target, DISABLED)) {
            return Step.Action.DISABLE;
        }
        if (gains(member, target, DRAIN)) {
            return Step.Action.DRAIN;
        }
        if (HOLDING.stream().anyMatch(flag -> member.is(flag) && !target.contains(flag))) {
            return Step.Action.ENABLE;
        }
        return gains(member, target, IGNORE_ERRORS) ? Step.Action.PULSE : Step.Action.SET;
    }

    private static boolean gains(
            BalancerMember member, Set<MemberStatus> target, MemberStatus flag) {
        return target.contains(flag) && !member.is(flag);
    }

    private static <T> Set<T> union(Set<T> one, Set<T> other) {
        Set<T> all = new HashSet<>(one);
        all.addAll(other);
        return all;
    }

    private static Set<MemberStatus> minus(Set<MemberStatus> one, Set<MemberStatus> other) {
        Set<MemberStatus> rest = new HashSet<>(one);
        rest.removeAll(other);
        return rest;
    }
}
