package io.backpool.supervisor;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/**
 * Replaces members one at a time, or a few, without a failed request:
 *
 * <pre>
 * out of every httpd's rotation -> its requests finish, its process ends
 *   -> the next process, ready -> back in every httpd's rotation -> the next member
 * </pre>
 *
 * At the first one that fails it stops: the others stay as they are. Used by one thread, which
 * {@link #run} keeps until the end.
 */
final class Roll {
    static final Duration IN_PATIENCE = Duration.ofSeconds(60);

    /** What is replaced. */
    interface Member {
        int index();

        String route();

        /** Whether an operator keeps it out of the rotation. */
        boolean isHeld();

        /** Says that it drains, for people to see. */
        void drain();

        /**
         * Lets the process finish, and starts the next one.
         *
         * @param told whether every httpd knows that it leaves
         * @return the new process, which serves
         * @throws RollException if it does not come up; then it is again what it was
         */
        long replace(Launch next, String reason, boolean told)
                throws RollException, InterruptedException;
    }

    private final Rotation rotation;
    private final Launch next;
    private final String reason;
    private final Progress progress;

    Roll(Rotation rotation, Launch next, String reason, Progress progress) {
        this.rotation = rotation;
        this.next = next;
        this.reason = reason;
        this.progress = progress;
    }

    /**
     * Replaces them in this order.
     *
     * @throws RollException why it stopped
     */
    void run(List<? extends Member> members, int parallel)
            throws RollException, InterruptedException {
        var lane = new Lane(members);
        List<Thread> others = new ArrayList<>();
        for (int i = 1; i < parallel; i++) {
            others.add(new Thread(lane::run, "roll-" + (i + 1)));
        }
        others.forEach(Thread::start);
        lane.run();
        try {
            for (Thread other : others) {
                other.join();
            }
        } finally {
            others.forEach(Thread::interrupt);
        }
        lane.end();
    }

    private void replace(Member member) throws RollException, InterruptedException {
        boolean inRotation = !member.isHeld() && !rotation.isEmpty();
        boolean told = !rotation.isEmpty() && takeOut(member);
        progress.step(member.route() + " - finishes its requests");
        long pid = member.replace(next, reason, told);
        progress.step(member.route() + " - up as process " + pid);
        if (inRotation && !member.isHeld()) {
            putBack(member);
        }
    }

    private boolean takeOut(Member member) throws InterruptedException {
        progress.step(member.route() + " - leaves the rotation");
        member.drain();
        boolean told = rotation.takeOut(member.index());
        if (!told) {
            progress.step(member.route() + " - httpd does not answer, its health check must do");
        }
        return told;
    }

    private void putBack(Member member) throws RollException, InterruptedException {
        if (!rotation.awaitIn(member.index(), IN_PATIENCE)) {
            throw new RollException(
                    "%s is up, but not in the rotation of every httpd after %d s: see status"
                            .formatted(member.route(), IN_PATIENCE.toSeconds()));
        }
        progress.step(member.route() + " - back in the rotation");
    }

    /** What several threads work off; the first failure empties it. */
    private final class Lane {
        /** Guarded by this. */
        private final Queue<Member> waiting;

        /** Guarded by this. */
        private @Nullable Exception failure;

        Lane(List<? extends Member> members) {
            this.waiting = new ArrayDeque<>(members);
        }

        void run() {
            try {
                for (Member member = poll(); member != null; member = poll()) {
                    replace(member);
                }
            } catch (RollException | InterruptedException | RuntimeException e) {
                synchronized (this) {
                    waiting.clear();
                    if (failure == null) {
                        failure = e;
                    }
                }
            }
        }

        private synchronized @Nullable Member poll() {
            return waiting.poll();
        }

        synchronized void end() throws RollException, InterruptedException {
            if (failure instanceof RollException e) {
                throw e;
            }
            if (failure instanceof InterruptedException e) {
                throw e;
            }
            if (failure instanceof RuntimeException e) {
                throw e;
            }
        }
    }
}
