package io.backpool.bench;

import io.backpool.testkit.Command;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/** What the operating system has counted for a process and all its children, the ended ones too. */
record ProcessTree(long pid) {
    private static final double TICKS_PER_SECOND =
            Double.parseDouble(
                    Command.run(Path.of("."), List.of("getconf", "CLK_TCK")).output().trim());

    /** utime, stime, cutime, cstime of proc(5), counted from behind the program's name. */
    private static final int UTIME = 11;

    /** Seconds of processor time, user and system, since it began. */
    double cpuSeconds() {
        return pids().mapToObj(ProcessTree::stat)
                        .flatMap(fields -> Stream.of(fields).skip(UTIME).limit(4))
                        .mapToLong(Long::parseLong)
                        .sum()
                / TICKS_PER_SECOND;
    }

    /** Proportional share of the memory, in MiB. */
    double pssMib() {
        return pids().map(pid -> kib(pid, "smaps_rollup", "Pss:")).sum() / 1024.0;
    }

    private LongStream pids() {
        return LongStream.concat(
                LongStream.of(pid),
                ProcessHandle.of(pid).stream()
                        .flatMap(ProcessHandle::descendants)
                        .mapToLong(ProcessHandle::pid));
    }

    /** Empty once it has ended: its parent has its time then. */
    private static String[] stat(long pid) {
        String text = read(pid, "stat");
        return text.isEmpty()
                ? new String[0]
                : text.substring(text.lastIndexOf(')') + 2).trim().split(" ");
    }

    private static long kib(long pid, String file, String name) {
        return read(pid, file)
                .lines()
                .filter(line -> line.startsWith(name))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                .sum();
    }

    private static String read(long pid, String file) {
        try {
            return Files.readString(Path.of("/proc", Long.toString(pid), file));
        } catch (IOException e) {
            return "";
        }
    }
}
