package io.backpool.reliability;

import io.backpool.testkit.AppJar;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.jar.JarEntry;
import java.util.jar.JarInputStream;
import java.util.jar.JarOutputStream;

/** An application for our own members; its versions differ in a file of the jar. */
final class SoakApplication implements Versions {
    private static final String SOURCE =
            """
            package soak;

            import io.backpool.exchange.RequestFacts;
            import io.undertow.server.HttpServerExchange;
            import io.undertow.util.HttpString;
            import java.io.IOException;
            import java.io.InputStream;
            import java.nio.ByteBuffer;
            import java.nio.channels.FileChannel;
            import java.nio.file.Path;
            import java.nio.file.StandardOpenOption;

            /** /KIND/ID: writes into the journal that it has begun; names its member and version. */
            public final class App implements io.backpool.app.Application {
                private FileChannel journal;
                private String version;

                @Override
                public io.undertow.server.HttpHandler start(io.backpool.app.Services services)
                        throws Exception {
                    journal = FileChannel.open(Path.of("journal"), StandardOpenOption.CREATE,
                            StandardOpenOption.WRITE, StandardOpenOption.APPEND);
                    version = version();
                    return services.blocking(this::handle);
                }

                private void handle(HttpServerExchange exchange) throws Exception {
                    String[] path = exchange.getRequestPath().split("/");
                    String id = path.length > 2 ? path[2] : "none";
                    write(id);
                    exchange.getInputStream().readAllBytes();
                    if (path[1].equals("slow")) {
                        Thread.sleep(300);
                    } else if (path[1].equals("post")) {
                        Thread.sleep(10);
                    } else if (path[1].equals("chatter")) {
                        for (int i = 0; i < 2000; i++) {
                            System.err.println("chatter ".repeat(12) + i);
                        }
                    }
                    if (path[1].equals("version") && !version().equals(version)) {
                        throw new IOException("the jar is not the one that was started");
                    }
                    exchange.getResponseHeaders().put(new HttpString("X-Served"),
                            RequestFacts.of(exchange).route() + " " + version);
                    exchange.getResponseSender().send("done " + id);
                }

                private void write(String what) throws IOException {
                    journal.write(ByteBuffer.wrap((what + " " + ProcessHandle.current().pid()
                            + "\\n").getBytes("US-ASCII")));
                }

                /** Read from the jar each time, as templates and late classes are. */
                private static String version() throws IOException {
                    try (InputStream file = App.class.getResourceAsStream("/version")) {
                        return new String(file.readAllBytes(), "US-ASCII");
                    }
                }
            }
            """;

    private final Path directory;
    private final Path target;
    private final Path compiled;

    /**
     * @param world where the pool runs
     */
    SoakApplication(Path world) throws IOException {
        this.directory = Files.createDirectories(world.resolve("versions"));
        this.target = world.resolve("app.jar");
        this.compiled = AppJar.make(directory, "compiled.jar", List.of("soak.App"), SOURCE);
    }

    @Override
    public String settings(int bodySize) {
        return """
        app: {jar: app.jar}
        limits: {body-size: "%d", concurrency: "off"}
        """
                .formatted(bodySize);
    }

    /** A jar. */
    @Override
    public Path make(String version) throws IOException {
        Path jar = directory.resolve(version + ".jar");
        try (var in = new JarInputStream(Files.newInputStream(compiled));
                var out = new JarOutputStream(Files.newOutputStream(jar))) {
            for (JarEntry entry = in.getNextJarEntry();
                    entry != null;
                    entry = in.getNextJarEntry()) {
                out.putNextEntry(new JarEntry(entry.getName()));
                in.transferTo(out);
            }
            out.putNextEntry(new JarEntry("version"));
            out.write(version.getBytes(StandardCharsets.US_ASCII));
        }
        return jar;
    }

    /** In a new file, or in the old one, under a process that reads it. */
    @Override
    public void install(String version, boolean inPlace) throws IOException {
        Path jar =
                version.equals("bad")
                        ? Files.writeString(target.resolveSibling("garbage"), "no jar ".repeat(500))
                        : make(version);
        if (inPlace) {
            Files.write(target, Files.readAllBytes(jar));
        } else {
            Path next = target.resolveSibling("app.jar.next");
            Files.copy(jar, next, StandardCopyOption.REPLACE_EXISTING);
            Files.move(next, target, StandardCopyOption.ATOMIC_MOVE);
        }
    }
}
