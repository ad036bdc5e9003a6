package io.backpool.supervisor;

import io.backpool.balancer.FrontEnds;
import java.time.Duration;
import java.util.List;

/** What a {@link Roll} asks of every httpd in front. */
interface Rotation {
    /** Whether there is none. */
    boolean isEmpty();

    /** Takes a member out of the rotation; false: not every httpd could be told. */
    boolean takeOut(int index) throws InterruptedException;

    /** Whether each httpd gives it requests, within {@code timeout}. */
    boolean awaitIn(int index, Duration timeout) throws InterruptedException;

    /** The real one. */
    static Rotation of(FrontEnds frontEnds, Duration stickyGrace) {
        return new Rotation() {
            @Override
            public boolean isEmpty() {
                return frontEnds.isEmpty();
            }

            @Override
            public boolean takeOut(int index) throws InterruptedException {
                return frontEnds.takeOut(List.of(index), stickyGrace);
            }

            @Override
            public boolean awaitIn(int index, Duration timeout) throws InterruptedException {
                long deadline = System.nanoTime() + timeout.toNanos();
                while (!frontEnds.awaitAgreed(List.of(index))) {
                    if (System.nanoTime() - deadline > 0) {
                        return false;
                    }
                }
                return true;
            }
        };
    }
}
