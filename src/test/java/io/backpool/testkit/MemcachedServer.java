package io.backpool.testkit;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** A real Memcached on a free loopback port, that a test may kill and start again. */
public final class MemcachedServer implements TestServer {
    /** What it may use. */
    public static final int MEGABYTES = 64;

    private final Path directory;
    private final int port = Ports.free();
    private final Running running;

    private MemcachedServer(Path directory) {
        this.directory = directory;
        this.running = new Running(this::launch);
    }

    public static MemcachedServer start(Path directory) {
        return new MemcachedServer(directory);
    }

    @Override
    public Running running() {
        return running;
    }

    @Override
    public int port() {
        return port;
    }

    @Override
    public String url() {
        return "memcached://127.0.0.1:" + port;
    }

    private ServerProcess launch() {
        String port = Integer.toString(this.port);
        return ServerProcess.start(
                        directory,
                        directory.resolve("memcached.log"),
                        Map.of(),
                        List.of(
                                ServerProcess.program("memcached"),
                                "-u",
                                "nobody",
                                "-l",
                                "127.0.0.1",
                                "-p",
                                port,
                                "-m",
                                Integer.toString(MEGABYTES)))
                .awaitPort(this.port);
    }
}
