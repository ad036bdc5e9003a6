package io.backpool.bench;

import io.backpool.bench.Peers.Peer;
import io.backpool.bench.Stage.Lane;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Cost as members and connections grow: of requests, of idle connections, of sessions. */
final class Scale {
    private static final int MOST_MEMBERS = 10;
    private static final int IDLE = 10_000;
    private static final int SESSIONS = 5_000;

    private Scale() {}

    /** One member's connections; and members of one JVM, at 100 connections. */
    static void scale(Stage stage) {
        List<Lane> lanes = new ArrayList<>();
        for (String name : List.of("undertow", "backpool")) {
            Peer peer = stage.start(name, () -> stage.peers().start(name));
            for (int count : new int[] {10, 100, 1000, IDLE}) {
                add(lanes, name + ", connections " + count, peer, 1, count);
            }
        }
        for (int members : new int[] {1, 2, 5, MOST_MEMBERS}) {
            Peer peer =
                    stage.start(
                            members + " members",
                            () -> stage.peers().start("backpool", "--members=" + members));
            add(lanes, "backpool, members " + members, peer, members, 100);
        }
        stage.measure(lanes);
    }

    /** As many clients' threads for one member as for ten. */
    private static void add(
            List<Lane> lanes, String name, @Nullable Peer peer, int members, int connections) {
        if (peer == null) {
            return;
        }
        List<Integer> ports =
                IntStream.range(0, MOST_MEMBERS)
                        .mapToObj(i -> peer.http() + i % members)
                        .toList();
        lanes.add(new Lane(name, new Wrk(ports, "/", connections, 0), peer.tree(), null));
    }

    /** What stays on the heap for each of many clients that say nothing. */
    static void idle(Stage stage) {
        for (String name : List.of("undertow", "backpool", "jetty", "tomcat")) {
            stage.attempt(name, () -> connections(stage, name));
        }
        stage.attempt("sessions", () -> sessions(stage));
    }

    private static Double connections(Stage stage, String name) throws Exception {
        List<Socket> sockets = new ArrayList<>();
        Peers peers = stage.peers();
        // Each must be let in, and none sent away for being idle.
        try (Peer peer = name.equals("tomcat") ? peers.start(name, "many") : peers.start(name)) {
            open(sockets, peer.http(), 100);
            long heap = peers.liveBytes(peer);
            double pss = peer.tree().pssMib();
            open(sockets, peer.http(), IDLE);
            double bytes = (peers.liveBytes(peer) - heap) / (double) IDLE;
            stage.results.add(name, "heap_bytes", bytes);
            stage.results.add(
                    name, "pss_bytes", (peer.tree().pssMib() - pss) * (1 << 20) / IDLE);
            return bytes;
        } finally {
            for (Socket socket : sockets) {
                socket.close();
            }
        }
    }

    private static void open(List<Socket> sockets, int port, int count) throws IOException {
        for (int i = 0; i < count; i++) {
            var socket = new Socket(InetAddress.getLoopbackAddress(), port);
            sockets.add(socket);
            ask(socket, "/");
        }
    }

    private static Double sessions(Stage stage) throws Exception {
        Peers peers = stage.peers();
        try (Peer peer = peers.start("backpool", "--blocking=threads");
                var socket = new Socket(InetAddress.getLoopbackAddress(), peer.http())) {
            for (int i = 0; i < 100; i++) {
                ask(socket, "/session");
            }
            long heap = peers.liveBytes(peer);
            for (int i = 0; i < SESSIONS; i++) {
                ask(socket, "/session");
            }
            double bytes = (peers.liveBytes(peer) - heap) / (double) SESSIONS;
            stage.results.add("backpool, a session", "heap_bytes", bytes);
            return bytes;
        }
    }

    /** One request, and its whole answer, which comes at once. */
    private static void ask(Socket socket, String path) throws IOException {
        socket.setTcpNoDelay(true);
        socket.getOutputStream()
                .write(
                        ("GET " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n")
                                .getBytes(StandardCharsets.US_ASCII));
        byte[] answer = new byte[4096];
        if (socket.getInputStream().read(answer) <= 0) {
            throw new IOException("connection closed at " + path);
        }
    }
}
