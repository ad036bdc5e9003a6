package io.backpool.supervisor;

import io.backpool.supervisor.Message.Beat;
import io.backpool.supervisor.Message.Cut;
import io.backpool.supervisor.Message.Failed;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A worker process as the supervisor sees it: one child JVM, from its start to its end. What the
 * process does inside is the pool's business. Two threads of its own read its output; safe for all
 * threads.
 */
final class WorkerProcess {
    /** How a JVM that ran out of memory ends with {@code -XX:+ExitOnOutOfMemoryError}. */
    private static final int OUT_OF_MEMORY = 3;

    private static final int SIGNALLED = 128;

    /**
     * Every {@link #reason} that another process may follow: what was wanted, then what was not.
     */
    static final List<String> REASONS =
            List.of("restart", "max-requests", "hung", "oom", "signal", "exit");

    private final Process process;
    private final long started = System.nanoTime();
    private final Consumer<WorkerProcess> ready;
    private final Thread reader;
    private volatile @Nullable Beat beat;
    private volatile @Nullable Failed failure;
    private volatile int cut;
    private final AtomicLong beats = new AtomicLong();
    private volatile boolean isReady;

    /** Why it is to end; null: it is not. */
    private volatile @Nullable String retired;

    private WorkerProcess(
            String route, Process process, Output out, Output err, Consumer<WorkerProcess> ready) {
        this.process = process;
        this.ready = ready;
        var stdout = new ChildPipe(line -> out.print(route, line), this::heard);
        var stderr = new ChildPipe(line -> err.print(route, line), message -> {});
        this.reader = reading(route + "-stdout", () -> stdout.readAll(process.getInputStream()));
        reading(route + "-stderr", () -> stderr.readAll(process.getErrorStream()));
    }

    /**
     * Starts it.
     *
     * @param ready called once, by the thread that reads, when it serves
     */
    static WorkerProcess start(
            String route,
            ProcessBuilder child,
            Output out,
            Output err,
            Consumer<WorkerProcess> ready)
            throws IOException {
        child.environment().keySet().removeAll(Systemd.VARIABLES);
        return new WorkerProcess(route, child.start(), out, err, ready);
    }

    private static Thread reading(String name, Runnable task) {
        var thread = new Thread(task, name);
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
        } else if (!isReady) {
            isReady = true;
            ready.accept(this);
        }
    }

    long pid() {
        return process.pid();
    }

    boolean isAlive() {
        return process.isAlive();
    }

    /** Whether it ever served. */
    boolean isReady() {
        return isReady;
    }

    /** Whether it serves, as far as one can see. */
    boolean isUp() {
        return isReady && isAlive();
    }

    /** What it said last; null before it served. */
    @Nullable Beat beat() {
        return beat;
    }

    /** How often it said that it lives. */
    long beats() {
        return beats.get();
    }

    /** What kept it from starting, in its own words; null if it did not say. */
    @Nullable Failed failure() {
        return failure;
    }

    /** Requests that it did not wait for; known after its end. */
    int cut() {
        return cut;
    }

    Duration uptime() {
        return Duration.ofNanos(System.nanoTime() - started);
    }

    /** From now on its end is expected; the first reason stays. */
    void retire(String reason) {
        if (retired == null) {
            retired = reason;
        }
    }

    @Nullable String retired() {
        return retired;
    }

    /** Sends a command of {@link ParentPipe}; one that is about to end may miss it. */
    void tell(String command) {
        OutputStream in = process.getOutputStream();
        synchronized (this) {
            try {
                in.write((command + "\n").getBytes(StandardCharsets.UTF_8));
                in.flush();
            } catch (IOException e) {
                // It is gone, which whoever waits for its end will see.
            }
        }
    }

    /** Waits for its end, and for what it said last. */
    boolean awaitExit(Duration timeout) throws InterruptedException {
        if (!process.waitFor(timeout.toMillis(), TimeUnit.MILLISECONDS)) {
            return false;
        }
        reader.join(500);
        return true;
    }

    /** Makes the JVM print where each of its threads is. */
    void dump() throws InterruptedException {
        try {
            new ProcessBuilder("sh", "-c", "kill -QUIT " + pid()).start().waitFor();
        } catch (IOException e) {
            // No shell, no dump.
        }
    }

    void terminate() {
        process.destroy();
    }

    void kill() {
        process.destroyForcibly();
    }

    /** In one word, for the counter. Only after its end. */
    String reason() {
        String expected = retired;
        if (expected != null) {
            return expected;
        }
        int exit = process.exitValue();
        return exit == OUT_OF_MEMORY ? "oom" : exit > SIGNALLED ? "signal" : "exit";
    }

    /** In words, for people. Only after its end. */
    String ending() {
        Failed said = failure;
        int exit = process.exitValue();
        if (said != null) {
            return said.text();
        }
        return switch (reason()) {
            case "oom" -> "ran out of memory";
            case "signal" -> "ended by signal " + (exit - SIGNALLED);
            default -> "ended with exit status " + exit;
        };
    }
}
