package io.backpool.server;

import java.net.InetAddress;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The requests that wait, in the order of their turns: oldest first, in {@link #queue}. What comes
 * during an overload waits in {@link #stack}, newest first, and clients get equal shares of the
 * threads; what came before that goes first. Guarded by the admission.
 */
final class Line<W extends Admission.Work> {
    /** The oldest is the first. */
    private final Deque<W> queue = new ArrayDeque<>();

    /** The newest is the first. */
    private final Deque<W> stack = new ArrayDeque<>();

    /** Of the clients that have anything waiting or running since the overload began. */
    private final Map<@Nullable InetAddress, Share> shares = new HashMap<>();

    int size() {
        return queue.size() + stack.size();
    }

    /** How many wait newest first. */
    int newestFirst() {
        return stack.size();
    }

    void add(W work, boolean overloaded) {
        if (overloaded) {
            push(work);
        } else {
            queue.addLast(work);
        }
    }

    private void push(W work) {
        Share share = shares.computeIfAbsent(work.client(), Share::new);
        share.waiting++;
        work.share = share;
        stack.addFirst(work);
    }

    /** The next one, which runs from now on; null: none waits. */
    @Nullable W take() {
        W next = queue.pollFirst();
        return next == null ? takeNewest() : next;
    }

    /** The newest of a client that has no more running than any other that waits. */
    private @Nullable W takeNewest() {
        W best = null;
        for (W work : stack) {
            if (best == null || share(work).running < share(best).running) {
                best = work;
            }
            if (share(best).running == 0 || shares.size() == 1) {
                break;
            }
        }
        if (best != null) {
            stack.removeFirstOccurrence(best);
            share(best).waiting--;
            share(best).running++;
        }
        return best;
    }

    /** A request that was taken is over. */
    void finished(W work) {
        Share share = work.share;
        if (share != null) {
            share.running--;
            forgetIfUnused(share);
        }
    }

    /** Of the client that has most in the stack, the one that waits longest there. */
    W removeOldestOfGreediest() {
        W worst = stack.getLast();
        for (Iterator<W> oldest = stack.descendingIterator(); oldest.hasNext(); ) {
            W work = oldest.next();
            if (share(work).waiting > share(worst).waiting) {
                worst = work;
            }
        }
        stack.removeLastOccurrence(worst);
        leave(worst);
        return worst;
    }

    /** The last one whose turn it would be. */
    W removeYoungest() {
        return queue.removeLast();
    }

    /** Those of the stack that came before then. */
    List<W> removeOlder(long then) {
        List<W> removed = new ArrayList<>(0);
        while (!stack.isEmpty() && stack.getLast().since - then < 0) {
            W work = stack.removeLast();
            leave(work);
            removed.add(work);
        }
        return removed;
    }

    /** From now on the newest is the next. */
    void turn() {
        for (W work = queue.pollFirst(); work != null; work = queue.pollFirst()) {
            push(work);
        }
    }

    /** From now on the oldest is the next. */
    void turnBack() {
        for (W work = stack.pollLast(); work != null; work = stack.pollLast()) {
            work.share = null;
            queue.addLast(work);
        }
        shares.clear();
    }

    /** How long the oldest has waited; 0 if none waits. */
    long oldest(long now) {
        W first = queue.peekFirst();
        W last = stack.peekLast();
        W oldest = first == null ? last : first;
        return oldest == null ? 0 : now - oldest.since;
    }

    private void leave(W work) {
        share(work).waiting--;
        forgetIfUnused(share(work));
    }

    private void forgetIfUnused(Share share) {
        if (share.running == 0 && share.waiting == 0) {
            shares.remove(share.client, share);
        }
    }

    private static Share share(Admission.Work work) {
        return Objects.requireNonNull(work.share);
    }
}
