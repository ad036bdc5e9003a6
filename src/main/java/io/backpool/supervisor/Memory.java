package io.backpool.supervisor;

import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * How the machine's memory, or that of the container, is shared by the members' heaps. A JVM is
 * given its share when it starts and keeps it.
 */
final class Memory {
    /** Of the memory, for all heaps together; a JVM alone takes a quarter. */
    private static final double HEAP_PERCENT = 60;

    private Memory() {}

    /** Those of a member of so many, if the operator has not said how large a heap is. */
    static List<String> flags(List<String> jvmFlags, int members) {
        boolean said =
                jvmFlags.stream().anyMatch(flag -> flag.startsWith("-Xmx") || flag.contains("RAM"));
        return said ? List.of() : List.of("-XX:MaxRAMPercentage=" + share(members));
    }

    private static double share(int members) {
        return Math.max(1, HEAP_PERCENT / members);
    }

    /**
     * Whether the heaps may outgrow the memory since members came after others had been given their
     * share.
     *
     * @param startedAmong for each member that will run: how many members there were to be when its
     *     process was started
     * @return what to say, null: they fit
     */
    static @Nullable String excess(List<String> jvmFlags, List<Integer> startedAmong) {
        if (flags(jvmFlags, 1).isEmpty()) {
            return null;
        }
        double all = startedAmong.stream().mapToDouble(Memory::share).sum();
        return all <= HEAP_PERCENT + 1
                ? null
                : String.format(
                        Locale.ROOT,
                        "the members' heaps may now grow to %.0f%% of the memory, not %.0f%%: those"
                                + " that ran before keep their share until restart",
                        all,
                        HEAP_PERCENT);
    }
}
