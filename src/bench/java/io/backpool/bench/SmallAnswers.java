package io.backpool.bench;

import io.backpool.bench.Peers.Peer;
import io.backpool.bench.Stage.Front;
import io.backpool.bench.Stage.Lane;
import io.backpool.testkit.Sockets;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The same 13 bytes from everyone: on the event loop, and from where handlers may block. */
final class SmallAnswers {
    private static final List<String> PYTHON =
            List.of(
                    "python asyncio",
                    "python aiohttp",
                    "gunicorn",
                    "python flask",
                    "python threads",
                    "python fork");

    private static final List<String> ALL =
            Stream.concat(
                            Stream.of(
                                    "undertow",
                                    "backpool",
                                    "nginx",
                                    "jetty",
                                    "tomcat",
                                    "tomcat full"),
                            PYTHON.stream())
                    .toList();

    private SmallAnswers() {}

    /** Directly, and behind one httpd over every protocol that the peer speaks; in haste Python's only directly. */
    static void hello(Stage stage) throws IOException {
        Path sockets = stage.sockets();
        Map<String, Peer> peers = new LinkedHashMap<>();
        for (String name : ALL) {
            Peer peer =
                    stage.start(
                            name,
                            () ->
                                    switch (name) {
                                        case "tomcat full" -> stage.peers().start("tomcat", "full");
                                        case "backpool" -> onSockets(stage, sockets);
                                        default -> stage.peers().start(name);
                                    });
            if (peer != null) {
                peers.put(name, peer);
            }
        }
        List<Lane> lanes = new ArrayList<>();
        Map<String, Way> ways = new LinkedHashMap<>();
        peers.forEach(
                (name, peer) -> {
                    lanes.add(direct(name, peer));
                    if (stage.quick && PYTHON.contains(name)) {
                        return;
                    }
                    addTcp(ways, name, peer);
                    if (name.equals("backpool")) {
                        addSockets(ways, peer, sockets);
                    }
                    if (peer.h2c() > 0) {
                        ways.put("h2c, " + name, new Way(peer, "h2c://127.0.0.1:" + peer.h2c()));
                    }
                });
        addBehind(stage, ways, lanes);
        stage.measure(lanes);
    }

    /** Raw Undertow and Backpool alone, also over sockets, in more rounds. */
    static void gate(Stage stage) throws IOException {
        Peer undertow = stage.start("undertow", () -> stage.peers().start("undertow"));
        Path sockets = stage.sockets();
        Peer backpool = stage.start("backpool", () -> onSockets(stage, sockets));
        if (undertow == null || backpool == null) {
            return;
        }
        Map<String, Way> ways = new LinkedHashMap<>();
        addTcp(ways, "undertow", undertow);
        addTcp(ways, "backpool", backpool);
        addSockets(ways, backpool, sockets);
        List<Lane> lanes = new ArrayList<>();
        lanes.add(direct("undertow", undertow));
        lanes.add(direct("backpool", backpool));
        addBehind(stage, ways, lanes);
        stage.measure(lanes, 2 * stage.rounds());
    }

    /** How httpd reaches a peer, as the target of a {@code ProxyPass}. */
    private record Way(Peer peer, String target) {}

    private static void addTcp(Map<String, Way> ways, String name, Peer peer) {
        ways.put("http, " + name, new Way(peer, "http://127.0.0.1:" + peer.http()));
        if (peer.ajp() > 0) {
            ways.put("ajp, " + name, new Way(peer, "ajp://127.0.0.1:" + peer.ajp()));
        }
    }

    private static Peer onSockets(Stage stage, Path sockets) throws IOException {
        String[] flags = Sockets.flags(sockets).toArray(String[]::new);
        return stage.peers().start("backpool", flags);
    }

    private static void addSockets(Map<String, Way> ways, Peer backpool, Path sockets) {
        Stage.socketTargets(sockets)
                .forEach(
                        (how, target) -> ways.put(how + ", backpool", new Way(backpool, target)));
    }

    private static Lane direct(String name, Peer peer) {
        return new Lane("direct, " + name, Wrk.get(peer.http(), "/"), peer.tree(), null);
    }

    /** A lane for each of the ways, behind one httpd. */
    private static void addBehind(Stage stage, Map<String, Way> ways, List<Lane> lanes) {
        Map<String, String> targets = new LinkedHashMap<>();
        ways.forEach((name, way) -> targets.put(name, way.target));
        Front front = stage.front(targets);
        if (front == null) {
            return;
        }
        ways.forEach(
                (name, way) ->
                        lanes.add(
                                new Lane(
                                        name,
                                        Wrk.get(front.port(name), "/"),
                                        way.peer.tree(),
                                        front.tree())));
    }

    /** Handed over to threads, and to virtual ones where Java has them. */
    static void blocking(Stage stage) {
        List<Lane> lanes = new ArrayList<>();
        for (Map.Entry<String, Path> java : Bench.javas().entrySet()) {
            var peers = stage.peers(java.getValue());
            String on = java.getKey() + ", ";
            add(stage, lanes, on + "undertow, event loop", "/", () -> peers.start("undertow"));
            add(stage, lanes, on + "undertow, threads", "/blocking", () -> peers.start("undertow"));
            add(
                    stage,
                    lanes,
                    on + "backpool, threads",
                    "/blocking",
                    () ->
                            peers.start(
                                    "backpool", peers.helloApplication(), "--blocking=threads"));
            add(stage, lanes, on + "tomcat, threads", "/", () -> peers.start("tomcat"));
            if (Bench.hasVirtualThreads(java.getKey())) {
                add(
                        stage,
                        lanes,
                        on + "backpool, virtual",
                        "/blocking",
                        () -> peers.start("backpool", peers.helloApplication()));
                add(
                        stage,
                        lanes,
                        on + "tomcat, virtual",
                        "/",
                        () -> peers.start("tomcat", "virtual"));
            }
        }
        stage.measure(lanes);
    }

    private static void add(
            Stage stage,
            List<Lane> lanes,
            String name,
            String path,
            java.util.concurrent.Callable<Peer> starter) {
        @Nullable Peer peer = stage.start(name, starter);
        if (peer != null) {
            lanes.add(new Lane(name, Wrk.get(peer.http(), path), peer.tree(), null));
        }
    }
}
