package io.backpool.testkit;

import io.lettuce.core.RedisClient;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A real Redis on a free loopback port, without files, that a test may kill and start again. */
public final class RedisServer implements TestServer {
    private final Path directory;
    private final int port = Ports.free();
    private final List<String> options;
    private final Running running;

    private RedisServer(Path directory, List<String> options) {
        this.directory = directory;
        this.options = options;
        this.running = new Running(this::launch);
    }

    /** Starts Redis; {@code options} such as {@code --requirepass x}. */
    public static RedisServer start(Path directory, String... options) {
        return new RedisServer(directory, List.of(options));
    }

    @Override
    public Running running() {
        return running;
    }

    @Override
    public String url() {
        return "redis://127.0.0.1:" + port + "/0";
    }

    @Override
    public int port() {
        return port;
    }

    /** Changes a setting while it runs. */
    public void configure(String name, String value) {
        RedisClient client = RedisClient.create(url());
        try (var connection = client.connect()) {
            connection.sync().configSet(name, value);
        } finally {
            client.shutdown();
        }
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
