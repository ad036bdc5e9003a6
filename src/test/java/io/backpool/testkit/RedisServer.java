package io.backpool.testkit;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A real Redis on a free loopback port, without files, that a test may kill and start again. */
public final class RedisServer implements AutoCloseable {
    private final Path directory;
    private final int port = Ports.free();
    private final List<String> options;
    private ServerProcess process;

    private RedisServer(Path directory, List<String> options) {
        this.directory = directory;
        this.options = options;
        this.process = launch();
    }

    /** Starts Redis; {@code options} such as {@code --requirepass x}. */
    public static RedisServer start(Path directory, String... options) {
        return new RedisServer(directory, List.of(options));
    }

    public String url() {
        return "redis://127.0.0.1:" + port + "/0";
    }

    public int port() {
        return port;
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
        process.signal("CONT");
        process.close();
    }

    private ServerProcess launch() {
        var command = new ArrayList<>(List.of(ServerProcess.program("redis-server")));
        command.addAll(List.of("--bind", "127.0.0.1", "--port", Integer.toString(port)));
        command.addAll(List.of("--save", "", "--appendonly", "no", "--loglevel", "warning"));
        command.addAll(options);
        return ServerProcess.start(directory, directory.resolve("redis.log"), Map.of(), command)
                .awaitPort(port);
    }
}
