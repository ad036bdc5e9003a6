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
    /** A connection to a dead process is closed at once; this much later a client knows. */
    private static final long KNOWN_NANOS = TimeUnit.SECONDS.toNanos(5);

    /** Sockets close before a process is gone: in a big one this long before. */
    private static final long DYING_NANOS = TimeUnit.MILLISECONDS.toNanos(300);

    /**
     * One death, or one time without the pool or an httpd.
     *
     * @param what such as {@code member killed}: a column of the figures
     * @param pid of the member's process; 0: any that then ran
     * @param others routes of members that were well then: who sticks to them was not with it
     * @param front index of the httpd concerned; -1: each
     * @param silent only requests without any answer count
     */
    private record Loss(
            String what,
            long pid,
            Set<String> others,
            int front,
            boolean silent,
            long from,
            long to) {
        boolean explains(Attempt attempt, List<Long> handlers) {
            return attempt.begin() - to <= 0
                    && attempt.end() - from >= 0
                    && attempt.end() - to <= KNOWN_NANOS
                    && (front < 0 || front == attempt.front())
                    && !(silent && attempt.answered())
                    && isWithIt(attempt, handlers);
        }

        private boolean isWithIt(Attempt attempt, List<Long> handlers) {
            if (pid == 0) {
                return true;
            }
            if (!handlers.isEmpty()) {
                return handlers.get(handlers.size() - 1) == pid;
            }
            return attempt.route() == null || !others.contains(attempt.route());
        }
    }

    private final List<Loss> all = new ArrayList<>();

    /** Kills a member's process and waits until it is dead. */
    void killMember(long pid, Set<String> others) throws IOException, InterruptedException {
        long from = System.nanoTime();
        kill(pid);
        awaitDeath(pid);
        all.add(new Loss("member killed", pid, others, -1, false, from, System.nanoTime()));
    }

    /** Waits until a member's process, which hangs, was killed by the pool. */
    void awaitDeathOfMember(long pid, Set<String> others) throws InterruptedException {
        awaitDeath(pid);
        long to = System.nanoTime();
        all.add(new Loss("hung member ended", pid, others, -1, false, to - DYING_NANOS, to));
    }

    /** Kills one of httpd's children. */
    void killHttpdChild(long pid, int front) throws IOException, InterruptedException {
        long from = System.nanoTime();
        kill(pid);
        awaitDeath(pid);
        all.add(new Loss("httpd child killed", 0, Set.of(), front, true, from, System.nanoTime()));
    }

    /** From then until now there was no httpd. */
    void httpdWasDown(int front, long from) {
        all.add(new Loss("httpd down", 0, Set.of(), front, true, from, System.nanoTime()));
    }

    /** From then until now there was no pool. */
    void poolWasDown(long from) {
        all.add(new Loss("pool down", 0, Set.of(), -1, false, from, System.nanoTime()));
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
    }

    private static void awaitDeath(long pid) throws InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (isAlive(pid)) {
            if (System.nanoTime() - deadline > 0) {
                throw new IllegalStateException("process " + pid + " does not end");
            }
            TimeUnit.MILLISECONDS.sleep(2);
        }
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
