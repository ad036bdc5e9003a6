package io.backpool.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.PriorityQueue;
import org.junit.jupiter.api.Test;

/** Which of the requests that wait begins next, and which is refused. The test moves the time. */
class HoldTest {
    private static final Duration BOUND = Duration.ofSeconds(10);

    private final List<String> events = new ArrayList<>();
    private final PriorityQueue<Task> tasks = new PriorityQueue<>();
    private boolean isFull;
    private long now;
    private final Hold hold =
            new Hold(
                    () -> isFull,
                    (millis, task) -> tasks.add(new Task(now + millis * 1_000_000, task)),
                    () -> now);

    @Test
    void theyBeginInTheOrderInWhichTheyCame() {
        hold.begin(BOUND);
        add("a", "b", "c");
        pass(Duration.ofSeconds(9));
        assertThat(events).isEmpty();
        assertThat(hold.count()).isEqualTo(3);
        assertThat(hold.isActive()).isTrue();

        hold.end();
        pass(Duration.ofSeconds(1));
        assertThat(events).containsExactly("begin a", "begin b", "begin c");
        assertThat(hold.isActive()).isFalse();
        assertThat(hold.count()).isEqualTo(-1);
        assertThat(tasks).isEmpty();
    }

    @Test
    void whoHasWaitedTooLongIsRefused() {
        hold.begin(BOUND);
        add("a");
        pass(Duration.ofSeconds(6));
        add("b");
        pass(Duration.ofSeconds(5));
        assertThat(events).containsExactly("refuse a");
        assertThat(hold.count()).isEqualTo(1);

        hold.begin(Duration.ofSeconds(3));
        pass(Duration.ofSeconds(1));
        assertThat(events).containsExactly("refuse a", "refuse b");
        assertThat(hold.count()).isZero();
    }

    @Test
    void whoComesWhileOthersAreLetInBeginsAfterThem() {
        hold.begin(BOUND);
        add("a", "b");
        isFull = true;
        hold.end();
        pass(Duration.ofSeconds(1));
        assertThat(events).isEmpty();
        assertThat(hold.isActive()).isTrue();
        add("c");

        isFull = false;
        pass(Duration.ofSeconds(1));
        assertThat(events).containsExactly("begin a", "begin b", "begin c");
        assertThat(hold.isActive()).isFalse();
    }

    /** The line for threads is never short then; its own limits are to say who gets one. */
    @Test
    void anOverloadIsNotHiddenForLongerThanTheHold() {
        hold.begin(BOUND);
        add("a");
        isFull = true;
        hold.end();
        pass(Duration.ofSeconds(5));
        add("b");
        pass(Duration.ofSeconds(4));
        assertThat(hold.count()).isEqualTo(2);
        pass(Duration.ofSeconds(2));
        assertThat(events).containsExactly("refuse a", "begin b");
        assertThat(hold.isActive()).isFalse();
    }

    @Test
    void aPauseThatBeginsWhileTheyAreLetInKeepsTheOthers() {
        hold.begin(BOUND);
        add("a");
        isFull = true;
        hold.end();
        hold.begin(BOUND);
        isFull = false;
        pass(Duration.ofSeconds(1));
        assertThat(events).isEmpty();
        hold.end();
        pass(Duration.ofSeconds(1));
        assertThat(events).containsExactly("begin a");
    }

    @Test
    void whoseClientIsGoneIsForgotten() {
        hold.begin(BOUND);
        var gone = new Request("gone");
        hold.add(gone);
        add("a");
        hold.forget(gone);
        assertThat(hold.count()).isEqualTo(1);
        hold.end();
        pass(Duration.ofSeconds(20));
        assertThat(events).containsExactly("begin a");
    }

    @Test
    void whoWasOnTheWayAtTheEndBeginsAtOnce() {
        hold.begin(BOUND);
        hold.end();
        pass(Duration.ofSeconds(1));
        add("a");
        assertThat(events).containsExactly("begin a");
    }

    @Test
    void aMemberThatLeavesRefusesAll() {
        hold.begin(BOUND);
        add("a", "b");
        hold.leave();
        add("c");
        pass(Duration.ofSeconds(1));
        assertThat(events).containsExactly("refuse a", "refuse b", "refuse c");
    }

    private void add(String... names) {
        for (String name : names) {
            hold.add(new Request(name));
        }
    }

    private void pass(Duration time) {
        long end = now + time.toNanos();
        while (!tasks.isEmpty() && tasks.peek().due <= end) {
            Task task = tasks.remove();
            now = task.due;
            task.what.run();
        }
        now = end;
    }

    private record Task(long due, Runnable what) implements Comparable<Task> {
        @Override
        public int compareTo(Task other) {
            return Long.compare(due, other.due);
        }
    }

    /** Begins later, as on an event loop. */
    private final class Request implements Hold.Request {
        private final String name;

        Request(String name) {
            this.name = name;
        }

        @Override
        public void begin(Runnable then) {
            events.add("begin " + name);
            tasks.add(new Task(now, then));
        }

        @Override
        public void refuse() {
            events.add("refuse " + name);
        }
    }
}
