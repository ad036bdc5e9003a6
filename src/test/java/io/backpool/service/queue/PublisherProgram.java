package io.backpool.service.queue;

import java.util.ArrayList;
import java.util.List;

/** Publishes until it is refused, says what became of each message, and ends. */
final class PublisherProgram {
    static final int TRIES_WHEN_FULL = 3;
    private static final int BODY = 100 << 10;

    private PublisherProgram() {}

    public static void main(String[] args) {
        PoolQueue queue =
                TestQueues.open(
                        args[0],
                        args[1],
                        () -> {
                            throw new IllegalStateException("SQLite has the states in its file");
                        });
        List<String> taken = new ArrayList<>();
        int refused = 0;
        while (refused < TRIES_WHEN_FULL) {
            try {
                taken.add(queue.publish(new byte[BODY]));
                System.out.println("taken " + taken.get(taken.size() - 1));
            } catch (QueueException e) {
                refused++;
                System.out.println("refused " + e.getMessage());
            }
        }
        System.out.println("reachable " + queue.isReachable());
        MessageStatus first = java.util.Objects.requireNonNull(queue.find(taken.get(0)));
        System.out.println("state " + first.state().text());
        System.exit(0);
    }
}
