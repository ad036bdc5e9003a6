package io.backpool.bench;

import io.backpool.bench.Peers.Peer;
import io.backpool.bench.Stage.Front;
import io.backpool.bench.Stage.Lane;
import io.backpool.testkit.Command;
import io.backpool.testkit.Httpd;
import io.backpool.testkit.Ports;
import io.backpool.testkit.Sockets;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** Answers of 64 KiB and uploads of 1 MiB; and what httpd's configuration makes of them. */
final class Bodies {
    private static final int MIB = 1 << 20;
    private static final int CLIENTS = 16;

    /** Beyond the 150 that Debian's httpd works for at once. */
    private static final int MANY_CLIENTS = 1000;

    private Bodies() {}

    /** Both with buffers and AJP packets of 64 KiB. */
    static void large(Stage stage) throws IOException {
        Path sockets = stage.sockets();
        Map<String, Peer> peers = new LinkedHashMap<>();
        start(stage, peers, "undertow", "65536");
        start(stage, peers, "backpool", Sockets.flags(sockets).toArray(String[]::new));
        Map<String, String> targets = new LinkedHashMap<>();
        Map<String, Peer> behind = new LinkedHashMap<>();
        peers.forEach(
                (name, peer) -> {
                    behind.put("http, " + name, peer);
                    behind.put("ajp, " + name, peer);
                    targets.put("http, " + name, "http://127.0.0.1:" + peer.http());
                    targets.put("ajp, " + name, "ajp://127.0.0.1:" + peer.ajp());
                });
        Peer backpool = peers.get("backpool");
        if (backpool != null) {
            Stage.socketTargets(sockets)
                    .forEach(
                            (how, target) -> {
                                behind.put(how + ", backpool", backpool);
                                targets.put(how + ", backpool", target);
                            });
        }
        Front front = stage.front(targets);
        List<Lane> lanes = new ArrayList<>();
        for (Map.Entry<String, Wrk> load : loads().entrySet()) {
            peers.forEach(
                    (name, peer) ->
                            lanes.add(
                                    new Lane(
                                            load.getKey() + ", direct, " + name,
                                            load.getValue().to(peer.http()),
                                            peer.tree(),
                                            null)));
            if (front != null) {
                behind.forEach(
                        (name, peer) ->
                                lanes.add(
                                        new Lane(
                                                load.getKey() + ", " + name,
                                                load.getValue().to(front.port(name)),
                                                peer.tree(),
                                                front.tree())));
            }
        }
        stage.measure(lanes);
    }

    private static Map<String, Wrk> loads() {
        Map<String, Wrk> loads = new LinkedHashMap<>();
        loads.put("64 KiB answer", Wrk.get(0, "/64k").connections(CLIENTS));
        loads.put("1 MiB upload", Wrk.get(0, "/upload").connections(CLIENTS).posting(MIB));
        return loads;
    }

    /** The printed configuration, and what Debian installs with one ProxyPass added. */
    static void httpd(Stage stage) throws IOException {
        String[] sockets = Sockets.flags(stage.sockets()).toArray(String[]::new);
        Map<String, Peer> peers = new LinkedHashMap<>();
        start(stage, peers, "undertow", "65536");
        start(stage, peers, "backpool", sockets);
        Peer undertow = peers.get("undertow");
        Peer backend = peers.get("backpool");
        if (undertow == null || backend == null) {
            return;
        }
        List<Lane> lanes = new ArrayList<>();
        for (String protocol : List.of("http", "ajp")) {
            String bare = target(protocol, backend);
            String raw = target(protocol, undertow);
            add(stage, lanes, protocol + ", printed", backend, port -> printed(stage, backend, protocol, port));
            add(
                    stage,
                    lanes,
                    protocol + " over a socket, printed",
                    backend,
                    port -> printed(stage, backend, protocol, port, sockets));
            add(stage, lanes, protocol + ", Debian's and Undertow", undertow, port -> debian(raw, port));
            add(stage, lanes, protocol + ", Debian's", backend, port -> debian(bare, port));
        }
        stage.measure(lanes);
    }

    private static String target(String protocol, Peer peer) {
        int port = protocol.equals("ajp") ? peer.ajp() : peer.http();
        return protocol + "://127.0.0.1:" + port;
    }

    /** The text of a whole configuration that listens there. */
    private interface Conf {
        String text(int port) throws IOException;
    }

    private static void add(Stage stage, List<Lane> lanes, String name, Peer backend, Conf conf) {
        int port = Ports.free(2);
        Httpd httpd =
                stage.start(
                        name,
                        () -> start(stage, conf.text(port), port));
        if (httpd == null) {
            return;
        }
        var front = new ProcessTree(httpd.process().pid());
        Map<String, Wrk> loads = loads();
        loads.put("13 bytes", Wrk.get(0, "/"));
        loads.put("13 bytes to 1,000 clients", Wrk.get(0, "/").connections(MANY_CLIENTS));
        if (name.startsWith("ajp") && !name.endsWith("printed")) {
            // Its answers come in packets of 64 KiB, which httpd refuses without ProxyIOBufferSize.
            loads.remove("64 KiB answer");
        }
        loads.forEach(
                (what, load) ->
                        lanes.add(
                                new Lane(
                                        what + ", " + name, load.to(port), backend.tree(), front)));
    }

    /** Starts httpd on a whole configuration, in a directory of its own. */
    static Httpd start(Stage stage, String conf, int port) throws IOException {
        Path own = Files.createTempDirectory(stage.directory, "httpd");
        return Httpd.start(own, conf.replace("@dir@", own.toString()), port);
    }

    /** What Backpool prints for that member. */
    static String printed(
            Stage stage, Peer backend, String protocol, int port, String... settings)
            throws IOException {
        List<String> command =
                stage.peers().command(backend.directory(), backend.http(), "conf apache");
        command.addAll(
                List.of(
                        "--standalone",
                        "--protocol=" + protocol,
                        "--listen=127.0.0.1:" + port,
                        "--manager-port=" + (port + 1),
                        "--dir=" + stage.directory.resolve("httpd-" + port)));
        command.addAll(List.of(settings));
        Command printed = Command.run(backend.directory(), command);
        if (printed.exit() != 0) {
            throw new IOException(printed.output());
        }
        return printed.output().replaceAll("(?m)^\\S+Z INFO .*\n", ""); // its log, on standard error
    }

    private static String debian(String target, int port) throws IOException {
        return Files.readString(Path.of("src/bench/debian.conf"))
                + "\nListen 127.0.0.1:" + port + "\n"
                + Stage.virtualHost(port, target).replace("SetEnv ap_trust_cgilike_cl 1", "");
    }

    private static void start(Stage stage, Map<String, Peer> peers, String name, String... options) {
        Peers all = stage.peers();
        Peer peer =
                stage.start(
                        name,
                        () ->
                                name.equals("backpool")
                                        ? all.start(name, with(all.helloApplication(), options))
                                        : all.start(name, options));
        if (peer != null) {
            peers.put(name, peer);
        }
    }

    private static String[] with(String first, String... others) {
        return Stream.concat(Stream.of(first), Stream.of(others)).toArray(String[]::new);
    }
}
