package io.backpool.balancer;

import static io.backpool.balancer.DesiredMember.DesiredState.DISABLED;
import static io.backpool.balancer.DesiredMember.DesiredState.DRAINING;
import static io.backpool.balancer.DesiredMember.DesiredState.SERVING;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.backpool.balancer.DesiredMember.DesiredState;
import io.backpool.config.BalancerConfig.Membership;
import io.backpool.config.HttpdCheck;
import io.backpool.testkit.Ports;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/** The loop and the real httpd: whatever happens to httpd, it comes to what we want. */
class ReconcilerIT {
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final String NOT_PROXIED = "ProxyPass /balancer-manager !";
    private static final String PERSIST = "BalancerPersist On\n";

    private final int first = Ports.free(3);
    private StubMember m1 = new StubMember("m1", first);
    private final StubMember m2 = new StubMember("m2", first + 1);
    private final StubMember foreign = new StubMember("foreign", first + 2);
    private final ListAppender<ILoggingEvent> log = new ListAppender<>();

    @BeforeEach
    void listen() {
        log.start();
        logger().addAppender(log);
    }

    @AfterEach
    void stop() {
        logger().detachAppender(log);
        m1.close();
        m2.close();
        foreign.close();
    }

    @Test
    void aStaticMemberIsDrainedDisabledAndEnabled(@TempDir Path directory) throws Exception {
        try (var front = new FrontEnd(directory, FrontEnd.declared(first, first + 1));
                var reconciler = reconciler(front, Membership.STATIC)) {
            desire(reconciler, 1, DRAINING);
            assertThat(front.answers(20)).containsExactly("m2");
            assertThat(front.answer("JSESSIONID=x.m1")).isEqualTo("m1");

            desire(reconciler, 1, DISABLED);
            assertThat(front.answer("JSESSIONID=x.m1")).isEqualTo("m2");

            desire(reconciler, 1, SERVING);
            assertThat(front.answers(20)).containsExactly("m1", "m2");
            assertThat(reconciler.stats().actions())
                    .containsEntry(new BalancerStats.Outcome("drain", "done"), 1L)
                    .containsEntry(new BalancerStats.Outcome("disable", "done"), 1L)
                    .containsEntry(new BalancerStats.Outcome("enable", "done"), 1L);
        }
    }

    @Test
    void membersJoinAnEmptyBalancerAndForeignOnesAreNotTouched(@TempDir Path directory)
            throws Exception {
        try (var front = new FrontEnd(directory, PERSIST + FrontEnd.open(4))) {
            var manager = new BalancerManager(front.config(Membership.JOIN));
            manager.add(manager.read(), StubMember.url(first + 2), null);
            BalancerMember before = member(manager, first + 2);
            try (var reconciler = reconciler(front, Membership.JOIN)) {
                assertThat(front.answers(20)).containsExactly("m1", "m2");
                desire(reconciler, 2, DISABLED);
                assertThat(front.answers(20)).containsExactly("m1");
            }
            assertThat(member(manager, first + 2)).isEqualTo(before);
        }
    }

    @Test
    void aGracefulThatForgetsEverythingIsHealed(@TempDir Path directory) throws Exception {
        try (var front = new FrontEnd(directory, FrontEnd.open(4));
                var reconciler = reconciler(front, Membership.JOIN)) {
            desire(reconciler, 2, DRAINING);
            front.httpd.graceful();
            await().atMost(PATIENCE)
                    .until(() -> done(reconciler, "add") >= 3 && front.answers(9).contains("m1"));
            assertThat(front.answers(20)).containsExactly("m1");

            desire(reconciler, 2, SERVING);
            assertThat(front.answers(20)).containsExactly("m1", "m2");
        }
    }

    @Test
    void whatTheLastPoolLeftInHttpdIsClearedByTheNext(@TempDir Path directory) throws Exception {
        try (var front = new FrontEnd(directory, PERSIST + FrontEnd.declared(first, first + 1))) {
            try (var reconciler = reconciler(front, Membership.STATIC)) {
                desire(reconciler, 1, DISABLED);
                desire(reconciler, 2, DRAINING);
            }
            front.httpd.restart(front.port);
            assertThat(new BalancerManager(front.config(Membership.STATIC)).read().members())
                    .noneMatch(BalancerMember::inRotation);
            try (var reconciler = reconciler(front, Membership.STATIC)) {
                assertThat(front.answers(20)).containsExactly("m1", "m2");
                assertThat(reconciler.stats().members()).noneMatch(MemberInHttpd::held);
            }
        }
    }

