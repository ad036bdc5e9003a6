package io.backpool.pool;

import io.backpool.observe.Traffic;
import io.backpool.observe.Usage;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One run of a member, from its start to its end, whatever runs it: listeners in this JVM, or a
 * process. Made by a {@link MemberKind}. No method waits; what became of a command is seen in
 * {@link #report}. Safe for all threads.
 */
public interface Member {
    /** What it says of itself now. */
    Report report();

    /** Whether it can serve requests; one that once could may say no for a while. */
    boolean isReady();

    /** Why it ended; null while it has not. */
    @Nullable Ending ending();

    /** It is in every rotation: {@code /health/ready} says so. */
    void serve();

    /** It gets no new clients; serves everything that comes. */
    void drain();

    /**
     * Lets requests that come from now on wait, each for so long at most; zero: they are let in.
     * Only where {@link MemberKind#canHold}.
     */
    default void hold(Duration longest) {}

    /**
     * Finishes its requests, for at most {@code pool.drain-timeout}, and ends.
     *
     * @param httpdNotified whether every httpd has confirmed that it sends no more requests; if
     *     not, the member first gives health checks the time to notice
     */
    void leave(boolean httpdNotified);

    /**
     * Why a member that was ready has to be replaced, to follow its route; null: nothing that it
     * knows of.
     */
    default @Nullable String problem() {
        return null;
    }

    /** Why it is not ready, to follow its route; null: it does not say. */
    default @Nullable String notReady() {
        return problem();
    }

    /**
     * Writes to the log what each of its threads does; a help for a member that hangs.
     *
     * @return whether it can
     */
    default boolean dumpThreads() {
        return false;
    }

    /** Whether it has begun to end by itself, so that it should get no more requests. */
    default boolean isLeaving() {
        return false;
    }

    /** Ends soon: SIGTERM for a process. */
    void terminate();

    /** Ends at once: SIGKILL for a process. */
    void kill();

    /** Opens its log files again: they were moved away. */
    default void reopenLogs() {}

    /**
     * What a member says of itself.
     *
     * @param ready see {@link #isReady}
     * @param pid of the process that serves
     * @param heartbeats since its start; does not grow while the member hangs
     * @param inFlight requests begun and not finished; -1 while it does not say
     * @param held requests that wait as {@link #hold} says; -1: none does
     * @param services that it started, {@code UP} or {@code DOWN} by name
     * @param usage what is seen of its process from outside
     */
    record Report(
            boolean ready,
            long pid,
            long heartbeats,
            int inFlight,
            int held,
            Traffic traffic,
            Map<String, String> services,
            Usage usage) {
        /** Of no run at all. */
        public static final Report NONE =
                new Report(false, 0, 0, -1, -1, Traffic.NONE, Map.of(), Usage.NONE);

        public Report {
            services = Map.copyOf(services);
        }
    }

    /**
     * How a run ended.
     *
     * @param reason one of {@link MemberLife#REASONS}, as seen from outside
     * @param text for people: {@code ended by signal 9}
     * @param exitCode what the pool ends with if this member was never ready; sysexits(3)
     * @param cut requests that were not waited for
     */
    record Ending(String reason, String text, int exitCode, int cut) {}
}
