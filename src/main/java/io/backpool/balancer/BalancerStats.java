package io.backpool.balancer;

import io.backpool.config.BalancerConfig;
import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One httpd at the end of the last pass over it. Immutable.
 *
 * @param config which balancer of which httpd
 * @param up whether its manager could be read
 * @param lastError why not, or the last time why not; null: never
 * @param seen everything that httpd has, other people's members too; null: not read yet
 * @param members ours, in the order of their routes' first mention
 * @param ours where members of this pool are, or may be
 * @param faults of the places that httpd has for members
 * @param httpd its own threads; null: it does not tell
 * @param actions how often each was done, or failed
 */
public record BalancerStats(
        BalancerConfig config,
        boolean up,
        @Nullable String lastError,
        @Nullable Balancer seen,
        List<MemberInHttpd> members,
        Set<URI> ours,
        List<SeatFault> faults,
        @Nullable HttpdStatus httpd,
        Map<Outcome, Long> actions) {

    public BalancerStats {
        members = List.copyOf(members);
        ours = Set.copyOf(ours);
        faults = List.copyOf(faults);
        actions = Map.copyOf(actions);
    }

    /** Before the first pass. */
    static BalancerStats of(BalancerConfig config, Map<Outcome, Long> actions) {
        return new BalancerStats(
                config, false, null, null, List.of(), Set.of(), List.of(), null, actions);
    }

    BalancerStats with(Synchronizer.Result result, Map<Outcome, Long> actions) {
        return new BalancerStats(
                config,
                true,
                lastError,
                result.seen(),
                result.members(),
                result.ours(),
                result.faults(),
                result.httpd(),
                actions);
    }

    BalancerStats away(@Nullable String error, Map<Outcome, Long> actions) {
        return new BalancerStats(config, false, error, seen, members, ours, faults, null, actions);
    }

    /** What people call this front end by. */
    public String label() {
        return config.label();
    }

    /** What httpd says of our member with this route, in its own words. */
    public String says(String route) {
        return up ? view(route).map(MemberInHttpd::says).orElse("unknown") : "unknown";
    }

    /** Whether httpd sends new clients to our member with this route. */
    public Standing standing(String route) {
        return up
                ? view(route).map(Standing::of).orElseGet(() -> Standing.unknown(null))
                : Standing.unknown(lastError);
    }

    /** Routes of our members that are to be somewhere in httpd. */
    public List<String> routes() {
        return members.stream()
                .filter(view -> !view.wanted().isGone())
                .map(view -> view.wanted().route())
                .toList();
    }

    /** Hosts whose members a pool has stopped in httpd, because they had vanished. */
    public List<String> vanishedHosts() {
        return listed().stream()
                .filter(OtherHosts::isStopped)
                .map(BalancerMember::host)
                .distinct()
                .toList();
    }

    /**
     * Members of every pool in httpd's order; none while it is away, so that nobody shows old news.
     */
    public List<BalancerMember> listed() {
        return up && seen != null ? seen.members() : List.of();
    }

    /** Whether it is a member of this pool, or a place for one. */
    public boolean isOurs(BalancerMember member) {
        return ours.contains(member.url());
    }

    /** What keeps the member with this route out of the rotation against our will. */
    Optional<String> problem(String route) {
        Optional<MemberInHttpd> view = view(route);
        if (!up) {
            return Optional.of("unknown" + (lastError == null ? "" : ": " + lastError));
        }
        return view.map(MemberInHttpd::obstacle);
    }

    private Optional<MemberInHttpd> view(String route) {
        return members.stream().filter(member -> member.wanted().route().equals(route)).findFirst();
    }

    /**
     * @param action {@code add}, {@code enable}, {@code drain}, {@code disable}, {@code pulse},
     *     {@code stop}, {@code return}, {@code weigh} or {@code set}
     * @param result {@code done} or {@code failed}
     */
    public record Outcome(String action, String result) {}
}
