package io.backpool.testkit;

import io.backpool.app.Application;
import io.micrometer.core.instrument.MeterRegistry;
import io.undertow.server.HttpHandler;
import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.tools.ToolProvider;

/** Makes the jar of an application, as its developer would. */
public final class AppJar {
    private static final String SERVICE = "META-INF/services/io.backpool.app.Application";

    private AppJar() {}

    /**
     * Compiles {@code sources}, one class each, against the API and Undertow alone.
     *
     * @param providers names of the classes that the jar announces as applications
     */
    public static Path make(Path directory, String name, List<String> providers, String... sources)
            throws IOException {
        return make(directory, name, providers, List.of(), sources);
    }

    /** The same, against libraries as well, which do not come into the jar. */
    public static Path make(
            Path directory,
            String name,
            List<String> providers,
            List<Path> libraries,
            String... sources)
            throws IOException {
        Path classes = Files.createTempDirectory(directory, "classes");
        Path jar = directory.resolve(name);
        compile(classes, libraries, sources);
        try (OutputStream file = Files.newOutputStream(jar);
                var out = new JarOutputStream(file);
                Stream<Path> compiled = Files.walk(classes)) {
            for (Path type : compiled.filter(path -> path.toString().endsWith(".class")).toList()) {
                out.putNextEntry(entry(classes.relativize(type).toString()));
                Files.copy(type, out);
            }
            if (!providers.isEmpty()) {
                out.putNextEntry(entry(SERVICE));
                out.write(String.join("\n", providers).getBytes(StandardCharsets.UTF_8));
            }
        }
        return jar;
    }

    /** Without the time of day: the same sources make the same jar. */
    private static JarEntry entry(String name) {
        var entry = new JarEntry(name);
        entry.setTimeLocal(LocalDateTime.of(2020, 1, 1, 0, 0));
        return entry;
    }

    private static void compile(Path classes, List<Path> libraries, String... sources)
            throws IOException {
        String classPath =
                Stream.concat(
                                Stream.of(
                                                Application.class,
                                                HttpHandler.class,
                                                org.xnio.XnioWorker.class,
                                                MeterRegistry.class)
                                        .map(AppJar::place),
                                libraries.stream().map(Path::toString))
                        .collect(Collectors.joining(File.pathSeparator));
        var arguments =
                new ArrayList<>(List.of("-d", classes.toString(), "-proc:none", "-cp", classPath));
        for (String source : sources) {
            String type = source.replaceFirst("(?s).*?class (\\w+).*", "$1");
            Path file = classes.resolve(type + ".java");
            arguments.add(Files.writeString(file, source).toString());
        }
        int status =
                ToolProvider.getSystemJavaCompiler()
                        .run(null, null, null, arguments.toArray(String[]::new));
        if (status != 0) {
            throw new AssertionError("the application does not compile");
        }
    }

    private static String place(Class<?> type) {
        String location = type.getProtectionDomain().getCodeSource().getLocation().toString();
        return Path.of(URI.create(location)).toString();
    }
}
