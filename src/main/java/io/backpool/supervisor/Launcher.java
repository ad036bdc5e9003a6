package io.backpool.supervisor;

import java.io.File;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.URISyntaxException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Where children come from: the jar that this process was started from, as it lies on disk at the
 * moment, by way of a copy that nobody overwrites. The supervisor itself runs from such a copy,
 * too: see {@link #isSafe}. Used by one thread at a time.
 */
public final class Launcher {
    /** What only one process can have, or what the archive decides. */
    private static final List<String> NOT_INHERITED =
            List.of(
                    "-agentlib:jdwp",
                    "-Xrunjdwp",
                    "-Dcom.sun.management.jmxremote",
                    "-XX:SharedArchiveFile",
                    "-XX:ArchiveClassesAtExit",
                    "-XX:+AutoCreateSharedArchive",
                    "-XX:AOT",
                    "-XX:+ExitOnOutOfMemoryError");

    private final ChildSettings settings;
    private final List<String> jvmFlags = jvmFlags();

    public Launcher(ChildSettings settings) {
        this.settings = settings;
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
        URL copy;
        try {
            copy = Cache.open(System.getenv()).keep(jar).toUri().toURL();
        } catch (IOException e) {
            return false;
        }
        var loader = new URLClassLoader(new URL[] {copy}, ClassLoader.getPlatformClassLoader());
        Thread.currentThread().setContextClassLoader(loader);
        loader.loadClass(mainClass)
                .getMethod("main", String[].class)
                .invoke(null, (Object) arguments.toArray(String[]::new));
        return true;
    }

    /** On the classes that this process runs from. */
    Launch asStarted() {
        try {
            Path own =
                    Path.of(
                            Launcher.class
                                    .getProtectionDomain()
                                    .getCodeSource()
                                    .getLocation()
                                    .toURI());
            return jar() == null || own.equals(absolute(jar())) ? inPlace() : onCopy(own);
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    /**
     * On what lies on disk now.
     *
     * @throws IOException if the jar can't be copied
     */
    Launch fromDisk() throws IOException {
        Path jar = jar();
        return jar == null || asStarted().archive() == null
                ? inPlace()
                : onCopy(Cache.open(System.getenv()).keep(jar));
    }

    private Launch onCopy(Path copy) {
        return new Launch(jvmFlags, copy.toString(), Archive.of(copy, jvmFlags), settings);
    }

    private Launch inPlace() {
        return new Launch(jvmFlags, System.getProperty("java.class.path"), null, settings);
    }

    /** The one jar that {@code java -jar} was given; null where the class path is another one. */
    private static @Nullable Path jar() {
        String classPath = System.getProperty("java.class.path");
        return !classPath.contains(File.pathSeparator) && Files.isRegularFile(Path.of(classPath))
                ? Path.of(classPath)
                : null;
    }

    private static @Nullable Path absolute(@Nullable Path jar) {
        return jar == null ? null : jar.toAbsolutePath().normalize();
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
