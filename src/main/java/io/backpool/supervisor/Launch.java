package io.backpool.supervisor;

import io.backpool.config.ConfigSnapshot;
import io.backpool.process.ChildPipe;
import io.backpool.supervisor.Message.Failed;
import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Everything that a member's process runs, as of one moment: which Java with which flags, copies of
 * our jar and of the application's, and the settings. What is edited or overwritten on disk later
 * does not reach it. Immutable, but that a damaged copy is made again.
 *
 * @param classPath where there is no copy: of this process
 * @param backend the copy of our own jar; null: classes come from no jar
 * @param application the copy of the application's; null: it is not in a jar of its own
 * @param settings as the operator wrote them
 * @param instead the application's jar that was asked for; null: the one of the settings
 */
record Launch(
        List<String> jvmFlags,
        String classPath,
        @Nullable Copy backend,
        @Nullable Copy application,
        Version version,
        ConfigSnapshot settings,
        @Nullable Path instead) {
    static final String MAIN = "io.backpool.cli.Main";

    /** The first file of an application's copy. */
    static final String APPLICATION = "application.jar";

    /** What the manifest says where {@code java -jar} reads it; later JVMs warn without it. */
    private static final List<String> QUIET =
            Runtime.version().feature() >= 24
                    ? List.of(
                            "--enable-native-access=ALL-UNNAMED",
                            "--sun-misc-unsafe-memory-access=allow")
                    : List.of();

    private static final long CHECK_SECONDS = 60;

    /** Of a check's output: more does not help. */
    private static final int MOST_LINES = 100;

    /**
     * Member {@code index} of {@code members}, not started yet.
     *
     * @throws IOException if a copy was damaged and can't be made again
     */
    ProcessBuilder member(int index, int members) throws IOException {
        List<String> flags = new ArrayList<>(Memory.flags(jvmFlags, members));
        Archive archive = archive();
        if (archive != null) {
            flags.addAll(archive.flags());
        }
        return process(flags, "member", "--index=" + index, "--members=" + members);
    }

    /** Where our own jar was copied from; null: there is none. */
    @Nullable Path jar() {
        return backend == null ? null : backend.originals().get(0);
    }

    /** Makes the archive, if there can be one and is none. */
    void prepare() throws IOException, InterruptedException {
        Archive archive = archive();
        if (archive != null && !archive.exists()) {
            archive.make(flag -> process(List.of(flag), "train"));
        }
    }

    /** Whether it runs the same programs, taken from the same places, with the same settings. */
    boolean isSame(Launch other) {
        return Copy.areSame(backend, other.backend)
                && Copy.areSame(application, other.application)
                && settings.saysTheSame(other.settings)
                && Objects.equals(instead, other.instead);
    }

    /** What {@code next} changes that can't be changed member by member: none if it is empty. */
    List<String> poolWideChanges(Launch next) {
        return settings.poolWideChanges(next.settings);
    }

    /**
     * Whether the heaps may outgrow the memory, since a process keeps the share that it was started
     * with.
     *
     * @param startedAmong for each member that will run: how many there were to be when its process
     *     was started
     * @return what to say; null: they fit
     */
    @Nullable String memoryExcess(List<Integer> startedAmong) {
        return Memory.excess(jvmFlags, startedAmong);
    }

    /** Notes that its copies are in use. */
    void markUsed() throws IOException {
        for (Copy copy : copies()) {
            CacheDirectory.markUsed(copy.folder());
        }
    }

    private List<Copy> copies() {
        return Stream.of(backend, application).flatMap(Stream::ofNullable).toList();
    }

    private @Nullable Archive archive() {
        return backend == null
                ? null
                : Archive.of(backend.folder().resolve(Launcher.BACKEND), jvmFlags);
    }

    /**
     * Tries it out in a process that takes no traffic: whether this jar can read these settings,
     * for so many members, and make the application.
     */
    void check(int members) throws LaunchException, IOException, InterruptedException {
        Process process =
                process(List.of(), "try", "--members=" + members).redirectErrorStream(true).start();
        var failure = new AtomicReference<@Nullable Failed>();
        List<String> lines = new ArrayList<>();
        var pipe =
                new ChildPipe(
                        line -> {
                            if (lines.size() < MOST_LINES) {
                                lines.add(line);
                            }
                        },
                        message -> {
                            if (Message.parse(message) instanceof Failed said) {
                                failure.set(said);
                            }
                        });
        var reader = new Thread(() -> pipe.readAll(process.getInputStream()), "check-output");
        reader.setDaemon(true);
        reader.start();
        try {
            boolean ended = process.waitFor(CHECK_SECONDS, TimeUnit.SECONDS);
            if (ended && process.exitValue() == 0) {
                return;
            }
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
            reader.join(TimeUnit.SECONDS.toMillis(1));
            Failed said = failure.get();
            throw new LaunchException(
                    said != null
                            ? said.text()
                            : (ended
                                            ? "the new version can't be tried out: "
                                            : "the new version was tried out for "
                                                    + CHECK_SECONDS
                                                    + " s and did not end: ")
                                    + text(List.copyOf(lines)));
        } finally {
            process.destroyForcibly();
        }
    }

    /** What the JVM itself says of its variables is no reason. */
    private static String text(List<String> lines) {
        String text =
                lines.stream()
                        .filter(line -> !line.matches("(NOTE: )?Picked up \\w+: .*"))
                        .collect(Collectors.joining("\n"))
                        .strip();
        return text.isEmpty() ? "it printed nothing" : text;
    }

    private ProcessBuilder process(List<String> flags, String... command) throws IOException {
        String runs =
                backend == null
                        ? classPath
                        : backend.files().stream()
                                .map(Path::toString)
                                .collect(Collectors.joining(File.pathSeparator));
        List<String> all = new ArrayList<>();
        all.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        if (!jvmFlags.contains(Launcher.EXIT_WITHOUT_MEMORY)) {
            all.add(Launcher.EXIT_WITHOUT_MEMORY);
        }
        all.add("-Djava.io.tmpdir=" + System.getProperty("java.io.tmpdir"));
        all.addAll(QUIET);
        all.addAll(flags);
        all.addAll(jvmFlags);
        all.addAll(List.of("-cp", runs, MAIN));
        all.addAll(List.of(command));
        if (application != null) {
            application.files();
            all.add("--application=" + application.folder());
        }
        var process = new ProcessBuilder(all);
        ConfigSnapshot whole =
                instead == null ? settings : settings.with("app.jar", instead.toString(), "--to");
        whole.putInto(process.environment());
        return process;
    }
}
