package io.backpool.server;

import java.net.InetAddress;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.PriorityQueue;
import java.util.Random;
import java.util.function.DoubleUnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Processors, threads, clients and processes with an {@link Admission} each, on a clock of its own:
 * the same seed gives the same figures. Threads take turns of 3 ms on the processors, and one that
 * wakes gets any place among those that wait for one; virtual threads run on as many carriers as
 * there are processors until they finish or sleep.
 */
final class Simulation {
    private static final long STEP = 100_000;
    private static final long SLICE = 3_000_000;
    private static final long LOOK = 10_000_000;
    private static final long ROUND_TRIP = 300_000;

    private final Random random;
    private final int processors;
    private final List<Server> servers = new ArrayList<>();
    private final @Nullable Task[] on;
    private final long[] sliceEnd;
    private final List<Task> runnable = new ArrayList<>();
    private final PriorityQueue<Event> events = new PriorityQueue<>();
    private long now;
    private long eventCount;

    /** Processor time in each 100 ms; 0: all of it. */
    private long quota;

    private long quotaLeft;
    private long frozenUntil;
    private @Nullable Task stepping;

    Simulation(long seed, int processors) {
        this.random = new Random(seed);
        this.processors = processors;
        this.on = new Task[processors];
        this.sliceEnd = new long[processors];
    }

    /** Adds a process. */
    Simulation server(boolean virtual, int maxThreads) {
        return servers(1, virtual, maxThreads);
    }

    /** Adds a pool of processes. */
    Simulation servers(int processes, boolean virtual, int maxThreads) {
        for (int i = 0; i < processes; i++) {
            servers.add(new Server(processes, virtual, maxThreads));
        }
        return this;
    }

    /** Adds programs that always want a processor each. */
    Simulation neighbours(int count) {
        for (int i = 0; i < count; i++) {
            runnable.add(new Task(null));
        }
        return this;
    }

    Simulation quota(double ofOneProcessor) {
        quota = (long) (ofOneProcessor * 100_000_000L);
        return this;
    }

    /** Requests of one address, until {@code untilMillis}. */
    SimulatedClients open(
            String address,
            double perSecond,
            double fromMillis,
            double untilMillis,
            SimulatedClients.Work work) {
        var flow = new SimulatedClients(address, work);
        flow.untilNanos = nanos(untilMillis);
        DoubleUnaryOperator gap = ignored -> -Math.log(1 - random.nextDouble()) / perSecond * 1e9;
        at(nanos(fromMillis), () -> arrive(flow, gap));
        return flow;
    }

    private void arrive(SimulatedClients flow, DoubleUnaryOperator gap) {
        if (now < flow.untilNanos) {
            send(flow, false);
            at(now + (long) gap.applyAsDouble(0), () -> arrive(flow, gap));
        }
    }

    /** Clients that each send their next request after the answer. */
    SimulatedClients closed(
            String address, int clients, double rampMillis, SimulatedClients.Work work) {
        var flow = new SimulatedClients(address, work);
        flow.untilNanos = Long.MAX_VALUE;
        for (int i = 0; i < clients; i++) {
            at(nanos(rampMillis * i / clients), () -> send(flow, true));
        }
        return flow;
    }

    /** Lets the processes stand still once, as SIGSTOP and SIGCONT do. */
    Simulation freeze(double fromMillis, double millis) {
        at(nanos(fromMillis), () -> frozenUntil = now + nanos(millis));
        return this;
    }

    /** Lets the processes have a tenth of the processors for a while. */
    Simulation slow(double fromMillis, double millis) {
        for (double at = fromMillis; at < fromMillis + millis; at += 10) {
            freeze(at, 9);
        }
        return this;
    }

    Simulation run(double seconds) {
        long end = nanos(seconds * 1000);
        while (now < end) {
            now += STEP;
            if (now % LOOK == 0) {
                quotaLeft = now % 100_000_000L == 0 ? quota : quotaLeft;
            }
            while (!events.isEmpty() && events.peek().at <= now) {
                events.remove().action.run();
            }
            if (now >= frozenUntil) {
                for (int i = 0; i < processors; i++) {
                    step(i);
                }
            }
        }
        return this;
    }

    private void step(int processor) {
        if (quota > 0 && quotaLeft <= 0) {
            return;
        }
        Task thread = on[processor];
        if (thread != null && now >= sliceEnd[processor] && !runnable.isEmpty()) {
            thread.since = now;
            runnable.add(thread);
            thread = null;
        }
        if (thread == null && !runnable.isEmpty()) {
            thread = runnable.remove(0);
            thread.placed(now);
            sliceEnd[processor] = now + SLICE;
        }
        on[processor] = thread;
        if (thread != null) {
            quotaLeft -= STEP;
            stepping = thread;
            if (!thread.step()) {
                on[processor] = null;
            }
        }
    }

    private void wake(Task thread) {
        thread.since = now;
        runnable.add(random.nextInt(runnable.size() + 1), thread);
    }

