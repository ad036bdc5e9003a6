package io.backpool.supervisor;

import io.backpool.observe.Traffic;
import io.backpool.pool.Member;
import io.backpool.supervisor.Message.Beat;
import io.backpool.supervisor.Message.Cut;
import io.backpool.supervisor.Message.Failed;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A member in a process of its own: one child JVM, from its start to its end. Two threads of its
 * own read its output, one more waits for its end. Safe for all threads.
 */
final class ProcessMember implements Member {
    private static final Logger LOG = LoggerFactory.getLogger(ProcessMember.class);

    /** How a JVM that ran out of memory ends with {@code -XX:+ExitOnOutOfMemoryError}. */
    private static final int OUT_OF_MEMORY = 3;

    private static final int SIGNALLED = 128;

    /** EX_SOFTWARE of sysexits(3). */
    private static final int INTERNAL_ERROR = 70;

    /** For what it printed last to be read. */
    private static final long LAST_WORDS_MILLIS = 500;

    private final String route;
    private final @Nullable Process process;
    private final Runnable changed;
    private final AtomicLong beats = new AtomicLong();
    private volatile @Nullable Beat beat;
    private volatile @Nullable Failed failure;
    private volatile @Nullable Ending ending;
    private volatile int cut;
    private volatile boolean ready;

    private ProcessMember(String route, @Nullable Process process, Runnable changed) {
        this.route = route;
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
        child.environment().keySet().removeAll(Systemd.VARIABLES);
        Process process = child.start();
        var member = new ProcessMember(route, process, changed);
        member.watch(process, out, err);
        return member;
    }

    /** One that could not be started. */
    static ProcessMember failed(String route, IOException why) {
        var member = new ProcessMember(route, null, () -> {});
        String text = "could not be started: " + why.getMessage();
        member.ending = new Ending("exit", text, INTERNAL_ERROR, 0);
        return member;
    }

    private void watch(Process started, Output out, Output err) {
        var stdout = new ChildPipe(line -> out.print(route, line), this::heard);
        var stderr = new ChildPipe(line -> err.print(route, line), message -> {});
        Thread reader = thread("stdout", () -> stdout.readAll(started.getInputStream()));
        thread("stderr", () -> stderr.readAll(started.getErrorStream()));
        thread("exit", () -> awaitEnd(started, reader));
    }

    private Thread thread(String what, Runnable task) {
        var thread = new Thread(task, route + "-" + what);
        thread.setDaemon(true);
        thread.start();
        return thread;
    }

    private void heard(Message message) {
        if (message instanceof Beat news) {
            beat = news;
            beats.incrementAndGet();
        } else if (message instanceof Failed news) {
            failure = news;
        } else if (message instanceof Cut news) {
            cut = news.requests();
        } else {
            ready = true;
            changed.run();
        }
    }

    private void awaitEnd(Process started, Thread reader) {
        try {
            int exit = started.waitFor();
            reader.join(LAST_WORDS_MILLIS);
            ending = ending(exit);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
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
        return exit > SIGNALLED
                ? new Ending("signal", "ended by signal " + (exit - SIGNALLED), INTERNAL_ERROR, cut)
                : new Ending("exit", "ended with exit status " + exit, INTERNAL_ERROR, cut);
    }

    @Override
    public Report report() {
        Beat last = beat;
        long pid = process == null ? 0 : process.pid();
        return last == null
                ? new Report(ready, pid, beats.get(), -1, Traffic.NONE, Map.of())
                : new Report(
                        ready, pid, beats.get(), last.inFlight(), last.traffic(), last.services());
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
    public void leave(boolean httpdNotified) {
        send(httpdNotified ? SupervisorPipe.LEAVE : SupervisorPipe.LEAVE_UNNOTICED);
    }

    @Override
    public void reopenLogs() {
        send(SupervisorPipe.REOPEN);
    }

    /** Sends a command; a process that is about to end may miss it. */
    private void send(String command) {
        if (process != null) {
            OutputStream in = process.getOutputStream();
            synchronized (this) {
                try {
                    in.write((command + "\n").getBytes(StandardCharsets.UTF_8));
                    in.flush();
                } catch (IOException e) {
                    LOG.debug("{} - {} not sent, it has ended", route, command);
                }
            }
        }
    }

    /** Makes the JVM print where each of its threads is. */
    @Override
    public void dumpThreads() {
        if (process != null) {
            try {
                new ProcessBuilder("sh", "-c", "kill -QUIT " + process.pid()).start();
            } catch (IOException e) {
                LOG.warn("{} - no thread dump: {}", route, e.getMessage());
            }
        }
    }

    @Override
    public void terminate() {
        if (process != null) {
            process.destroy();
        }
    }

    @Override
    public void kill() {
        if (process != null) {
            process.destroyForcibly();
        }
    }
}
