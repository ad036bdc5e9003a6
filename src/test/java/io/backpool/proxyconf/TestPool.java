package io.backpool.proxyconf;

import io.backpool.app.LoadedApplication;
import io.backpool.balancer.FrontEnds;
import io.backpool.config.Config;
import io.backpool.config.ConfigReader;
import io.backpool.config.Key;
import io.backpool.config.Keys;
import io.backpool.exchange.RequestFacts;
import io.backpool.local.LocalMembers;
import io.backpool.local.MemberRuntime;
import io.backpool.observe.Metrics;
import io.backpool.pool.Pool;
import io.backpool.supervisor.Systemd;
import io.backpool.testkit.ServerProcess;
import io.undertow.Handlers;
import io.undertow.server.HttpHandler;
import io.undertow.server.HttpServerExchange;
import io.undertow.server.SSLSessionInfo;
import io.undertow.util.HttpString;
import io.undertow.websockets.core.AbstractReceiveListener;
import io.undertow.websockets.core.BufferedTextMessage;
import io.undertow.websockets.core.WebSocketChannel;
import io.undertow.websockets.core.WebSockets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import tools.jackson.databind.json.JsonMapper;

/**
 * A real pool in a process of its own, so that a test can kill it, with an application that says
 * what arrived, untouched by what the pool makes of it.
 */
final class TestPool {
    private TestPool() {}

    /** Starts it on {@code port} for HTTP, {@code port + members} for AJP, and waits for it. */
    static ServerProcess start(Path directory, int port, int members, Path secret) {
        return start(directory, secret, members, port, port + members, port + 2 * members);
    }

    static ServerProcess start(
            Path directory, Path secret, int members, int http, int ajp, int admin) {
        return ServerProcess.start(
                        directory,
                        directory.resolve("pool-" + http + ".log"),
                        Map.of(),
                        List.of(
                                ProcessHandle.current().info().command().orElseThrow(),
                                "-cp",
                                System.getProperty("java.class.path"),
                                TestPool.class.getName(),
                                "--members=" + members,
                                "--http-port=" + http,
                                "--ajp-port=" + ajp,
                                "--ajp-secret-file=" + secret,
                                "--admin-port=" + admin))
                .awaitPort(admin);
    }

    /** Ports that {@link #start} takes. */
    static int ports(int members) {
        return 2 * members + 1;
    }

    public static void main(String[] args) throws Exception {
        Map<Key<?>, String> flags = new HashMap<>();
        for (String arg : args) {
            String[] parts = arg.split("=", 2);
            Keys.ALL.stream()
                    .filter(key -> key.flag().equals(parts[0]))
                    .forEach(key -> flags.put(key, parts[1]));
        }
        Config config = ConfigReader.read(null, Map.of(), flags);
        var metrics = new Metrics();
        MemberRuntime runtime =
                MemberRuntime.open(
                        config, LoadedApplication.builtIn(services -> application()), metrics);
        Pool pool =
                Pool.open(
                        config,
                        new LocalMembers(runtime, "test"),
                        FrontEnds.open(config),
                        metrics,
                        size -> {},
                        Systemd.find(Map.of()),
                        null);
        pool.awaitBoot();
        Runtime.getRuntime()
                .addShutdownHook(
                        new Thread(
                                () -> {
                                    try {
                                        pool.close();
                                    } catch (Exception e) {
                                        throw new IllegalStateException(e);
                                    }
                                }));
    }

    private static HttpHandler application() {
        return Handlers.path(TestPool::whoami)
                .addPrefixPath(
                        "/headers",
                        exchange -> {
                            int size = Integer.parseInt(exchange.getRelativePath().substring(1));
                            exchange.getResponseHeaders()
                                    .put(new HttpString("X-Fill"), "x".repeat(size));
                            exchange.getResponseSender().send("filled");
                        })
                .addExactPath("/ws", Handlers.websocket((exchange, channel) -> echo(channel)));
    }

    private static void whoami(HttpServerExchange exchange) throws Exception {
        Map<String, Object> facts = new TreeMap<>();
        Map<String, List<String>> headers = new TreeMap<>();
        exchange.getRequestHeaders()
                .forEach(
                        values ->
                                headers.put(
                                        values.getHeaderName().toString().toLowerCase(Locale.ROOT),
                                        new ArrayList<>(values)));
        facts.put("protocol", RequestFacts.protocol(exchange));
        facts.put("route", Objects.requireNonNull(RequestFacts.of(exchange)).route());
        facts.put("pid", ProcessHandle.current().pid());
        facts.put("client", exchange.getSourceAddress().getAddress().getHostAddress());
        facts.put("scheme", exchange.getRequestScheme());
        facts.put("host", exchange.getHostAndPort());
        facts.put("headers", headers);
        SSLSessionInfo tls = exchange.getConnection().getSslSessionInfo();
        if (tls != null && exchange.getProtocol() != null) {
            facts.put("cipher", tls.getCipherSuite());
            facts.put("subject", subject(tls));
        }
        exchange.getResponseSender().send(new JsonMapper().writeValueAsString(facts));
    }

    private static String subject(SSLSessionInfo tls) {
        try {
            return ((java.security.cert.X509Certificate) tls.getPeerCertificates()[0])
                    .getSubjectX500Principal()
                    .getName();
        } catch (Exception e) {
            return "";
        }
    }

    private static void echo(WebSocketChannel channel) {
        channel.getReceiveSetter()
                .set(
                        new AbstractReceiveListener() {
                            @Override
                            protected void onFullTextMessage(
                                    WebSocketChannel from, BufferedTextMessage message) {
                                WebSockets.sendText(message.getData(), from, null);
                            }
                        });
        channel.resumeReceives();
    }
}
