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
    static void hello(Stage stage) {
        Map<String, Peer> peers = new LinkedHashMap<>();
        for (String name : ALL) {
            String[] words = name.split(" ");
            boolean full = name.equals("tomcat full");
            Peer peer =
                    stage.start(
                            name,
                            () ->
                                    full
                                            ? stage.peers().start(words[0], words[1])
                                            : stage.peers().start(name));
            if (peer != null) {
                peers.put(name, peer);
            }
        }
        List<Lane> lanes = new ArrayList<>();
        Map<String, String> targets = new LinkedHashMap<>();
        Map<String, Peer> behind = new LinkedHashMap<>();
        peers.forEach(
                (name, peer) -> {
                    lanes.add(
                            new Lane("direct, " + name, Wrk.get(peer.http(), "/"), peer.tree(), null));
                    if (stage.quick && PYTHON.contains(name)) {
                        return;
                    }
                    behind.put("http, " + name, peer);
                    targets.put("http, " + name, "http://127.0.0.1:" + peer.http());
                    if (peer.ajp() > 0) {
                        behind.put("ajp, " + name, peer);
                        targets.put("ajp, " + name, "ajp://127.0.0.1:" + peer.ajp());
                        behind.put("h2c, " + name, peer);
                        targets.put("h2c, " + name, "h2c://127.0.0.1:" + peer.h2c());
                    }
                });
        Front front = stage.front(targets);
        if (front != null) {
            behind.forEach(
                    (name, peer) ->
                            lanes.add(
                                    new Lane(
                                            name,
                                            Wrk.get(front.port(name), "/"),
                                            peer.tree(),
                                            front.tree())));
        }
        stage.measure(lanes);
    }

    /** Raw Undertow and Backpool alone, in every way in which httpd reaches them, in more rounds. */
    static void gate(Stage stage) throws IOException {
        Peer undertow = stage.start("undertow", () -> stage.peers().start("undertow"));
        Path sockets = stage.sockets();
        String[] flags = Sockets.flags(sockets).toArray(String[]::new);
        Peer backpool = stage.start("backpool", () -> stage.peers().start("backpool", flags));
        if (undertow == null || backpool == null) {
            return;
        }
        Map<String, Peer> peers = new LinkedHashMap<>();
        Map<String, String> targets = new LinkedHashMap<>();
        Map.of("undertow", undertow, "backpool", backpool)
                .forEach(
                        (name, peer) -> {
                            peers.put("http, " + name, peer);
                            targets.put("http, " + name, "http://127.0.0.1:" + peer.http());
                            peers.put("ajp, " + name, peer);
                            targets.put("ajp, " + name, "ajp://127.0.0.1:" + peer.ajp());
                        });
        String socket = "unix:" + sockets.resolve("run").resolve("m1");
        peers.put("http over a socket, backpool", backpool);
        targets.put("http over a socket, backpool", socket + ".sock|http://localhost");
        peers.put("ajp over a socket, backpool", backpool);
        targets.put("ajp over a socket, backpool", socket + "-ajp.sock|ajp://localhost");
        Front front = stage.front(targets);
        if (front == null) {
            return;
        }
        List<Lane> lanes = new ArrayList<>();
        lanes.add(new Lane("direct, undertow", Wrk.get(undertow.http(), "/"), undertow.tree(), null));
        lanes.add(new Lane("direct, backpool", Wrk.get(backpool.http(), "/"), backpool.tree(), null));
        peers.forEach(
                (name, peer) ->
                        lanes.add(
                                new Lane(
                                        name,
                                        Wrk.get(front.port(name), "/"),
                                        peer.tree(),
                                        front.tree())));
        stage.measure(lanes);
        stage.measure(lanes);
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
