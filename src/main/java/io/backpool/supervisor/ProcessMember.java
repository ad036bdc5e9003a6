package io.backpool.supervisor;

import io.backpool.observe.Traffic;
import io.backpool.observe.Usage;
import io.backpool.pool.Member;
import io.backpool.process.ChildProcess;
import io.backpool.process.Output;
import io.backpool.process.ProcessTable;
import io.backpool.supervisor.Message.Beat;
import io.backpool.supervisor.Message.Cut;
import io.backpool.supervisor.Message.Failed;
import io.backpool.supervisor.Message.Unready;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** A member in a process of its own: one child JVM, from its start to its end. For all threads. */
final class ProcessMember implements Member {
    /** How a JVM that ran out of memory ends with {@code -XX:+ExitOnOutOfMemoryError}. */
    private static final int OUT_OF_MEMORY = 3;

    /** EX_SOFTWARE of sysexits(3). */
    private static final int INTERNAL_ERROR = 70;

    private final @Nullable ChildProcess process;
    private final Runnable changed;
    private final AtomicLong beats = new AtomicLong();
    private volatile @Nullable Beat beat;
    private volatile Usage usage = Usage.NONE;
    private volatile @Nullable Failed failure;
    private volatile @Nullable Ending ending;
    private volatile int cut;
    private volatile boolean ready;
    private volatile @Nullable String notReady;

    private ProcessMember(@Nullable ChildProcess process, Runnable changed) {
        this.process = process;
        this.changed = changed;
    }

    /**
     * Starts it.
     *
     * @throws IOException if no process can be started
     */
    static ProcessMember start(
            String route, ProcessBuilder child, Output out, Output err, Runnable changed)
            throws IOException {
        ChildProcess process = ChildProcess.start(route, child);
        var member = new ProcessMember(process, changed);
        process.watch(out, err, text -> member.heard(process, text), member::ended);
        return member;
    }

    /** One that could not be started. */
    static ProcessMember failed(IOException why) {
        var member = new ProcessMember(null, () -> {});
        String text = "could not be started: " + why.getMessage();
        member.ending = new Ending("exit", text, INTERNAL_ERROR, 0);
        return member;
    }

    private void heard(ChildProcess from, String text) {
        Message message = Message.parse(text);
        if (message instanceof Beat news) {
            beat = news;
            usage = ProcessTable.recent().usage(from.pid(), -1);
            beats.incrementAndGet();
        } else if (message instanceof Failed news) {
            failure = news;
        } else if (message instanceof Cut news) {
            cut = news.requests();
        } else if (message != null) {
            notReady = message instanceof Unready news ? news.why() : null;
            boolean before = ready;
            ready = notReady == null;
            if (ready != before) {
                changed.run();
            }
        }
    }

    @Override
    public @Nullable String notReady() {
        return notReady;
    }

    private void ended(int exit) {
        ending = ending(exit);
        changed.run();
    }

    private Ending ending(int exit) {
        Failed said = failure;
        if (said != null) {
            return new Ending("start", said.text(), said.exitCode(), cut);
        }
        if (exit == OUT_OF_MEMORY) {
            return new Ending("oom", "ran out of memory", INTERNAL_ERROR, cut);
        }
        String reason = ChildProcess.isSignalled(exit) ? "signal" : "exit";
        return new Ending(reason, ChildProcess.words(exit), INTERNAL_ERROR, cut);
    }

    @Override
    public Report report() {
        Beat last = beat;
        long pid = process == null ? 0 : process.pid();
        return last == null
                ? new Report(ready, pid, beats.get(), -1, -1, Traffic.NONE, Map.of(), usage)
                : new Report(
                        ready,
                        pid,
                        beats.get(),
                        last.inFlight(),
                        last.held(),
                        last.traffic(),
                        last.services(),
                        usage);
    }

    @Override
    public boolean isReady() {
        return ready;
    }

    @Override
    public @Nullable Ending ending() {
        return ending;
    }

    @Override
    public void serve() {
        send(SupervisorPipe.SERVE);
    }

    @Override
    public void drain() {
        send(SupervisorPipe.DRAIN);
    }

    @Override
    public void hold(Duration longest) {
        send(SupervisorPipe.HOLD + longest.toSeconds());
    }

    @Override
    public void leave(boolean httpdNotified) {
        send(httpdNotified ? SupervisorPipe.LEAVE : SupervisorPipe.LEAVE_UNNOTICED);
    }

    @Override
    public void reopenLogs() {
        send(SupervisorPipe.REOPEN);
    }

    private void send(String command) {
        if (process != null) {
            process.send(command);
        }
    }

    /** Makes the JVM print where each of its threads is. */
    @Override
    public boolean dumpThreads() {
        if (process != null) {
            process.signal("QUIT");
        }
        return true;
    }

    @Override
    public void terminate() {
        if (process != null) {
            process.terminate();
        }
    }

    @Override
    public void kill() {
        if (process != null) {
            process.kill();
        }
    }
}
