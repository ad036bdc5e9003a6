package io.backpool.observe;

import io.backpool.balancer.BalancerMember;
import io.backpool.balancer.BalancerStats;
import io.backpool.balancer.HttpdStatus;
import io.backpool.balancer.MemberStatus;
import io.backpool.balancer.Standing;
import io.backpool.config.PoolConfig;
import io.backpool.observe.PoolView.ChangeProgress;
import io.backpool.observe.PoolView.MemberView;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What {@code /status.json} says, and the status page shows. Immutable.
 *
 * @param verdict how the pool is, in one sentence
 * @param restart the last rolling restart; null: there was none
 * @param change the last change of any kind; null: there was none
 * @param pendingSettings on disk, and not in use before a restart of the whole pool
 * @param lastSecond what was answered in it; null: not known yet
 * @param doctor what {@code doctor} reported last; null: nothing since the start
 */
record StatusReport(
        Pool pool,
        Verdict verdict,
        List<MemberView> members,
        List<FrontEnd> frontEnds,
        Map<String, String> services,
        boolean canRestart,
        @Nullable ChangeProgress restart,
        @Nullable ChangeProgress change,
        List<String> pendingSettings,
        List<RecentEvents.Event> events,
        History.@Nullable Second lastSecond,
        DoctorReport.@Nullable Result doctor) {

    static StatusReport of(
            PoolView pool,
            History.@Nullable Second lastSecond,
            DoctorReport.@Nullable Result doctor) {
        List<MemberView> members = pool.members();
        List<FrontEnd> frontEnds = pool.frontEnds().stream().map(FrontEnd::of).toList();
        ChangeProgress change = pool.change();
        Duration pause = pool.pause();
        List<String> pending = pool.pendingSettings();
        return new StatusReport(
                Pool.of(pool.settings()),
                pause == null
                        ? Verdict.of(pool.services(), members, frontEnds, change, pending)
                        : Verdict.paused(pause, members),
                members,
                frontEnds,
                pool.services(),
                pool.canRestart(),
                pool.restartProgress(),
                change,
                pending,
                RecentEvents.ofThisProcess().latest(),
                lastSecond,
                doctor);
    }

    /**
     * What runs.
     *
     * @param version of Backpool
     * @param uptimeSeconds of its process
     * @param host of the members for httpd, as in a URL
     * @param httpPort of member 1
     * @param ajpPort of member 1; 0: no AJP
     * @param tls whether members speak TLS
     */
    record Pool(
            String name,
            String version,
            long uptimeSeconds,
            String host,
            String routePrefix,
            int httpPort,
            int ajpPort,
            boolean tls) {
        static Pool of(PoolConfig settings) {
            String version = StatusReport.class.getPackage().getImplementationVersion();
            return new Pool(
                    settings.name(),
                    Objects.requireNonNullElse(version, "(not from a jar)"),
                    ManagementFactory.getRuntimeMXBean().getUptime() / 1000,
                    settings.host(),
                    settings.routePrefix(),
                    settings.httpPort(),
                    settings.ajpPort(),
                    settings.tls() != null);
        }
    }

    /**
     * An httpd in front of the pool.
     *
     * @param state {@code up}, or {@code unknown}: its balancer-manager could not be read
     * @param why it is unknown; null: it is up
     * @param busy threads that serve a request; -1: it does not say
     * @param idle threads that wait for one; -1: it does not say
     * @param vanishedHosts whose members a pool has stopped there
     * @param members of every pool; none while its state is unknown
     */
    record FrontEnd(
            String name,
            String manager,
            String balancer,
            String protocol,
            String membership,
            String state,
            @Nullable String why,
            long busy,
            long idle,
            List<String> vanishedHosts,
            List<HttpdMember> members) {
        static FrontEnd of(BalancerStats stats) {
            HttpdStatus httpd = stats.httpd();
            return new FrontEnd(
                    stats.label(),
                    stats.config().manager().toString(),
                    stats.config().name(),
                    stats.config().protocol().name(),
                    stats.config().membership().name(),
                    stats.up() ? "up" : Standing.UNKNOWN,
                    stats.up()
                            ? null
                            : Objects.requireNonNullElse(stats.lastError(), "not asked yet"),
                    httpd == null ? -1 : httpd.busy(),
                    httpd == null ? -1 : httpd.idle(),
                    stats.vanishedHosts(),
                    stats.listed().stream()
                            .map(member -> HttpdMember.of(member, stats.isOurs(member)))
                            .toList());
        }
    }

    /**
     * A member of the balancer, of whichever pool, as httpd has it.
     *
     * @param host as in its URL
     * @param status in httpd's words: {@code Init Drn Ok}
     * @param inRotation whether httpd gives it new clients
     * @param elected requests that were sent to it
     * @param busy requests in flight
     * @param own whether it is this pool's
     * @param free whether it is a place where its pool has no member
     */
    record HttpdMember(
            String host,
            String route,
            String url,
            String status,
            boolean inRotation,
            double loadFactor,
            long elected,
            long busy,
            boolean own,
            boolean free) {
        static HttpdMember of(BalancerMember member, boolean own) {
            return new HttpdMember(
                    member.host(),
                    member.route(),
                    member.url().toString(),
                    MemberStatus.words(member.status()),
                    member.inRotation(),
                    member.loadFactor(),
                    member.elected(),
                    member.busy(),
                    own,
                    member.isFree());
        }
    }
}
