package io.backpool.supervisor;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.jar.Attributes;
import java.util.jar.JarFile;
import java.util.jar.Manifest;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** What a jar needs to run: itself, and what the {@code Class-Path} of its manifest names. */
final class ClassPath {
    private ClassPath() {}

    /**
     * In the order in which classes are looked for; what is named and not there is left out, as the
     * JVM does.
     *
     * @throws IOException if {@code jar} can't be read as a jar
     */
    static List<Path> of(Path jar) throws IOException {
        Set<Path> found = new LinkedHashSet<>();
        collect(jar.toAbsolutePath().normalize(), found);
        return List.copyOf(found);
    }

    /**
     * The same of an application; without a {@code Class-Path}, the jars in {@code lib/} beside it.
     */
    static List<Path> ofApplication(Path jar) throws IOException {
        Path folder = jar.toAbsolutePath().normalize().resolveSibling("lib");
        if (attribute(jar, Attributes.Name.CLASS_PATH) != null || !Files.isDirectory(folder)) {
            return of(jar);
        }
        Set<Path> found = new LinkedHashSet<>(of(jar));
        try (Stream<Path> files = Files.list(folder)) {
            files.filter(file -> file.toString().endsWith(".jar")).sorted().forEach(found::add);
        }
        return List.copyOf(found);
    }

    private static void collect(Path entry, Set<Path> found) throws IOException {
        if (!found.add(entry) || Files.isDirectory(entry)) {
            return;
        }
        String named = attribute(entry, Attributes.Name.CLASS_PATH);
        for (String relative : named == null ? new String[0] : named.strip().split("\\s+")) {
            Path next = resolve(entry, relative);
            if (next != null && Files.isReadable(next)) {
                collect(next, found);
            }
        }
    }

    /** Null for what is not a file. */
    private static @Nullable Path resolve(Path jar, String relative) {
        try {
            URI target = jar.toUri().resolve(relative);
            return "file".equals(target.getScheme()) ? Path.of(target).normalize() : null;
        } catch (IllegalArgumentException e) {
            return null;
        }
    }

    /** Of the manifest; null: it is not there. */
    static @Nullable String attribute(Path jar, Attributes.Name name) throws IOException {
        if (!Files.isRegularFile(jar)) {
            throw new IOException(jar + " is not a file");
        }
        try (var open = new JarFile(jar.toFile())) {
            Manifest manifest = open.getManifest();
            return manifest == null ? null : manifest.getMainAttributes().getValue(name);
        } catch (IOException e) {
            throw new IOException(jar + " can't be read as a jar: " + e.getMessage(), e);
        }
    }

    /** Whether {@code java -jar} would start our own main class. */
    static boolean isBackend(Path jar) throws IOException {
        return Objects.equals(Launch.MAIN, attribute(jar, Attributes.Name.MAIN_CLASS));
    }

    /** Whether the jar announces an application for {@code ServiceLoader}. */
    static boolean announcesApplication(Path jar) throws IOException {
        try (var open = new JarFile(jar.toFile())) {
            return open.getEntry("META-INF/services/io.backpool.app.Application") != null;
        }
    }
}
