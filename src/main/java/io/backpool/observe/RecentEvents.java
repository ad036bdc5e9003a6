package io.backpool.observe;

import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

/**
 * What happened last, in the words of the application log. One a process, as the log is. Keeps a
 * bounded number. Safe for all threads.
 */
public final class RecentEvents {
    static final int MAX = 50;

    private static final RecentEvents OF_THIS_PROCESS = new RecentEvents();

    /** Oldest first. Guarded by this. */
    private final Deque<Event> events = new ArrayDeque<>();

    RecentEvents() {}

    public static RecentEvents ofThisProcess() {
        return OF_THIS_PROCESS;
    }

    public synchronized void add(Event event) {
        if (events.size() == MAX) {
            events.removeFirst();
        }
        events.addLast(event);
    }

    /** Oldest first. */
    synchronized List<Event> latest() {
        return List.copyOf(events);
    }

    /**
     * One line of the log.
     *
     * @param at when, as RFC 3339 says
     * @param level such as {@code INFO}
     * @param who {@code operator}, {@code httpd}, {@code roll} or {@code pool}
     */
    public record Event(String at, String level, String who, String text) {
        public Event(Instant at, String level, String who, String text) {
            this(at.toString(), level, who, text);
        }
    }
}
