package io.backpool.supervisor;

import io.backpool.config.ConfigException;
import io.backpool.config.ConfigSnapshot;
import java.io.File;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.URISyntaxException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.WeakHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes what members run: copies, which nothing overwrites, of the jar that this process was
 * started from and of the application's, and a snapshot of the settings. The pool's own process
 * runs from such copies, too: see {@link #isSafe}. Used by one thread at a time.
 */
public final class Launcher {
    /** Of each process that somebody starts again. */
    public static final String EXIT_WITHOUT_MEMORY = "-XX:+ExitOnOutOfMemoryError";

    /** The file of our jar's copy. */
    static final String BACKEND = "backend.jar";

    private static final Logger LOG = LoggerFactory.getLogger(Launcher.class);

    private static final long DAY = TimeUnit.DAYS.toMillis(1);

    /** What only one process can have, or what the archive decides. */
    private static final List<String> NOT_INHERITED =
            List.of(
                    "-agentlib:jdwp",
                    "-Xrunjdwp",
                    "-Dcom.sun.management.jmxremote",
                    "-XX:SharedArchiveFile",
                    "-XX:ArchiveClassesAtExit",
                    "-XX:+AutoCreateSharedArchive",
                    "-XX:AOT");

    private final ConfigSnapshot first;
    private final Supplier<ConfigSnapshot> now;
    private final List<String> jvmFlags = jvmFlags();
    private @Nullable Launch started;

    /** Those that somebody may still start a member on. */
    private final Set<Launch> launches =
            Collections.synchronizedSet(Collections.newSetFromMap(new WeakHashMap<>()));

    /**
     * @param first the settings that this process read
     * @param now takes what is set at the moment
     */
    public Launcher(ConfigSnapshot first, Supplier<ConfigSnapshot> now) {
        this.first = first;
        this.now = now;
        var marking = new Thread(this::markUsed, "copies");
        marking.setDaemon(true);
        marking.start();
    }

    /** Once a day, so that no copy in use counts as forgotten. */
    private void markUsed() {
        try {
            while (true) {
                Thread.sleep(DAY);
                for (Launch launch : List.copyOf(launches)) {
                    markUsed(launch);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void markUsed(Launch launch) {
        try {
            launch.markUsed();
        } catch (IOException e) {
            LOG.warn("a copy in use can't be marked, it may be deleted: {}", e.getMessage());
        }
    }

    /** Whether this process would survive that its jar is overwritten. */
    public static boolean isSafe() {
        return jar() == null
                || Launcher.class.getClassLoader() != ClassLoader.getSystemClassLoader();
    }

    /**
     * Runs {@code main} of the class named {@code mainClass} on a copy of this process's jar.
     *
     * @return false: there can be no copy
     */
    public static boolean runFromCopy(String mainClass, List<String> arguments) throws Exception {
        Path jar = jar();
        if (jar == null) {
            return false;
        }
        List<URL> copies = new ArrayList<>();
        try {
            for (Path file : keep(BACKEND, jar).files()) {
                copies.add(file.toUri().toURL());
            }
        } catch (IOException e) {
            LOG.warn("{} runs where it lies, do not overwrite it: {}", jar, e.getMessage());
            return false;
        }
        var loader =
                new URLClassLoader(
                        copies.toArray(URL[]::new), ClassLoader.getPlatformClassLoader());
        Thread.currentThread().setContextClassLoader(loader);
        loader.loadClass(mainClass)
                .getMethod("main", String[].class)
                .invoke(null, (Object) arguments.toArray(String[]::new));
        return true;
    }

    /** Where the copies of the application's jar lie, for {@link #files}; null: there are none. */
    public @Nullable Path application() {
        Copy copy = asStarted().application();
        return copy == null ? null : copy.folder();
    }

    /** What is to be loaded from a folder of {@link #application}, in order. */
    public static List<Path> files(Path folder) throws IOException {
        return Copy.files(folder);
    }

    private static Copy keep(String name, Path jar) throws IOException {
        List<Path> files =
                name.equals(Launch.APPLICATION) ? ClassPath.ofApplication(jar) : ClassPath.of(jar);
        return CacheDirectory.open(System.getenv()).keep(name, files);
    }

    /** Of what this process itself runs. */
    public String version() {
        return asStarted().version().toString();
    }

    /** On the classes and the settings that this process runs from. */
    Launch asStarted() {
        Launch launch = started;
        if (launch == null) {
            launch = takeStarted();
            started = launch;
        }
        return launch;
    }

    private Launch takeStarted() {
        Path jar = jar();
        Path own = ownPlace();
        Path application = first.appJar();
        try {
            Copy backend = jar == null || own.equals(jar) ? null : Copy.of(own, jar);
            return launch(backend, application(application), first, null);
        } catch (IOException e) {
            LOG.warn("no copies can be made, do not overwrite a jar that runs: {}", e.getMessage());
            return new Launch(
                    jvmFlags,
                    jar == null ? System.getProperty("java.class.path") : own.toString(),
                    null,
                    null,
                    new Version("unknown", null),
                    first,
                    null);
        }
    }

    /**
     * On what lies on disk now, where {@code current} was taken from, with the settings of now. It
     * was tried out: it can read its settings and make its application.
     *
     * @param other a jar that is to run in the place of our own or of the application's, whichever
     *     it is; null: none
     * @param members how many there are to be
     * @throws LaunchException if it can't be used
     */
    Launch next(Launch current, @Nullable Path other, int members)
            throws LaunchException, InterruptedException {
        try {
            Launch next = take(current, other, members);
            next.check(members);
            return next;
        } catch (IOException | ConfigException e) {
            throw new LaunchException(String.valueOf(e.getMessage()));
        }
    }

    private Launch take(Launch current, @Nullable Path other, int members)
            throws LaunchException, IOException, InterruptedException {
        ConfigSnapshot settings = now.get();
        List<Path> ours = current.backend() == null ? List.of() : current.backend().originals();
        boolean sameJar = Objects.equals(settings.appJar(), current.settings().appJar());
        Path instead = sameJar ? current.instead() : null;
        if (other != null && ClassPath.isBackend(other)) {
            if (ours.isEmpty()) {
                throw new IOException(
                        "this pool runs from no backend.jar of its own: restart all of it on "
                                + other);
            }
            ours = List.of(absolute(other));
        } else if (other != null) {
            checkApplication(other, settings);
            instead = absolute(other);
        }
        Copy backend = ours.isEmpty() ? null : keep(BACKEND, ours.get(0));
        Path jar = instead == null ? settings.appJar() : instead;
        try {
            return launch(backend, application(jar), settings, instead);
        } catch (IOException e) {
            // A try from where it lies says it together with all else that is wrong.
            launch(backend, null, settings, instead).check(members);
            throw e;
        }
    }

    private static void checkApplication(Path jar, ConfigSnapshot settings) throws IOException {
        if (!settings.namesAppClass() && !ClassPath.announcesApplication(jar)) {
            throw new IOException(
                    jar
                            + " is neither a backend.jar nor an application. The jar of an"
                            + " application has META-INF/services/io.backpool.app.Application, or"
                            + " app.class names its class");
        }
    }

    private static @Nullable Copy application(@Nullable Path jar) throws IOException {
        return jar == null ? null : keep(Launch.APPLICATION, jar);
    }

    private Launch launch(
            @Nullable Copy backend,
            @Nullable Copy application,
            ConfigSnapshot settings,
            @Nullable Path instead)
            throws IOException {
        var launch =
                new Launch(
                        jvmFlags,
                        System.getProperty("java.class.path"),
                        backend,
                        application,
                        Version.of(backend, application),
                        settings,
                        instead);
        launches.add(launch);
        return launch;
    }

    private static Path ownPlace() {
        try {
            return Path.of(
                    Launcher.class.getProtectionDomain().getCodeSource().getLocation().toURI());
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The one jar that {@code java -jar} was given; null where the class path is another one. */
    private static @Nullable Path jar() {
        String classPath = System.getProperty("java.class.path");
        return !classPath.contains(File.pathSeparator) && Files.isRegularFile(Path.of(classPath))
                ? absolute(Path.of(classPath))
                : null;
    }

    private static Path absolute(Path jar) {
        return jar.toAbsolutePath().normalize();
    }

    /** This JVM's own flags; what stands in the environment a child finds there itself. */
    public static List<String> jvmFlags() {
        Map<String, String> environment = System.getenv();
        Set<String> fromEnvironment =
                Stream.of("JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS")
                        .map(name -> environment.getOrDefault(name, ""))
                        .flatMap(flags -> Arrays.stream(flags.split("\\s+")))
                        .collect(Collectors.toSet());
        return ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
                .filter(flag -> !fromEnvironment.contains(flag))
                .filter(flag -> NOT_INHERITED.stream().noneMatch(flag::startsWith))
                .toList();
    }
}
