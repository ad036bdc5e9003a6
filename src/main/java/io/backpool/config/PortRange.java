package io.backpool.config;

import java.util.ArrayList;
import java.util.List;

/** The ports that one setting takes: the first one, and one for each further member. */
record PortRange(Key<?> key, int first, int count) {
    /** Notes ports that two would listen on, or that there are not. */
    static void check(PoolConfig pool, AdminConfig admin, Settings from) {
        List<PortRange> ranges = new ArrayList<>();
        ranges.add(new PortRange(PoolKeys.HTTP_PORT, pool.httpPort(), pool.members()));
        if (pool.hasAjp()) {
            ranges.add(new PortRange(PoolKeys.AJP_PORT, pool.ajpPort(), pool.members()));
        }
        ranges.add(
                new PortRange(
                        AdminConfig.PORT,
                        admin.port(),
                        pool.processes() && !from.isSet(ProgramConfig.COMMAND)
                                ? 1 + pool.members()
                                : 1));
        for (int i = 0; i < ranges.size(); i++) {
            PortRange range = ranges.get(i);
            if (range.last() > 65_535) {
                from.mistake(range.key(), range.does("end") + " above 65535");
            }
            for (PortRange other : ranges.subList(0, i)) {
                if (range.overlaps(other)) {
                    from.mistake(
                            range.key(),
                            range.does("overlap") + " " + other + " of " + other.key().name());
                }
            }
        }
    }

    int last() {
        return first + count - 1;
    }

    boolean overlaps(PortRange other) {
        return first <= other.last() && other.first <= last();
    }

    /** This range as the subject of a sentence. */
    String does(String verb) {
        return this + " " + verb + (count == 1 ? "s" : "");
    }

    @Override
    public String toString() {
        return count == 1 ? "port " + first : "ports " + first + " to " + last();
    }
}
