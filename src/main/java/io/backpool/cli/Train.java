package io.backpool.cli;

import io.backpool.app.LoadedApplication;
import io.backpool.config.Config;
import io.backpool.config.ConfigSnapshot;
import io.backpool.local.SingleMember;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.Map;

/**
 * {@code train}: loads the classes that a member needs, for the JVM to archive them when it ends.
 * Takes no traffic, on free ports, and leaves the application and httpd alone.
 */
final class Train {
    static final String NAME = "train";

    private Train() {}

    /** Returns what the process is to end with. */
    static int call(ChildArguments arguments) throws Exception {
        ConfigSnapshot settings = arguments.settings();
        Map<String, String> harmless =
                Map.of(
                        "pool.members",
                        "1",
                        "pool.bind",
                        "127.0.0.1",
                        "pool.http-port",
                        Integer.toString(freePort()),
                        "pool.ajp-port",
                        Integer.toString(freePort()),
                        "admin.bind",
                        "127.0.0.1",
                        "admin.port",
                        Integer.toString(freePort() - 1),
                        "access-log.file",
                        "-");
        for (Map.Entry<String, String> setting : harmless.entrySet()) {
            settings = settings.with(setting.getKey(), setting.getValue(), NAME);
        }
        Config config = settings.readSettings();
        try (SingleMember member =
                SingleMember.open(
                        config,
                        LoadedApplication.builtIn(
                                services -> exchange -> exchange.getResponseSender().send("ok")),
                        1)) {
            var client = HttpClient.newHttpClient();
            get(client, config.pool().httpPort(1), "/health/ready");
            get(client, config.pool().httpPort(1), "/");
            get(client, config.admin().ofMember(1).port(), "/metrics");
            member.serve();
        }
        return ExitCode.OK;
    }

    private static void get(HttpClient client, int port, String path)
            throws IOException, InterruptedException {
        client.send(
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path)).build(),
                BodyHandlers.discarding());
    }

    private static int freePort() throws IOException {
        try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }
}