    @Test
    void whatAnOperatorDisablesStaysSoUntilItIsResumed(@TempDir Path directory) throws Exception {
        try (var front = new FrontEnd(directory, PERSIST + FrontEnd.declared(first, first + 1))) {
            var manager = new BalancerManager(front.config(Membership.STATIC));
            try (var reconciler = reconciler(front, Membership.STATIC)) {
                Balancer seen = manager.read();
                manager.update(
                        seen,
                        member(manager, first),
                        List.of(Change.status(MemberStatus.DISABLED, true)));
                await().atMost(PATIENCE).until(() -> view(reconciler, 1).held());
                desire(reconciler, 1, DISABLED);
                desire(reconciler, 1, SERVING);
                assertThat(front.answers(20)).containsExactly("m2");
            }
            front.httpd.graceful();
            front.httpd.restart(front.port);
            try (var reconciler = reconciler(front, Membership.STATIC)) {
                assertThat(view(reconciler, 1).held()).isTrue();
                assertThat(front.answers(20)).containsExactly("m2");

                reconciler.resume("m1");
                await().atMost(PATIENCE).until(() -> !view(reconciler, 1).held());
                await().atMost(PATIENCE).until(() -> reconciler.isAgreed("m1"));
                assertThat(front.answers(20)).containsExactly("m1", "m2");
            }
            assertThat(lines("held by an operator")).hasSize(2);
        }
    }

    @Test
    void aMemberThatCameBackIsTriedAtOnceAndNotAfterItsRetryTime(@TempDir Path directory)
            throws Exception {
        try (var front = new FrontEnd(directory, FrontEnd.declared(first, first + 1));
                var reconciler = reconciler(front, Membership.STATIC)) {
            m1.close();
            reconciler.desire(wanted(1, DISABLED));
            await().atMost(PATIENCE).until(() -> reconciler.isAgreed("m1"));
            reconciler.desire(wanted(1, DRAINING));
            await().atMost(PATIENCE).until(() -> reconciler.isAgreed("m1"));
            await().atMost(PATIENCE)
                    .until(
                            () -> {
                                front.answer("JSESSIONID=x.m1");
                                return seen(reconciler, 1).is(MemberStatus.IN_ERROR);
                            });
            m1 = new StubMember("m1", first);
            reconciler.alive("m1");
            desire(reconciler, 1, SERVING);
            await().atMost(Duration.ofSeconds(10)).until(() -> front.answers(4).contains("m1"));
            await().atMost(PATIENCE)
                    .until(
                            () ->
                                    seen(reconciler, 1).is(MemberStatus.OK)
                                            && !seen(reconciler, 1).is(MemberStatus.IGNORE_ERRORS));
            assertThat(front.answers(20)).containsExactly("m1", "m2");
        }
    }

    @Test
    void httpdGoesAndReturnsWithOneLineEach(@TempDir Path directory) throws Exception {
        try (var front = new FrontEnd(directory, FrontEnd.declared(first, first + 1));
                var reconciler = reconciler(front, Membership.STATIC)) {
            desire(reconciler, 2, DRAINING);
            front.httpd.stop();
            await().atMost(PATIENCE).until(() -> !reconciler.stats().up());
            String error = reconciler.stats().lastError();
            assertThat(error).contains("is httpd running");
            assertThat(reconciler.isAgreed("m2")).isFalse();

            front.httpd.restart(front.port);
            await().atMost(PATIENCE).until(() -> reconciler.isAgreed("m2"));
            assertThat(front.answers(20)).containsExactly("m1");
            assertThat(lines("is away, the pool serves on")).hasSize(1);
            assertThat(lines("is back")).hasSize(1);
        }
    }

    @Test
    void aManagerThatAnswersOddlyIsToldOnceTheMembersServeOnAndItIsUsedAgain(
            @TempDir Path directory) throws Exception {
        try (var silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
                var front = new FrontEnd(directory, FrontEnd.declared(first, first + 1));
                var reconciler = reconciler(front, Membership.STATIC)) {
            Map<String, String> odd = new LinkedHashMap<>();
            odd.put("ProxyPass /balancer-manager " + StubMember.url(first), "not balancer-manager");
            odd.put(
                    "<Location /balancer-manager>\nRequire all denied\n</Location>\n" + NOT_PROXIED,
                    "Require ip");
            odd.put(
                    "ProxyPass /balancer-manager " + StubMember.url(silent.getLocalPort()),
                    "did not answer within");
            for (Map.Entry<String, String> one : odd.entrySet()) {
                log.list.clear();
                front.replaceManager(one.getKey() + "\n");
                await().atMost(PATIENCE).until(() -> says(reconciler, one.getValue()));
                assertThat(front.answers(20)).containsExactly("m1", "m2");

                front.restoreManager();
                desire(reconciler, 1, DRAINING);
                assertThat(front.answers(20)).containsExactly("m2");
                desire(reconciler, 1, SERVING);
                assertThat(lines("is away, the pool serves on")).hasSize(1);
                assertThat(lines("is back")).hasSize(1);
            }
        }
    }

    private static boolean says(Reconciler reconciler, String complaint) {
        BalancerStats stats = reconciler.stats();
        String error = stats.lastError();
        return !stats.up() && error != null && error.contains(complaint);
    }

