package io.backpool.reliability;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * How a run is set up. As text: {@code processes http,join ajp,static}, or {@code
 * processes,sockets} first.
 *
 * @param members what they are
 * @param sockets whether httpd reaches them through unix sockets
 * @param fronts one or two httpds
 */
record Setup(Members members, boolean sockets, List<Front> fronts) {
    /** Listeners in the pool's JVM, JVMs of their own, or Python programs. */
    enum Members {
        JVM,
        PROCESSES,
        PROGRAMS
    }

    /** All that are tested, in the order in which seeds take them. */
    static final List<Setup> ALL =
            List.of(
                    parse("processes http,join"),
                    parse("processes,sockets http,static ajp,static"),
                    parse("programs http,join"),
                    parse("processes http,static ajp,static"),
                    parse("jvm http,join"),
                    parse("processes ajp,static"),
                    parse("processes http,static"),
                    parse("jvm http,static ajp,static"),
                    parse("processes http,join http,join"),
                    parse("programs http,static http,join"),
                    parse("jvm,sockets http,join"));

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

    /** Whether each member is a process of its own. */
    boolean processes() {
        return members != Members.JVM;
    }

    boolean programs() {
        return members == Members.PROGRAMS;
    }

    /** Whether AJP's ping finds all members failing while their JVM is stopped. */
    boolean failsWhilePaused() {
        return !processes() && fronts.stream().anyMatch(front -> front.protocol().equals("ajp"));
    }

    static Setup parse(String text) {
        List<String> words = List.of(text.trim().split(" +"));
        String[] members = words.get(0).split(",");
        return new Setup(
                Members.valueOf(members[0].toUpperCase(Locale.ROOT)),
                members.length > 1 && members[1].equals("sockets"),
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
        return members.name().toLowerCase(Locale.ROOT)
                + (sockets ? ",sockets " : " ")
                + fronts.stream().map(Front::toString).collect(Collectors.joining(" "));
    }
}
