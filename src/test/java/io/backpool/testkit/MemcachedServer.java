package io.backpool.testkit;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** A real Memcached on a free loopback port, that a test may kill and start again. */
public final class MemcachedServer implements AutoCloseable {
    private final Path directory;
    private final int port = Ports.free();
    private ServerProcess process;

    private MemcachedServer(Path directory) {
        this.directory = directory;
        this.process = launch();
    }

    public static MemcachedServer start(Path directory) {
        return new MemcachedServer(directory);
    }

    public String url() {
        return "memcached://127.0.0.1:" + port;
    }

    public ServerProcess process() {
        return process;
    }

    /** As by kill -9: what it held is gone. */
    public void kill() {
        process.signal("KILL");
        process.awaitExit();
    }

    public void restart() {
        process = launch();
    }

    @Override
    public void close() {
        process.signal("KILL");
        process.close();
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
                                "64"))
                .awaitPort(this.port);
    }
}
