package io.backpool.balancer;

import static io.backpool.balancer.MemberStatus.STOPPED;

import io.backpool.balancer.DesiredMember.DesiredState;
import io.backpool.config.NumericAddress;
import java.net.URI;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The hosts of other pools' members in one httpd. Those of a host that vanishes without a word
 * (power, cable) are stopped: httpd itself would let requests wait for it, up to {@code
 * ProxyTimeout}. Only if httpd gets no answer either, and while members elsewhere serve.
 *
 * <p>An {@link OwnershipNote} in httpd says that a pool stopped it: so its own pool puts it in when
 * it is there again, or any pool that has reached the host for a while. Used by the reconciler's
 * thread only.
 */
final class OtherHosts implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(OtherHosts.class);

    /** So many are watched at most. */
    private static final int MOST = 100;

    private final String label;
    private final InstantSource clock;
    private final Function<String, Probe> probes;
    private final Map<String, Host> hosts = new HashMap<>();
    private Set<String> vanished = Set.of();

    /**
     * @param label what people call this httpd by
     * @param probes of a host, by its name in a URL
     */
    OtherHosts(String label, InstantSource clock, Function<String, Probe> probes) {
        this.label = label;
        this.clock = clock;
        this.probes = probes;
    }

    /** Finds out whether a host answers. */
    interface Probe extends AutoCloseable {
        /**
         * What has come of the last connect; begins the next one when it is due.
         *
         * @param ports of the host's members, which are asked in turn
         * @return null: nothing new is known
         */
        @Nullable Answer look(Instant now, List<Integer> ports);

        @Override
        void close();
    }

    /** What is known of a host. */
    enum Answer {
        /** A member there accepts connections. */
        CONNECTED,
        /** The host is there, and nobody listens. */
        REFUSED,
        NONE
    }

    private record Host(Probe probe, HostWatch watch) {}

    /**
     * What must change.
     *
     * @param ours where members of this pool are, or may be
     */
    List<Step> steps(Balancer seen, Set<URI> ours) {
        Map<String, List<BalancerMember>> others = others(seen, ours);
        forget(others.keySet());
        List<Step> steps = new ArrayList<>();
        Set<String> gone = new TreeSet<>();
        Instant now = clock.instant();
        others.forEach(
                (name, members) -> {
                    HostWatch watch = look(name, members, now);
                    if (watch.isVanished(now)) {
                        gone.add(name);
                    } else if (watch.isSteady(now)) {
                        members.stream()
                                .filter(OtherHosts::isStopped)
                                .map(member -> step(Step.Action.RETURN, member))
                                .forEach(steps::add);
                    }
                });
        boolean last =
                seen.members().stream()
                        .noneMatch(it -> it.inRotation() && !gone.contains(it.host()));
        say(gone, last);
        if (!last) {
            gone.stream()
                    .flatMap(name -> others.getOrDefault(name, List.of()).stream())
                    .filter(member -> !member.isOut())
                    .map(member -> step(Step.Action.STOP, member))
                    .forEach(steps::add);
        }
        return steps;
    }

    @Override
    public void close() {
        forget(Set.of());
    }

    /** Members that are in use, or would be if their host had not vanished, by their host. */
    private static Map<String, List<BalancerMember>> others(Balancer seen, Set<URI> ours) {
        Set<String> own = ours.stream().map(BalancerMember::host).collect(Collectors.toSet());
        Map<String, List<BalancerMember>> others = new LinkedHashMap<>();
        for (BalancerMember member : seen.members()) {
            String host = member.host();
            boolean known = others.containsKey(host) || others.size() < MOST;
            if (known
                    && !own.contains(host)
                    && !NumericAddress.isLoopback(host) // Of httpd or ours: not gone alone.
                    && (!member.isOut() || isStopped(member))) {
                others.computeIfAbsent(host, key -> new ArrayList<>()).add(member);
            }
        }
        return others;
    }

    private HostWatch look(String name, List<BalancerMember> members, Instant now) {
        Host host =
                hosts.computeIfAbsent(name, key -> new Host(probes.apply(key), new HostWatch()));
        host.watch.seen(members, now);
        Answer answer = host.probe.look(now, members.stream().map(BalancerMember::port).toList());
        if (answer != null) {
            host.watch.probed(answer, now);
        }
        return host.watch;
    }

    private void forget(Set<String> butThese) {
        hosts.entrySet()
                .removeIf(
                        host -> {
                            boolean over = !butThese.contains(host.getKey());
                            if (over) {
                                host.getValue().probe.close();
                            }
                            return over;
                        });
    }

    /** Whether a pool stopped it. */
    static boolean isStopped(BalancerMember member) {
        return OwnershipNote.of(member).flags().contains(STOPPED);
    }

    private static Step step(Step.Action action, BalancerMember member) {
        boolean stop = action == Step.Action.STOP;
        OwnershipNote before = OwnershipNote.of(member);
        Set<MemberStatus> flags = EnumSet.of(STOPPED);
        flags.addAll(before.flags());
        if (!stop) {
            flags.remove(STOPPED);
        }
        var note = new OwnershipNote(flags, before.joined(), before.redirect());
        return new Step(
                action,
                new DesiredMember(member.url(), null, member.route(), null, DesiredState.GONE),
                List.of(Change.redirect(note.text()), Change.status(STOPPED, stop)));
    }

    private void say(Set<String> gone, boolean last) {
        for (String host : gone) {
            if (!vanished.contains(host)) {
                LOG.warn(
                        "{} answers neither this pool nor {}: its members {}",
                        host,
                        label,
                        last
                                ? "stay in, since no others are in the rotation"
                                : "are stopped until it does");
            }
        }
        for (String host : vanished) {
            if (!gone.contains(host)) {
                LOG.info("{} answers again", host);
            }
        }
        vanished = gone;
    }
}