    private void send(SimulatedClients flow, boolean again) {
        long sent = now;
        if (now < frozenUntil) {
            at(frozenUntil, () -> submit(flow, again, sent));
        } else {
            submit(flow, again, sent);
        }
    }

    private void submit(SimulatedClients flow, boolean again, long sent) {
        Server server = servers.get((int) (flow.count++ % servers.size()));
        server.admission.submit(new Job(flow, again, sent));
    }

    private void at(long time, Runnable action) {
        events.add(new Event(time, eventCount++, action));
    }

    private static long nanos(double millis) {
        return (long) (millis * 1e6);
    }

    private record Event(long at, long order, Runnable action) implements Comparable<Event> {
        @Override
        public int compareTo(Event other) {
            return at == other.at ? Long.compare(order, other.order) : Long.compare(at, other.at);
        }
    }

    /** A request. */
    private final class Job extends Admission.Work {
        private final SimulatedClients flow;
        private final boolean again;
        private final long sent;
        private long cpu;
        private long sleep;

        Job(SimulatedClients flow, boolean again, long sent) {
            super(now);
            this.flow = flow;
            this.again = again;
            this.sent = sent;
            this.cpu = Math.max(STEP, nanos(flow.work.cpuMillis()));
            this.sleep = nanos(flow.work.sleepMillis());
        }

        @Override
        InetAddress client() {
            return flow.address;
        }

        @Override
        void refuse(Limit limit) {
            over(flow.refused);
        }

        void done() {
            over(flow.served);
        }

        private void over(List<double[]> list) {
            list.add(new double[] {sent / 1e6, (now - sent) / 1e6});
            if (again) {
                at(now + (list == flow.refused ? 10 : 1) * ROUND_TRIP, () -> send(flow, true));
            }
        }
    }

    /** A process. */
    private final class Server implements Admission.Threads {
        private final boolean virtual;
        private final Admission<Job> admission;

        /** Virtual threads that want a carrier. */
        private final Deque<Fiber> fibers = new ArrayDeque<>();

        private int idleCarriers;

        Server(int processes, boolean virtual, int maxThreads) {
            this.virtual = virtual;
            this.idleCarriers = virtual ? processors : 0;
            var size =
                    Admission.Size.of(
                            maxThreads,
                            virtual ? Limit.QUEUE_WAIT : Limit.THREADS,
                            processors,
                            processes,
                            !virtual);
            this.admission = new Admission<>(size, 100_000_000L, 10_000, this, () -> now);
        }

        @Override
        public void call() {
            resume(new Fiber(this));
        }

        @Override
        public long waited() {
            return virtual || stepping == null ? 0 : stepping.waited();
        }

        void resume(Fiber fiber) {
            if (!virtual) {
                wake(new Task(fiber));
            } else {
                fibers.add(fiber);
                if (idleCarriers > 0) {
                    idleCarriers--;
                    wake(new Task(null, this));
                }
            }
        }

        @Override
        public void watch() {
            at(
                    now + LOOK,
                    () -> {
                        if (now < frozenUntil) {
                            at(frozenUntil, this::lookOnce);
                        } else {
                            lookOnce();
                        }
                    });
        }

        private void lookOnce() {
            if (admission.look()) {
                watch();
            }
        }
    }

    /** A thread's work, whatever it runs on. */
    private final class Fiber {
        private final Server server;
        private boolean begun;
        private @Nullable Job job;

        /** For a processor, until now. */
        private long waited;

        Fiber(Server server) {
            this.server = server;
        }

        /** Does a step of work; false: over or asleep. */
        boolean step() {
            if (!begun) {
                begun = true;
                job = server.admission.begin();
            }
            Job doing = job;
            if (doing == null) {
                return false;
            }
            doing.cpu -= STEP;
            if (doing.cpu <= 0 && doing.sleep > 0) {
                at(now + doing.sleep, () -> server.resume(this));
                doing.sleep = 0;
                doing.cpu = STEP;
                return false;
            }
            if (doing.cpu <= 0) {
                doing.done();
                job = server.admission.finished(doing);
                return job != null;
            }
            return true;
        }
    }

    /** What the operating system gives a processor to: a thread, a carrier, or a neighbour. */
    private static final class Task {
        private final @Nullable Server carries;
        private @Nullable Fiber fiber;

        /** When it began to wait for a processor. */
        private long since;

        Task(@Nullable Fiber fiber) {
            this(fiber, null);
        }

        Task(@Nullable Fiber fiber, @Nullable Server carries) {
            this.fiber = fiber;
            this.carries = carries;
        }

        void placed(long now) {
            if (fiber != null) {
                fiber.waited += now - since;
            }
        }

        long waited() {
            return fiber == null ? 0 : fiber.waited;
        }

        boolean step() {
            if (carries == null) {
                return fiber == null || fiber.step();
            }
            if (fiber == null) {
                fiber = carries.fibers.poll();
            }
            if (fiber == null) {
                carries.idleCarriers++;
                return false;
            }
            if (!fiber.step()) {
                fiber = null;
            }
            return true;
        }
    }
}
