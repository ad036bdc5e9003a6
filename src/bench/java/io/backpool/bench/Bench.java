package io.backpool.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** {@code bin/bench}: runs the wanted sections, one after the other, and reports on all there are. */
final class Bench {
    private static final Path OUTPUT = Path.of("target/bench").toAbsolutePath();

    /** Of virtual threads. */
    private static final int VIRTUAL = 21;

    private Bench() {}

    /** One subject that is measured. */
    private interface Section {
        void run(Stage stage) throws Exception;
    }

    private static final Map<String, Section> SECTIONS = new LinkedHashMap<>();

    static {
        SECTIONS.put("hello", SmallAnswers::hello);
        SECTIONS.put("blocking", SmallAnswers::blocking);
        SECTIONS.put("large", Bodies::large);
        SECTIONS.put("idle", Scale::idle);
        for (String scenario : Overload.scenarios()) {
            SECTIONS.put("overload-" + scenario, stage -> Overload.run(stage, scenario));
        }
        SECTIONS.put("restart", Roll::run);
        SECTIONS.put("startup", Start::startup);
        SECTIONS.put("memory", Start::memory);
        SECTIONS.put("scale", Scale::scale);
        SECTIONS.put("httpd", Bodies::httpd);
    }

    public static void main(String[] args) throws IOException {
        List<String> words = new ArrayList<>(List.of(args));
        boolean quick = words.remove("--quick");
        boolean publish = words.remove("--publish");
        if (words.remove("overload")) {
            Overload.scenarios().forEach(scenario -> words.add("overload-" + scenario));
        }
        boolean gate = words.equals(List.of(Gate.SECTION));
        for (String word : words) {
            if (!gate && !SECTIONS.containsKey(word)) {
                System.err.println("bin/bench: no section " + word + "; there are " + SECTIONS.keySet());
                System.exit(2);
            }
        }
        Files.createDirectories(OUTPUT);
        // Interrupted, it leaves no server behind.
        Runtime.getRuntime()
                .addShutdownHook(
                        new Thread(
                                () ->
                                        ProcessHandle.current()
                                                .descendants()
                                                .forEach(ProcessHandle::destroy)));
        if (gate) {
            System.exit(Gate.holds(run(Gate.SECTION, SmallAnswers::gate, quick)) ? 0 : 1);
        }
        for (Map.Entry<String, Section> section : SECTIONS.entrySet()) {
            if (words.isEmpty() || words.contains(section.getKey())) {
                run(section.getKey(), section.getValue(), quick);
            }
        }
        Report report = Report.of(OUTPUT, SECTIONS.keySet());
        report.write(OUTPUT);
        System.out.println(report.markdown());
        if (publish) {
            report.publish(Path.of("."));
        }
    }

    private static Results run(String name, Section section, boolean quick) throws IOException {
        System.err.println(name);
        long begin = System.nanoTime();
        Path directory = Files.createDirectories(OUTPUT.resolve("run"));
        try (var stage = new Stage(Files.createTempDirectory(directory, name), quick)) {
            stage.attempt(
                    name,
                    () -> {
                        section.run(stage);
                        return name;
                    });
            stage.results.facts().putAll(Machine.facts(quick));
            stage.results.write(OUTPUT.resolve(name + ".json"));
            return stage.results;
        } finally {
            delete(directory);
            System.err.printf("  took %.0f s%n", (System.nanoTime() - begin) / 1e9);
        }
    }

    /** The Java that runs this, and the newest one of this machine, by feature version. */
    static Map<String, Path> javas() {
        Map<String, Path> javas = new LinkedHashMap<>();
        javas.put(
                "Java " + Runtime.version().feature(),
                Path.of(System.getProperty("java.home"), "bin", "java"));
        newest().ifPresent(java -> javas.put("Java " + Machine.feature(java), java));
        return javas;
    }

    static boolean hasVirtualThreads(String java) {
        return Integer.parseInt(java.replaceAll("\\D", "")) >= VIRTUAL;
    }

    /** One with virtual threads, if this machine has it and this is not run by it. */
    static Optional<Path> newest() {
        try (Stream<Path> homes = Files.list(Path.of("/usr/lib/jvm"))) {
            return homes.map(home -> home.resolve("bin/java"))
                    .filter(Files::isExecutable)
                    .max(Comparator.comparingInt(Machine::feature))
                    .filter(java -> Machine.feature(java) >= VIRTUAL)
                    .filter(java -> Machine.feature(java) > Runtime.version().feature());
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    static void delete(Path directory) throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        }
    }
}