    @Test
    void twoHttpdsAreToldEachItsOwn(@TempDir Path directory) throws Exception {
        try (var one = new FrontEnd(directory, FrontEnd.declared(first, first + 1));
                var other = new FrontEnd(directory, FrontEnd.open(2));
                var reconciler = reconciler(one, Membership.STATIC);
                var joining = reconciler(other, Membership.JOIN)) {
            desire(reconciler, 1, DRAINING);
            desire(joining, 1, DRAINING);
            assertThat(one.answers(10)).containsExactly("m2");
            assertThat(other.answers(10)).containsExactly("m2");
            one.httpd.stop();
            desire(joining, 1, SERVING);
            assertThat(other.answers(10)).containsExactly("m1", "m2");
        }
    }

    @Test
    void aBalancerWithoutAFreeSlotIsToldWithItsRemedyAndTheOthersServe(@TempDir Path directory)
            throws IOException {
        try (var front = new FrontEnd(directory, FrontEnd.open(1));
                var reconciler =
                        new Reconciler(
                                front.config(Membership.JOIN), List.of(), HttpdCheck.READINESS)) {
            reconciler.desire(wanted(1, SERVING));
            reconciler.desire(wanted(2, SERVING));
            reconciler.start();
            await().atMost(PATIENCE)
                    .until(
                            () ->
                                    reconciler.stats().members().size() == 2
                                            && view(reconciler, 1).agreed());
            assertThat(view(reconciler, 2).problem()).contains("ProxySet growth=N");
            assertThat(front.answers(10)).containsExactly("m1");
            await().atMost(PATIENCE).until(() -> !lines("ProxySet growth=N").isEmpty());
            assertThat(lines("ProxySet growth=N")).hasSize(1);
        }
    }

    @Test
    void aMemberThatHttpdDoesNotDeclareIsToldOnce(@TempDir Path directory) throws IOException {
        try (var front = new FrontEnd(directory, FrontEnd.declared(first));
                var reconciler =
                        new Reconciler(
                                front.config(Membership.STATIC), List.of(), HttpdCheck.READINESS)) {
            reconciler.desire(wanted(2, SERVING));
            reconciler.start();
            await().atMost(PATIENCE)
                    .until(
                            () ->
                                    !lines("has no member").isEmpty()
                                            && !reconciler.stats().members().isEmpty());
            assertThat(view(reconciler, 2).agreed()).isFalse();
        }
    }

    /** Two pools with one prefix: clients with a session would reach either. */
    @Test
    void aDeclaredPlaceDoesNotGetARouteThatIsInUseElsewhere(@TempDir Path directory)
            throws IOException {
        try (var front = new FrontEnd(directory, FrontEnd.declared(first, first + 1));
                var reconciler =
                        new Reconciler(
                                front.config(Membership.JOIN), List.of(), HttpdCheck.READINESS)) {
            reconciler.desire(
                    new DesiredMember(StubMember.url(first + 1), null, "m1", null, SERVING));
            reconciler.start();
            await().atMost(PATIENCE).until(() -> !lines("has the route m1 at").isEmpty());
            var manager = new BalancerManager(front.config(Membership.JOIN));
            assertThat(member(manager, first + 1).route()).isEqualTo("m2");
            assertThat(reconciler.isAgreed("m1")).isFalse();
        }
    }

    private Reconciler reconciler(FrontEnd front, Membership membership)
            throws InterruptedException {
        var reconciler = new Reconciler(front.config(membership), List.of(), HttpdCheck.READINESS);
        reconciler.desire(wanted(1, SERVING));
        reconciler.desire(wanted(2, SERVING));
        reconciler.start();
        await().atMost(PATIENCE).until(() -> reconciler.isAgreed("m1"));
        await().atMost(PATIENCE).until(() -> reconciler.isAgreed("m2"));
        return reconciler;
    }

    private void desire(Reconciler reconciler, int index, DesiredState state)
            throws InterruptedException {
        reconciler.desire(wanted(index, state));
        await().atMost(PATIENCE).until(() -> reconciler.isAgreed("m" + index));
    }

    private DesiredMember wanted(int index, DesiredState state) {
        return new DesiredMember(StubMember.url(first + index - 1), null, "m" + index, null, state);
    }

    private static MemberInHttpd view(Reconciler reconciler, int index) {
        return reconciler.stats().members().stream()
                .filter(view -> view.wanted().route().equals("m" + index))
                .findFirst()
                .orElseThrow();
    }

    private static BalancerMember seen(Reconciler reconciler, int index) {
        BalancerMember seen = view(reconciler, index).seen();
        if (seen == null) {
            throw new AssertionError("httpd has no m" + index);
        }
        return seen;
    }

    private static BalancerMember member(BalancerManager manager, int port) {
        return manager.read().member(StubMember.url(port)).orElseThrow();
    }

    private static long done(Reconciler reconciler, String action) {
        return reconciler
                .stats()
                .actions()
                .getOrDefault(new BalancerStats.Outcome(action, "done"), 0L);
    }

    private List<String> lines(String text) {
        return List.copyOf(log.list).stream()
                .map(ILoggingEvent::getFormattedMessage)
                .filter(line -> line.contains(text))
                .toList();
    }

    private static Logger logger() {
        return (Logger) LoggerFactory.getLogger("io.backpool.balancer");
    }
}
