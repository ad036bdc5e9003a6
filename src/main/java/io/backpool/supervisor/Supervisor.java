package io.backpool.supervisor;

import static java.util.Comparator.naturalOrder;

import io.backpool.balancer.FrontEnds;
import io.backpool.config.Config;
import io.backpool.config.LogConfig;
import io.backpool.config.PoolConfig;
import io.backpool.observe.AdminServer;
import io.backpool.observe.Metrics;
import io.backpool.observe.PoolControl;
import io.backpool.observe.Traffic;
import io.backpool.server.MemberState;
import io.backpool.supervisor.Message.Beat;
import io.backpool.supervisor.Message.Failed;
import io.undertow.util.StatusCodes;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;
import java.util.function.BinaryOperator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A running pool whose members are processes. Serves nobody but the admin listener: it spawns the
 * members, replaces those that crash, hang or are to be renewed, and stops them. What takes time is
 * done by one thread, in the order in which it was asked for. Opened by one thread, closed by any.
 */
public final class Supervisor implements PoolControl, Seat.Events, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Supervisor.class);

    private final Config config;
    private final Launcher launcher;
    private final Systemd systemd;
    private final FrontEnds frontEnds;
    private final Rotation rotation;
    private final Sizes sizes;
    private final Metrics metrics = new Metrics();
    private final Output out;
    private final Output err;
    private final Seat.Shop shop;
    private final ExecutorService changes =
            Executors.newSingleThreadExecutor(task -> new Thread(task, "changes"));
    private final AdminServer admin;

    /** What the next process of any member runs. Guarded by this. */
    private Launch launch;

    /** By index, from 1. Guarded by this. */
    private final List<Seat> seats = new ArrayList<>();

    /** How many members there are to be. Guarded by this. */
    private int target;

    /** Guarded by this. */
    private @Nullable Progress progress;

    /** Why the pool can't start. Guarded by this. */
    private @Nullable BootException bootFailure;

    /** Guarded by this. */
    private boolean booted;

    /** Guarded by this. */
    private boolean closed;

    /** Says whether the pool could have that many members. */
    public interface Sizes {
        /**
         * Reads the configuration for so many members.
         *
         * @throws io.backpool.config.ConfigException if there can't be so many
         */
        void check(int members);
    }

    private Supervisor(Config config, Launcher launcher, Systemd systemd, Sizes sizes) {
        this.config = config;
        this.launcher = launcher;
        this.systemd = systemd;
        this.frontEnds = FrontEnds.open(config);
        this.rotation = Rotation.of(frontEnds, config.pool().stickyGrace());
        this.sizes = sizes;
        this.launch = launcher.asStarted();
        // Standard output is for machines: access lines as they are. JSON says itself whose it is.
        boolean named = config.log().format() == LogConfig.Format.PATTERN;
        this.out = new Output(new FileOutputStream(FileDescriptor.out), "stdout", false);
        this.err = new Output(new FileOutputStream(FileDescriptor.err), "stderr", named);
        this.target = config.pool().members();
        this.shop =
                new Seat.Shop(
                        this::target,
                        out,
                        err,
                        new Semaphore(Math.max(2, Runtime.getRuntime().availableProcessors())),
                        config.pool().drainTimeout(),
                        config.pool().maxRequests(),
                        this);
        metrics.add(frontEnds::stats);
        metrics.addStates(this::members);
        this.admin = AdminServer.open(config.admin(), config.services(), metrics, this);
    }

    /**
     * Opens the admin listener and begins to start the members.
     *
     * @throws io.backpool.server.ServerException if the admin port can't be bound
     */
    public static Supervisor open(Config config, Launcher launcher, Systemd systemd, Sizes sizes) {
        var supervisor = new Supervisor(config, launcher, systemd, sizes);
        supervisor.grow();
        LOG.info(
                "admin - http://{}:{}",
                config.admin().bind().getHostAddress(),
                config.admin().port());
        return supervisor;
    }

    /**
     * Waits until every member served once.
     *
     * @throws BootException if one can't start as configured
     */
    public void awaitBoot() throws BootException, InterruptedException {
        synchronized (this) {
            while (bootFailure == null && !closed && !booted) {
                wait();
            }
            if (bootFailure != null) {
                throw bootFailure;
            }
        }
        submit(this::prepare);
    }

    /** Whether somebody watches each member; waits for ever where a lock is stuck. */
    public synchronized boolean isAlive() {
        return seats.stream().allMatch(Seat::isAlive);
    }

    private synchronized int target() {
        return Math.max(target, seats.size());
    }

    @Override
    public synchronized List<MemberView> members() {
        return seats.stream().map(this::view).toList();
    }

    private MemberView view(Seat seat) {
        PoolConfig pool = config.pool();
        Beat beat = beat(seat);
        String state = beat == null ? name(MemberState.STARTING) : beat.state();
        return new MemberView(
                seat.route(),
                state,
                beat != null && MemberState.valueOf(state.toUpperCase(Locale.ROOT)).isReady(),
                pid(seat),
                pool.httpPort(seat.index()),
                pool.hasAjp() ? pool.ajpPort(seat.index()) : 0,
                beat == null ? -1 : beat.inFlight(),
                seat.restarts(),
                beat == null ? Traffic.NONE : beat.traffic(),
                frontEnds.says(seat.route()));
    }

    @Override
    public synchronized Map<String, String> services() {
        Map<String, String> all = new TreeMap<>();
        for (Seat seat : seats) {
            Beat beat = beat(seat);
            if (beat != null) {
                // DOWN comes before UP.
                beat.services()
                        .forEach(
                                (name, up) ->
                                        all.merge(name, up, BinaryOperator.minBy(naturalOrder())));
            }
        }
        return all;
    }

    private static long pid(Seat seat) {
        WorkerProcess process = seat.process();
        return process == null ? 0 : process.pid();
    }

    private static @Nullable Beat beat(Seat seat) {
        WorkerProcess process = seat.process();
        return process != null && process.isUp() ? process.beat() : null;
    }

    private static String name(MemberState state) {
        return state.name().toLowerCase(Locale.ROOT);
    }

    @Override
    public synchronized List<Integer> otherAdminPorts() {
        return seats.stream().map(seat -> config.admin().ofMember(seat.index()).port()).toList();
    }

    /** Tells every process that its log files were moved away. */
    public synchronized void reopenLogs() {
        seats.forEach(Seat::reopenLogs);
    }

    @Override
    public void drain(String route) throws ControlException {
        Seat seat = seat(route);
        seat.hold(true);
        frontEnds.drain(seat.index());
    }

    @Override
    public void resume(String route) throws ControlException {
        Seat seat = seat(route);
        seat.hold(false);
        frontEnds.resume(seat.index());
        WorkerProcess process = seat.process();
        if (process == null || !process.isUp()) {
            frontEnds.disable(seat.index());
        }
    }

    @Override
    public void restart(@Nullable String route, int parallel) throws ControlException {
        List<Seat> chosen = route == null ? List.of() : List.of(seat(route));
        var next = new Progress();
        synchronized (this) {
            if (progress != null && progress.isRunning()) {
                throw new ControlException(StatusCodes.CONFLICT, "a restart is running");
            }
            if (!booted) {
                throw new ControlException(
                        StatusCodes.CONFLICT, "the members are still starting: wait for them");
            }
            progress = next;
        }
        submit(() -> roll(chosen, parallel, next));
    }

    @Override
    public boolean canRestart() {
        return true;
    }

    @Override
    public synchronized @Nullable RestartProgress restartProgress() {
        return progress == null ? null : progress.view();
    }

    @Override
    public void scale(int members) throws ControlException {
        try {
            sizes.check(members);
        } catch (RuntimeException e) {
            throw new ControlException(StatusCodes.CONFLICT, String.valueOf(e.getMessage()));
        }
        synchronized (this) {
            target = members;
        }
        submit(this::fit);
    }

    /** One member more, or fewer: TTIN, TTOU. */
    public void scaleBy(int difference) {
        try {
            int wanted;
            synchronized (this) {
                wanted = target + difference;
            }
            if (wanted >= 1) {
                scale(wanted);
            }
        } catch (ControlException e) {
            LOG.warn("not scaled: {}", e.getMessage());
        }
    }

    /** All members, one after the other: HUP. */
    public void restartAll() {
        try {
            restart(null, 1);
        } catch (ControlException e) {
            LOG.warn("not restarted: {}", e.getMessage());
        }
    }

    private synchronized Seat seat(String route) throws ControlException {
        return seats.stream()
                .filter(seat -> seat.route().equals(route))
                .findFirst()
                .orElseThrow(
                        () ->
                                new ControlException(
                                        StatusCodes.NOT_FOUND, "no member has this route"));
    }

    @Override
    public void ready(Seat seat) {
        if (!seat.isHeld()) {
            frontEnds.putIn(seat.index());
        }
        synchronized (this) {
            booted = booted || seats.stream().allMatch(Supervisor::serves);
            notifyAll();
        }
    }

    private static boolean serves(Seat seat) {
        WorkerProcess process = seat.process();
        return process != null && process.isReady();
    }

    @Override
    public void gone(Seat seat) {
        frontEnds.disable(seat.index());
    }

    @Override
    public void cut(Seat seat, int requests) {
        metrics.requestsCut(seat.route(), requests);
    }

    @Override
    public void restarting(Seat seat, String reason) {
        metrics.processRestarted(seat.route(), reason);
    }

    @Override
    public void worn(Seat seat, WorkerProcess process) {
        submit(() -> renew(seat, process));
    }

    @Override
    public synchronized boolean failed(Seat seat, WorkerProcess process) {
        if (booted || closed) {
            return false;
        }
        if (bootFailure == null) {
            Failed said = process.failure();
            bootFailure =
                    said == null
                            ? new BootException(
                                    INTERNAL_ERROR,
                                    seat.route()
                                            + " "
                                            + process.ending()
                                            + " before it was ready; what it said is above")
                            : new BootException(said.exitCode(), said.text());
        }
        notifyAll();
        return true;
    }

    /** As sysexits(3) has it. */
    private static final int INTERNAL_ERROR = 70;

    private void submit(Change change) {
        try {
            changes.execute(
                    () -> {
                        try {
                            change.make();
                        } catch (InterruptedException e) {
                            Thread.currentThread().interrupt();
                        } catch (IOException | RuntimeException e) {
                            LOG.error("a change of the pool failed", e);
                        }
                    });
        } catch (RejectedExecutionException e) {
            LOG.debug("the pool is stopping");
        }
    }

    /** Something that takes time. */
    private interface Change {
        void make() throws IOException, InterruptedException;
    }

    private void prepare() throws IOException, InterruptedException {
        Launch now;
        synchronized (this) {
            now = launch;
        }
        now.prepare();
    }

    private void roll(List<Seat> chosen, int parallel, Progress steps) throws InterruptedException {
        systemd.reloading();
        try {
            Launch next = launcher.fromDisk();
            String mistake = next.check(target());
            if (mistake != null) {
                throw new RollException(mistake + "\nNothing was restarted");
            }
            List<Seat> all = all();
            List<Seat> order = chosen.isEmpty() ? all : chosen;
            int together = Math.min(parallel, Math.max(1, all.size() - 1));
            new Roll(rotation, next, "restart", steps).run(order, together);
            synchronized (this) {
                launch = next;
            }
            steps.done();
            next.prepare();
        } catch (RollException | IOException e) {
            steps.failed(String.valueOf(e.getMessage()));
        } catch (InterruptedException e) {
            steps.failed("the pool is stopping");
            throw e;
        } finally {
            if (steps.isRunning()) {
                steps.failed("internal error, see the log");
            }
            systemd.ready();
        }
    }

    private void renew(Seat seat, WorkerProcess worn) throws InterruptedException {
        if (seat.process() != worn) {
            return;
        }
        Launch same;
        synchronized (this) {
            same = launch;
        }
        try {
            new Roll(rotation, same, "max-requests", new Progress()).run(List.of(seat), 1);
        } catch (RollException e) {
            LOG.error("{} - not renewed: {}", seat.route(), e.getMessage());
        }
    }

    private synchronized List<Seat> all() {
        return List.copyOf(seats);
    }

    /** Opens or closes members until there are as many as there are to be. */
    private void fit() throws InterruptedException {
        grow();
        List<Seat> surplus;
        synchronized (this) {
            surplus = List.copyOf(seats.subList(Math.min(target, seats.size()), seats.size()));
        }
        end(surplus, config.pool().stickyGrace());
        synchronized (this) {
            seats.removeAll(surplus);
        }
        for (Seat seat : surplus) {
            frontEnds.forget(seat.index());
            metrics.remove(seat.route());
        }
    }

    private synchronized void grow() {
        while (!closed && seats.size() < target) {
            int index = seats.size() + 1;
            var seat = new Seat(index, config.pool().route(index), launch, shop);
            seats.add(seat);
            metrics.addProcess(seat.route(), WorkerProcess.REASONS);
            metrics.requestsCut(seat.route(), 0);
            seat.open();
        }
    }

    /** All of them together, so that the wait is one member's. */
    private void end(List<Seat> leaving, Duration grace) throws InterruptedException {
        leaving.forEach(seat -> seat.hold(true));
        boolean told = frontEnds.takeOut(leaving.stream().map(Seat::index).toList(), grace);
        List<Thread> closers =
                leaving.stream().map(seat -> new Thread(() -> close(seat, told), "close")).toList();
        closers.forEach(Thread::start);
        for (Thread closer : closers) {
            closer.join();
        }
    }

    private static void close(Seat seat, boolean told) {
        try {
            seat.close(told);
            LOG.info("{} - stopped", seat.route());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Lets requests in flight finish, at most {@code pool.drain-timeout}, and ends everything. */
    @Override
    public void close() throws InterruptedException {
        synchronized (this) {
            if (closed) {
                return;
            }
            closed = true;
            notifyAll();
        }
        changes.shutdownNow();
        end(all(), Duration.ZERO);
        frontEnds.close();
        admin.close();
        metrics.close();
        out.close();
        err.close();
    }
}
