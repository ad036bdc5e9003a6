package io.backpool.reliability;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * What a killed process may take with it: requests that were open at the instant of its death and
 * were, by all that is known, with it. Used by one thread.
 */
final class Losses {
    /** Sockets close before a process is gone: in a big one this long before. */
    private static final long DYING_NANOS = TimeUnit.MILLISECONDS.toNanos(300);

    private final List<Loss> all = new ArrayList<>();

    void add(Loss loss) {
        all.add(loss);
    }

    /** Kills a member's process and waits until it is dead. */
    void killMember(long pid, Set<String> others) throws IOException, InterruptedException {
        long from = System.nanoTime();
        kill(pid);
        add(new Loss.MemberDied("member killed", pid, others, from, System.nanoTime()));
    }

    /** Waits until a member's process, which hangs, was killed by the pool. */
    void awaitDeathOfMember(long pid, Set<String> others) throws InterruptedException {
        long alive = awaitDeath(pid);
        add(
                new Loss.MemberDied(
                        "hung member ended", pid, others, alive - DYING_NANOS, System.nanoTime()));
    }

    /** Kills one of httpd's children. */
    void killHttpdChild(long pid, int front) throws IOException, InterruptedException {
        long from = System.nanoTime();
        kill(pid);
        add(new Loss.ChildDied(front, from, System.nanoTime()));
    }

    /** What explains this failure; null: nothing does. */
    @Nullable String explanation(Attempt attempt, Journal journal) throws IOException {
        List<Long> handlers = journal.handlers(attempt.id());
        return all.stream()
                .filter(loss -> loss.explains(attempt, handlers))
                .map(Loss::what)
                .findFirst()
                .orElse(null);
    }

    private static void kill(long pid) throws IOException, InterruptedException {
        new ProcessBuilder("kill", "-KILL", Long.toString(pid)).inheritIO().start().waitFor();
        awaitDeath(pid);
    }

    /** When it was last seen alive. */
    private static long awaitDeath(long pid) throws InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        long now = System.nanoTime();
        long alive = now;
        while (isAlive(pid)) {
            if (now - deadline > 0) {
                throw new IllegalStateException("process " + pid + " does not end");
            }
            alive = now;
            TimeUnit.MILLISECONDS.sleep(2);
            now = System.nanoTime();
        }
        return alive;
    }

    /** Sockets are open until the last thread has ended, after a zombie's first one. */
    private static boolean isAlive(long pid) {
        Path process = Path.of("/proc/" + pid);
        try {
            String stat = Files.readString(process.resolve("stat"));
            String[] threads = process.resolve("task").toFile().list();
            boolean zombie = stat.charAt(stat.lastIndexOf(')') + 2) == 'Z';
            return !zombie || (threads != null && threads.length > 1);
        } catch (IOException e) {
            return false;
        }
    }
}
