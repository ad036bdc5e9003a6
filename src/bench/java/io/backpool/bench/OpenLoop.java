package io.backpool.bench;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Clients who come at a fixed rate, whatever becomes of those before them, and who give up: what a
 * front end does to a backend that is too slow. One thread, so that it takes little from a server
 * on the same machine.
 */
final class OpenLoop {
    private static final int HEAD = 4096;

    private final byte[] request;
    private final InetSocketAddress server;
    private final long patience;
    private final Selector selector = Selector.open();

    /** Connections without a request. */
    private final Deque<Client> idle = new ArrayDeque<>();

    /** In the order in which they give up. */
    private final Deque<Client> waiting = new ArrayDeque<>();

    private final List<Double> served = new ArrayList<>();
    private int refused;
    private int gaveUp;
    private int broken;

    private OpenLoop(int port, String path, double patienceSeconds) throws IOException {
        this.server = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
        this.patience = (long) (patienceSeconds * 1e9);
        this.request =
                ("GET " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n")
                        .getBytes(StandardCharsets.US_ASCII);
    }

    /**
     * What became of them.
     *
     * @param millis of those that were served, from the moment when each was due
     * @param refused answered with another status than 200
     */
    record Outcome(double seconds, List<Double> millis, int refused, int gaveUp, int broken) {
        double percentile(double part) {
            double[] sorted = millis.stream().mapToDouble(Double::doubleValue).sorted().toArray();
            return sorted.length == 0 ? Double.NaN : sorted[(int) (part * (sorted.length - 1))];
        }
    }

    /** Sends {@code perSecond} for {@code seconds} and waits for all of them. */
    static Outcome run(
            int port, String path, double perSecond, double seconds, double patienceSeconds)
            throws IOException {
        var load = new OpenLoop(port, path, patienceSeconds);
        try {
            return load.run((long) (1e9 / perSecond), (long) (seconds * perSecond));
        } finally {
            for (SelectionKey key : load.selector.keys()) {
                key.channel().close();
            }
            load.selector.close();
        }
    }

    private Outcome run(long interval, long total) throws IOException {
        long begin = System.nanoTime();
        long sent = 0;
        while (sent < total || !waiting.isEmpty()) {
            long now = System.nanoTime();
            while (sent < total && begin + sent * interval <= now) {
                send(begin + sent * interval);
                sent++;
            }
            while (!waiting.isEmpty() && waiting.peek().since + patience <= now) {
                waiting.remove().giveUp();
            }
            long next = sent < total ? begin + sent * interval : now + patience;
            selector.select(
                    key -> ((Client) key.attachment()).proceed(),
                    Math.max(1, TimeUnit.NANOSECONDS.toMillis(next - now)));
        }
        double seconds = Math.max(total * interval, 1) / 1e9;
        return new Outcome(seconds, served, refused, gaveUp, broken);
    }

    private void send(long due) throws IOException {
        Client client = idle.isEmpty() ? new Client() : idle.pop();
        waiting.add(client);
        client.send(due);
    }

    /** One connection, one request at a time. */
    private final class Client {
        private final SocketChannel channel = SocketChannel.open();
        private final SelectionKey key;
        private final ByteBuffer answer = ByteBuffer.allocate(HEAD);
        private long since;

        Client() throws IOException {
            channel.configureBlocking(false);
            channel.connect(server);
            key = channel.register(selector, SelectionKey.OP_CONNECT, this);
        }

        void send(long due) {
            since = due;
            if (channel.isConnected()) {
                write();
            }
        }

        void proceed() {
            try {
                if (key.isConnectable() && channel.finishConnect()) {
                    write();
                } else if (key.isReadable()) {
                    read();
                }
            } catch (IOException e) {
                fail();
            }
        }

        private void write() {
            try {
                channel.write(ByteBuffer.wrap(request));
                key.interestOps(SelectionKey.OP_READ);
            } catch (IOException e) {
                fail();
            }
        }

        private void read() throws IOException {
            int count = channel.read(answer);
            String text = new String(answer.array(), 0, answer.position(), StandardCharsets.US_ASCII);
            int head = text.indexOf("\r\n\r\n");
            if (head >= 0 && text.length() >= head + 4 + length(text.substring(0, head))) {
                finished(text);
            } else if (count < 0) {
                fail();
            }
        }

        private void finished(String text) throws IOException {
            if (!waiting.remove(this)) {
                return; // an idle connection was closed
            }
            if (text.startsWith("HTTP/1.1 200")) {
                served.add((System.nanoTime() - since) / 1e6);
            } else {
                refused++;
            }
            answer.clear();
            if (text.contains("Connection: close")) {
                channel.close();
            } else {
                idle.push(this);
            }
        }

        void giveUp() {
            gaveUp++;
            close();
        }

        private void fail() {
            if (waiting.remove(this)) {
                broken++;
            }
            idle.remove(this);
            close();
        }

        private void close() {
            try {
                channel.close();
            } catch (IOException e) {
                broken++;
            }
        }
    }

    private static int length(String head) {
        String name = "content-length:";
        int at = head.toLowerCase(java.util.Locale.ROOT).indexOf(name);
        return at < 0
                ? 0
                : Integer.parseInt(head.substring(at + name.length()).lines().findFirst().orElse("0").trim());
    }
}
