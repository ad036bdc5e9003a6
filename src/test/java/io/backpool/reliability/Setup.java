package io.backpool.reliability;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/**
 * How a run is set up. As text: {@code processes http,join ajp,static}.
 *
 * @param processes whether each member is a process of its own
 * @param fronts one or two httpds
 */
record Setup(boolean processes, List<Front> fronts) {
    /** All that are tested, in the order in which seeds take them. */
    static final List<Setup> ALL =
            List.of(
                    parse("processes http,join"),
                    parse("processes http,static ajp,static"),
                    parse("jvm http,join"),
                    parse("processes ajp,static"),
                    parse("processes http,static"),
                    parse("jvm http,static ajp,static"),
                    parse("processes http,join http,join"));

    /** One httpd: what it speaks with members, and whether they are declared there or join. */
    record Front(String protocol, String membership) {
        boolean isJoined() {
            return membership.equals("join");
        }

        @Override
        public String toString() {
            return protocol + "," + membership;
        }
    }

    /** Whether AJP's ping finds all members failing while their JVM is stopped. */
    boolean failsWhilePaused() {
        return !processes && fronts.stream().anyMatch(front -> front.protocol().equals("ajp"));
    }

    static Setup parse(String text) {
        List<String> words = List.of(text.trim().split(" +"));
        return new Setup(
                words.get(0).equals("processes"),
                words.stream().skip(1).map(word -> word.split(",")).map(Setup::front).toList());
    }

    private static Front front(String[] parts) {
        if (parts.length != 2) {
            throw new IllegalArgumentException("PROTOCOL,MEMBERSHIP: " + Arrays.toString(parts));
        }
        return new Front(parts[0], parts[1]);
    }

    static Setup ofSeed(long seed) {
        return ALL.get((int) Math.floorMod(seed, (long) ALL.size()));
    }

    @Override
    public String toString() {
        return (processes ? "processes " : "jvm ")
                + fronts.stream().map(Front::toString).collect(Collectors.joining(" "));
    }
}
