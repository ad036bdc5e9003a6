package io.backpool.cli;

import io.backpool.app.LoadedApplication;
import io.backpool.config.AdminConfig;
import io.backpool.config.Config;
import io.backpool.config.ConfigSnapshot;
import io.backpool.config.TlsConfig;
import io.backpool.config.TlsFiles;
import io.backpool.local.SingleMember;
import io.backpool.server.TlsContexts;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;

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
            TlsConfig tls = config.pool().tls();
            HttpClient client = client(tls);
            String base =
                    (tls == null ? "http" : "https") + "://127.0.0.1:" + config.pool().httpPort(1);
            get(client, base + "/health/ready");
            get(client, base + "/");
            AdminConfig admin = config.admin().ofMember(1);
            get(client(admin.tls()), admin.url() + "/metrics");
            member.serve();
        }
        return ExitCode.OK;
    }

    private static HttpClient client(@Nullable TlsConfig tls) {
        return tls == null
                ? HttpClient.newHttpClient()
                : HttpClient.newBuilder()
                        .sslContext(TlsContexts.ofPool(TlsFiles.read(tls, Instant.now())))
                        .build();
    }

    private static void get(HttpClient client, String url)
            throws IOException, InterruptedException {
        client.send(HttpRequest.newBuilder(URI.create(url)).build(), BodyHandlers.discarding());
    }

    private static int freePort() throws IOException {
        try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }
}
