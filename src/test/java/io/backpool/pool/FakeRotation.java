package io.backpool.pool;

import io.backpool.balancer.BalancerStats;
import io.backpool.balancer.Rotation;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** One httpd that does at once what it is asked, as long as it answers. */
final class FakeRotation implements Rotation {
    static final String NAME = "127.0.0.1:9980/app";

    boolean empty;
    boolean answers = true;
    boolean shared;
    final List<String> changes = new ArrayList<>();
    final Map<Integer, String> wanted = new HashMap<>();

    final Map<Integer, Integer> shares = new HashMap<>();

    /** How often each member was said to be well. */
    boolean declared;

    final Map<Integer, Integer> alive = new HashMap<>();

    @Override
    public boolean isEmpty() {
        return empty;
    }

    @Override
    public void putIn(int index, int share) {
        want(index, "in");
        share(index, share);
    }

    @Override
    public void share(int index, int share) {
        shares.put(index, share);
    }

    @Override
    public void alive(int index) {
        alive.merge(index, 1, Integer::sum);
    }

    @Override
    public void drain(int index) {
        want(index, "drained");
    }

    @Override
    public void disable(int index) {
        want(index, "disabled");
    }

    @Override
    public void forget(int index) {
        want(index, "forgotten");
    }

    @Override
    public boolean isForgotten(int index) {
        return answers;
    }

    @Override
    public void shared(boolean isNow) {
        shared = isNow;
    }

    private void want(int index, String state) {
        if (!empty && !state.equals(wanted.put(index, state))) {
            changes.add("m" + index + " " + state);
        }
    }

    @Override
    public void resume(int index) {}

    @Override
    public boolean isAgreed(int index, Set<String> without) {
        return empty || answers || without.contains(NAME);
    }

    @Override
    public List<String> names() {
        return empty ? List.of() : List.of(NAME);
    }

    @Override
    public List<String> declared() {
        return declared ? names() : List.of();
    }

    @Override
    public void askAgain(Set<String> without) {}

    @Override
    public List<String> unreachable() {
        return answers ? List.of() : names();
    }

    @Override
    public List<String> problems(int index) {
        return answers ? List.of() : List.of(NAME + ": away");
    }

    @Override
    public List<BalancerStats> stats() {
        return List.of();
    }

    @Override
    public Map<String, String> says(String route) {
        return Map.of();
    }

    @Override
    public void close() {}
}
