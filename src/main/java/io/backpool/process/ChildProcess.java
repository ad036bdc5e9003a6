package io.backpool.process;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A child process that runs a member. Two threads of its own read its output, one more waits for
 * its end. Safe for all threads.
 */
public final class ChildProcess {
    private static final Logger LOG = LoggerFactory.getLogger(ChildProcess.class);

    /** What was said to the pool's own process: its children must not inherit it. */
    private static final List<String> OF_SUPERVISOR =
            List.of("NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID", "UPGRADE_OF_BACKPOOL");

    private static final int SIGNALLED = 128;

    /** For what it printed last to be read. */
    private static final long LAST_WORDS_MILLIS = 500;

    private final String route;
    private final Process process;

    private ChildProcess(String route, Process process) {
        this.route = route;
        this.process = process;
    }

    /**
     * Starts it.
     *
     * @throws IOException if no process can be started
     */
    public static ChildProcess start(String route, ProcessBuilder child) throws IOException {
        for (String name : OF_SUPERVISOR) {
            String own = System.getenv(name);
            if (own != null) {
                child.environment().remove(name, own);
            }
        }
        return new ChildProcess(route, child.start());
    }

    /**
     * Begins to read its output and to wait for its end.
     *
     * @param messages see {@link ChildPipe}
     * @param ended called at its end with its exit status
     */
    public void watch(
            Output out, Output err, @Nullable Consumer<String> messages, IntConsumer ended) {
        var stdout = new ChildPipe(line -> out.print(route, line), messages);
        var stderr = new ChildPipe(line -> err.print(route, line), null);
        Thread reader = thread("stdout", () -> stdout.readAll(process.getInputStream()));
        thread("stderr", () -> stderr.readAll(process.getErrorStream()));
        thread("exit", () -> awaitEnd(reader, ended));
    }

    private void awaitEnd(Thread reader, IntConsumer ended) {
        try {
            int exit = process.waitFor();
            reader.join(LAST_WORDS_MILLIS);
            ended.accept(exit);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Runs a task beside it, on a daemon thread. */
    public Thread thread(String what, Runnable task) {
        var thread = new Thread(task, route + "-" + what);
        thread.setDaemon(true);
        thread.start();
        return thread;
    }

    public long pid() {
        return process.pid();
    }

    public boolean isAlive() {
        return process.isAlive();
    }

    /** Writes a line to its standard input; a process that is about to end may miss it. */
    public void send(String line) {
        OutputStream in = process.getOutputStream();
        synchronized (this) {
            try {
                in.write((line + "\n").getBytes(StandardCharsets.UTF_8));
                in.flush();
            } catch (IOException e) {
                LOG.debug("{} - {} not sent, it has ended", route, line);
            }
        }
    }

    /** Its standard input ends here: it gets nothing to read. */
    public void closeInput() {
        try {
            process.getOutputStream().close();
        } catch (IOException e) {
            LOG.debug("{} - its standard input was closed already", route);
        }
    }

    /**
     * Sends it a signal.
     *
     * @param name such as {@code QUIT}
     */
    public void signal(String name) {
        if (process.isAlive()) {
            try {
                new ProcessBuilder("sh", "-c", "kill -" + name + " " + pid()).start();
            } catch (IOException e) {
                LOG.warn("{} - SIG{} not sent: {}", route, name, e.getMessage());
            }
        }
    }

    public void terminate() {
        process.destroy();
    }

    public void kill() {
        process.destroyForcibly();
    }

    /** Whether a process that ended with this status was ended by a signal. */
    public static boolean isSignalled(int exit) {
        return exit > SIGNALLED;
    }

    /** For people: {@code ended by signal 9}. */
    public static String words(int exit) {
        return isSignalled(exit)
                ? "ended by signal " + (exit - SIGNALLED)
                : "ended with exit status " + exit;
    }
}
