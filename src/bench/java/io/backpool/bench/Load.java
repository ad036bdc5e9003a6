package io.backpool.bench;

import java.io.IOException;
import java.lang.management.ManagementFactory;
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
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * Clients who come at a fixed rate, whatever becomes of those before them, or a fixed number of
 * clients who send the next request after the answer; all of them give up after a while. One
 * thread, so that it takes little from a server on the same machine.
 */
final class Load {
    private static final int HEAD = 4096;

    private final long patience;
    private final Selector selector = Selector.open();
    private final List<Flow> flows = new ArrayList<>();

    /** In the order in which they give up. */
    private final Set<Client> waiting = new LinkedHashSet<>();

    private long begin;
    private long end;

    Load(double patienceSeconds) throws IOException {
        this.patience = (long) (patienceSeconds * 1e9);
    }

    /** Adds clients at a fixed rate; {@code client} is what a proxy says their address is. */
    Flow open(List<Integer> ports, String path, double perSecond, String client) {
        return add(new Flow(ports, path, client, (long) (1e9 / perSecond), 0));
    }

    /** Adds a fixed number of clients. */
    Flow closed(List<Integer> ports, String path, int clients, String client) {
        return add(new Flow(ports, path, client, Long.MAX_VALUE, clients));
    }

    private Flow add(Flow flow) {
        flows.add(flow);
        return flow;
    }

    /** Sends for so long, and waits for all answers. */
    void run(double seconds) throws IOException {
        long cpu = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
        begin = System.nanoTime();
        end = begin + (long) (seconds * 1e9);
        try {
            for (Flow flow : flows) {
                flow.seconds = seconds;
                for (int i = 0; i < flow.clients; i++) {
                    flow.send(System.nanoTime());
                }
            }
            long now = System.nanoTime();
            while (now < end || !waiting.isEmpty()) {
                long next = now < end ? end : now + patience;
                for (Flow flow : flows) {
                    next = Math.min(next, flow.sendDue(now));
                }
                giveUp(now);
                selector.select(
                        key -> ((Client) key.attachment()).proceed(),
                        Math.max(1, TimeUnit.NANOSECONDS.toMillis(next - now)));
                now = System.nanoTime();
            }
        } finally {
            for (SelectionKey key : selector.keys()) {
                key.channel().close();
            }
            selector.close();
        }
        double used = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() - cpu;
        for (Flow flow : flows) {
            flow.processors = used / (System.nanoTime() - begin);
        }
    }

    private void giveUp(long now) {
        while (!waiting.isEmpty()) {
            Client first = waiting.iterator().next();
            if (first.since + patience > now) {
                return;
            }
            waiting.remove(first);
            first.giveUp();
        }
    }

    /** One kind of request, and what became of them. */
    final class Flow {
        /** In turn, a connection each. */
        private final List<Integer> ports;

        private final byte[] request;
        private final long interval;
        private final int clients;
        private final Deque<Client> idle = new ArrayDeque<>();
        private final List<Double> served = new ArrayList<>();
        private final List<Double> refused = new ArrayList<>();
        private final List<Double> late = new ArrayList<>();
        private double seconds;
        private double processors;
        private long sent;
        private int opened;
        private int gaveUp;
        private int broken;

        Flow(List<Integer> ports, String path, String client, long interval, int clients) {
            this.ports = ports;
            this.interval = interval;
            this.clients = clients;
            this.request =
                    "GET %s HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-For: %s\r\n\r\n"
                            .formatted(path, client)
                            .getBytes(StandardCharsets.US_ASCII);
        }

        double perSecond() {
            return served.size() / seconds;
        }

        int served() {
            return served.size();
        }

        /** Answered with another status than 200. */
        int refused() {
            return refused.size();
        }

        int gaveUp() {
            return gaveUp;
        }

        int broken() {
            return broken;
        }

        /** Of the milliseconds that it took to be served, from the moment when each was due. */
        double servedMillis(double part) {
            return percentile(served, part);
        }

        double refusedMillis(double part) {
            return percentile(refused, part);
        }

        /**
         * By how much requests were sent later than they were due: this thread waited for a
         * processor, or was busy. It is part of the other times.
         */
        double lateMillis(double part) {
            return percentile(late, part);
        }

        /** How much of one processor this thread took, for all kinds of requests together. */
        double processors() {
            return processors;
        }

        private static double percentile(List<Double> millis, double part) {
            double[] sorted = millis.stream().mapToDouble(Double::doubleValue).sorted().toArray();
            return sorted.length == 0 ? 0 : sorted[(int) (part * (sorted.length - 1))];
        }

        /** Sends what is due; the time when the next one will be. */
        private long sendDue(long now) throws IOException {
            if (clients > 0) {
                return Long.MAX_VALUE;
            }
            while (begin + sent * interval <= now && begin + sent * interval < end) {
                send(begin + sent * interval);
                late.add((System.nanoTime() - begin - sent * interval) / 1e6);
                sent++;
            }
            return begin + sent * interval < end ? begin + sent * interval : Long.MAX_VALUE;
        }

        private void send(long due) throws IOException {
            Client client = idle.isEmpty() ? new Client(this) : idle.poll();
            client.send(due);
        }

        private void over(Client client) throws IOException {
            idle.add(client);
            again();
        }

        private void again() throws IOException {
            if (clients > 0 && System.nanoTime() < end) {
                send(System.nanoTime());
            }
        }

        @Override
        public String toString() {
            return "%.1f/s served in %.0f, p99 %.0f ms; %d refused in %.0f, p99 %.0f ms; %d gave up, %d broken"
                    .formatted(
                            perSecond(),
                            servedMillis(0.5),
                            servedMillis(0.99),
                            refused(),
                            refusedMillis(0.5),
                            refusedMillis(0.99),
                            gaveUp,
                            broken);
        }
    }

    /** One connection, one request at a time. */
    private final class Client {
        private final Flow flow;
        private final SocketChannel channel = SocketChannel.open();
        private final SelectionKey key;
        private final ByteBuffer answer = ByteBuffer.allocate(HEAD);
        private long since;

        Client(Flow flow) throws IOException {
            this.flow = flow;
            channel.configureBlocking(false);
            int port = flow.ports.get(flow.opened++ % flow.ports.size());
            channel.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
            key = channel.register(selector, SelectionKey.OP_CONNECT, this);
        }

        void send(long due) {
            since = due;
            waiting.add(this);
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
                channel.write(ByteBuffer.wrap(flow.request));
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
            double millis = (System.nanoTime() - since) / 1e6;
            (text.startsWith("HTTP/1.1 200") ? flow.served : flow.refused).add(millis);
            answer.clear();
            if (text.contains("Connection: close")) {
                channel.close();
                flow.again();
            } else {
                flow.over(this);
            }
        }

        void giveUp() {
            flow.gaveUp++;
            close();
        }

        private void fail() {
            if (waiting.remove(this)) {
                flow.broken++;
            }
            flow.idle.remove(this);
            close();
        }

        private void close() {
            try {
                channel.close();
                flow.again();
            } catch (IOException e) {
                flow.broken++;
            }
        }
    }

    private static int length(String head) {
        String name = "content-length:";
        int at = head.toLowerCase(Locale.ROOT).indexOf(name);
        return at < 0
                ? 0
                : Integer.parseInt(head.substring(at + name.length()).lines().findFirst().orElse("0").trim());
    }
}
