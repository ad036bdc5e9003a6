package io.backpool.pool;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/** Another process of the pool, which says what a test says. */
final class FakeSupervisor implements OtherSupervisor {
    /** What was said to it. */
    final List<String> heard = new ArrayList<>();

    final Queue<String> says = new ArrayDeque<>();
    boolean gone;

    @Override
    public void say(String line) {
        heard.add(line);
    }

    @Override
    public @Nullable String next() {
        return says.poll();
    }

    @Override
    public boolean isGone() {
        return gone && says.isEmpty();
    }
}
