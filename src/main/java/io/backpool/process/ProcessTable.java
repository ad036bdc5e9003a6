package io.backpool.process;

import io.backpool.observe.Usage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The processes of this machine at one moment, as proc(5) has them in {@code /proc/PID/stat}.
 * Immutable.
 */
public final class ProcessTable {
    private static final Path PROC = Path.of("/proc");

    /** USER_HZ, of a second: the same on all of Linux's machines. */
    private static final double TICKS = 100;

    private static final long MAX_AGE_NANOS = 1_000_000_000;

    private static volatile ProcessTable last = new ProcessTable(Map.of(), 0);

    private final Map<Long, Entry> entries;
    private final long taken;

    /**
     * One process.
     *
     * @param started clock ticks after the machine's start
     * @param cpu seconds, with those of its children that ended
     */
    private record Entry(long parent, long session, long started, double cpu) {}

    private ProcessTable(Map<Long, Entry> entries, long taken) {
        this.entries = entries;
        this.taken = taken;
    }

    /** Not older than a second: all members share one look. */
    public static ProcessTable recent() {
        ProcessTable known = last;
        if (known.entries.isEmpty() || System.nanoTime() - known.taken > MAX_AGE_NANOS) {
            known = now();
            last = known;
        }
        return known;
    }

    public static ProcessTable now() {
        Map<Long, Entry> entries = new HashMap<>();
        long taken = System.nanoTime();
        try (DirectoryStream<Path> folders = Files.newDirectoryStream(PROC, "[0-9]*")) {
            for (Path folder : folders) {
                try {
                    String stat =
                            Files.readString(folder.resolve("stat"), StandardCharsets.ISO_8859_1);
                    // The name stands in parentheses and may hold anything.
                    String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
                    if (!fields[0].equals("Z")) {
                        entries.put(Long.valueOf(folder.getFileName().toString()), entry(fields));
                    }
                } catch (IOException e) {
                    // It has ended.
                }
            }
        } catch (IOException e) {
            return new ProcessTable(Map.of(), taken);
        }
        return new ProcessTable(entries, taken);
    }

    /** From field 3 of the file on. */
    private static Entry entry(String[] fields) {
        long ticks = 0;
        for (int field = 11; field <= 14; field++) {
            ticks += Long.parseLong(fields[field]);
        }
        return new Entry(
                Long.parseLong(fields[1]),
                Long.parseLong(fields[3]),
                Long.parseLong(fields[19]),
                ticks / TICKS);
    }

    /** When this process started, in clock ticks after the machine's start; -1: there is none. */
    public long started(long pid) {
        Entry entry = entries.get(pid);
        return entry == null ? -1 : entry.started;
    }

    /** A process, its descendants, and all of the session that it leads. */
    public Set<Long> family(long pid) {
        Set<Long> family = new HashSet<>();
        if (entries.containsKey(pid)) {
            family.add(pid);
        }
        entries.forEach(
                (other, entry) -> {
                    if (entry.session == pid) {
                        family.add(other);
                    }
                });
        boolean grew = !family.isEmpty();
        while (grew) {
            grew = false;
            for (Map.Entry<Long, Entry> other : entries.entrySet()) {
                if (family.contains(other.getValue().parent)) {
                    grew |= family.add(other.getKey());
                }
            }
        }
        return family;
    }

    /**
     * What a process uses, with its family.
     *
     * @param health what its last health check took; see {@link Usage}
     */
    public Usage usage(long pid, double health) {
        long memory = 0;
        double cpu = 0;
        for (Long member : family(pid)) {
            memory += memory(member);
            Entry entry = entries.get(member);
            cpu += entry == null ? 0 : entry.cpu;
        }
        return new Usage(memory, cpu, health);
    }

    private static long memory(long pid) {
        try {
            for (String line : Files.readAllLines(PROC.resolve(pid + "/status"))) {
                if (line.startsWith("VmRSS:")) {
                    return Long.parseLong(line.replaceAll("\\D", "")) * 1024;
                }
            }
        } catch (IOException e) {
            // It has ended.
        }
        return 0;
    }

    /** KILL to each of them that is still there. */
    public static void kill(Collection<Long> pids) {
        pids.forEach(pid -> ProcessHandle.of(pid).ifPresent(ProcessHandle::destroyForcibly));
    }

    /** Those that were started with this in their environment, as {@code NAME=value}. */
    public List<Long> withVariable(String variable) {
        List<Long> found = new ArrayList<>();
        for (Long pid : entries.keySet()) {
            try {
                String all =
                        Files.readString(
                                PROC.resolve(pid + "/environ"), StandardCharsets.ISO_8859_1);
                if (List.of(all.split("\0")).contains(variable)) {
                    found.add(pid);
                }
            } catch (IOException e) {
                // It has ended, or is another user's.
            }
        }
        return found;
    }

    /** Its command as people know it: {@code nginx}. */
    public static String name(long pid) {
        try {
            return Files.readString(PROC.resolve(pid + "/comm")).strip();
        } catch (IOException e) {
            return "?";
        }
    }
}
