package io.backpool.supervisor;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * How a child is started: which Java, with which flags, on which copy of the jar, with which
 * settings. Those are in its environment, which only its owner can read: a URL may hold a password,
 * and everyone can read a command line. Immutable.
 *
 * @param archive null: classes come from no jar's copy
 */
record Launch(
        List<String> jvmFlags,
        String classPath,
        @Nullable Archive archive,
        ChildSettings settings) {
    private static final String MAIN = "io.backpool.cli.Main";
    private static final long CHECK_SECONDS = 60;

    /** Of the machine's memory, shared by the members; a JVM alone takes a quarter. */
    private static final double HEAP_PERCENT = 60;

    /** Member {@code index} of {@code members}, not started yet. */
    ProcessBuilder member(int index, int members) {
        List<String> flags = new ArrayList<>();
        if (jvmFlags.stream().noneMatch(flag -> flag.startsWith("-Xmx") || flag.contains("RAM"))) {
            flags.add("-XX:MaxRAMPercentage=" + Math.max(1, HEAP_PERCENT / members));
        }
        if (archive != null) {
            flags.addAll(archive.flags());
        }
        return process(flags, "member", "--index=" + index, "--members=" + members);
    }

    /** Makes the archive, if there can be one and is none. */
    void prepare() throws IOException, InterruptedException {
        if (archive != null && !archive.exists()) {
            archive.make(flag -> process(List.of(flag), "train"));
        }
    }

    /**
     * Whether this jar can read this configuration, for so many members.
     *
     * @return what is wrong; null: nothing
     */
    @Nullable String check(int members) throws IOException, InterruptedException {
        Path output = Files.createTempFile("backpool-check", ".txt");
        try {
            Process process =
                    process(List.of(), "check", "--members=" + members)
                            .redirectErrorStream(true)
                            .redirectOutput(output.toFile())
                            .start();
            try {
                boolean ended = process.waitFor(CHECK_SECONDS, TimeUnit.SECONDS);
                return ended && process.exitValue() == 0 ? null : text(output);
            } finally {
                process.destroyForcibly();
            }
        } finally {
            Files.delete(output);
        }
    }

    private static String text(Path output) throws IOException {
        String text = new String(Files.readAllBytes(output), StandardCharsets.UTF_8).strip();
        return text.isEmpty() ? "it ended without a word" : text;
    }

    private ProcessBuilder process(List<String> flags, String... command) {
        List<String> all =
                Stream.of(
                                List.of(
                                        Path.of(System.getProperty("java.home"), "bin", "java")
                                                .toString()),
                                List.of("-XX:+ExitOnOutOfMemoryError"),
                                flags,
                                jvmFlags,
                                List.of("-cp", classPath, MAIN),
                                List.of(command),
                                settings.arguments())
                        .flatMap(List::stream)
                        .toList();
        var process = new ProcessBuilder(all);
        process.environment().putAll(settings.variables());
        return process;
    }
}
