package io.backpool.bench;

import io.backpool.testkit.Backend;
import io.backpool.testkit.Command;
import io.backpool.testkit.Httpd;
import io.backpool.testkit.Ports;
import io.backpool.testkit.RawSocket;
import io.backpool.testkit.ServerProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * {@code bin/bench join}: what clients notice of a pool that joins httpd, by how httpd is prepared
 * and by the order of what happens to both. Prints a table: failed of all requests, and how many of
 * a sticky client's went to another member than its own while that served.
 */
final class Join {
    /** Places for members, declared or left open. */
    private static final int PLACES = 8;

    private static final Pattern BALANCER =
            Pattern.compile("(?s)<Proxy \"balancer://app\">.*?</Proxy>");
    private static final Pattern PERSIST = Pattern.compile("(?m)^BalancerPersist .*$");

    /** How httpd is prepared, given the first port of the pool. */
    private record Way(boolean persist, Preparation members) {
        String apply(String conf, int first) {
            String section = members.text(first);
            String all =
                    section == null
                            ? conf
                            : BALANCER.matcher(conf)
                                    .replaceFirst(
                                            "<Proxy \"balancer://app\">\n"
                                                    + section
                                                    + "</Proxy>\n");
            return PERSIST.matcher(all).replaceFirst("BalancerPersist " + (persist ? "On" : "Off"));
        }
    }

    /** What stands in the balancer; null: what is printed. */
    private interface Preparation {
        @org.jspecify.annotations.Nullable String text(int first);
    }

    private interface Order {
        void happen(Scene scene) throws Exception;
    }

    private static final Map<String, Way> WAYS = new LinkedHashMap<>();
    private static final Map<String, Order> ORDERS = new LinkedHashMap<>();

    static {
        Preparation growth = first -> "ProxySet growth=" + PLACES + settings();
        WAYS.put("growth, On", new Way(true, growth));
        WAYS.put("growth, Off", new Way(false, growth));
        WAYS.put("declared, On", new Way(true, Join::declared));
        WAYS.put("declared, Off", new Way(false, Join::declared));
        WAYS.put("printed", new Way(true, first -> null));

        ORDERS.put("graceful, graceful", scene -> scene.graceful().graceful());
        ORDERS.put("scale 4, scale 1", scene -> scene.scale(4).scale(1));
        ORDERS.put("graceful, scale 4", scene -> scene.graceful().scale(4));
        ORDERS.put(
                "scale 4, graceful, scale 1, graceful, scale 4",
                scene -> scene.scale(4).graceful().scale(1).graceful().scale(4));
        ORDERS.put(
                "stop and start, scale 4, graceful", scene -> scene.stopStart().scale(4).graceful());
        ORDERS.put(
                "kill -9 of httpd, start, scale 4", scene -> scene.killStart().scale(4));
        ORDERS.put("graceful, pool again", scene -> scene.graceful().poolAgain(false));
        ORDERS.put(
                "graceful, scale 4, pool on other ports",
                scene -> scene.graceful().scale(4).poolAgain(true));
        ORDERS.put(
                "pool on other ports, graceful, scale 4",
                scene -> scene.poolAgain(true).graceful().scale(4));
        ORDERS.put(
                "second pool, graceful, both scale 3",
                scene -> scene.second().graceful().bothScale(3));
    }

    private Join() {}

    private static String settings() {
        return " lbmethod=byrequests stickysession=JSESSIONID|jsessionid scolonpathdelim=On"
                + " maxattempts=2\n";
    }

    /** Two in the rotation, the others disabled, in the words that the pool writes itself. */
    private static String declared(int first) {
        return IntStream.range(0, PLACES)
                        .mapToObj(
                                k ->
                                        ("BalancerMember http://127.0.0.1:%d route=m%d retry=1"
                                                        + " connectiontimeout=2 timeout=60 ttl=30"
                                                        + " upgrade=websocket %s\n")
                                                .formatted(
                                                        first + k,
                                                        k + 1,
                                                        k < 2
                                                                ? ""
                                                                : "status=+D redirect=backpool-DC"))
                        .collect(Collectors.joining())
                + "ProxySet growth="
                + PLACES
                + settings();
    }

    public static void main(String[] args) throws Exception {
        List<String> ways = args.length == 0 ? List.copyOf(WAYS.keySet()) : List.of(args);
        Path directory = Files.createTempDirectory("join");
        System.out.println("| order | " + String.join(" | ", ways) + " |");
        System.out.println("|---|" + "---|".repeat(ways.size()));
        for (Map.Entry<String, Order> order : ORDERS.entrySet()) {
            List<String> cells = new ArrayList<>();
            for (String name : ways) {
                Way way = java.util.Objects.requireNonNull(WAYS.get(name), name);
                cells.add(measure(Files.createTempDirectory(directory, "scene"), way, order.getValue()));
            }
            System.out.println("| " + order.getKey() + " | " + String.join(" | ", cells) + " |");
        }
    }

    private static String measure(Path directory, Way way, Order order) {
        try (var scene = new Scene(directory, way)) {
            order.happen(scene);
            return scene.result();
        } catch (Exception | AssertionError e) {
            e.printStackTrace();
            return "broken";
        }
    }

    /** One httpd, its pools, and clients. */
    private static final class Scene implements AutoCloseable {
        private final Path directory;
        private final int port = Ports.free(2);
        private final Httpd httpd;
        private final List<String> notes = new ArrayList<>();
        private final JoinLoad load;
        private Pool first;
        private @org.jspecify.annotations.Nullable Pool other;

        Scene(Path directory, Way way) throws Exception {
            this.directory = directory;
            this.first = new Pool("m");
            Command printed =
                    Command.run(
                            directory,
                            Backend.command(
                                    "conf",
                                    "apache",
                                    "--standalone",
                                    "--members=2",
                                    "--http-port=" + first.http,
                                    "--ajp-port=0",
                                    balancer(),
                                    "--listen=127.0.0.1:" + port,
                                    "--dir=" + directory));
            if (printed.exit() != 0) {
                throw new IOException(printed.output());
            }
            // Small processes, so that there are some of every age.
            String conf =
                    way.apply(printed.output(), first.http)
                            .replace("ThreadsPerChild 512", "ThreadsPerChild 32")
                            .replace("MinSpareThreads 512", "MinSpareThreads 32");
            this.httpd = Httpd.start(directory, conf, port);
            first.start();
            awaitServed();
            this.load = new JoinLoad(port);
            settle();
        }

        private String balancer() {
            return "--balancer=http://127.0.0.1:"
                    + (port + 1)
                    + "/balancer-manager,membership=join";
        }

        /** Until most requests succeed, but not for ever. */
        private void awaitServed() throws InterruptedException {
            for (int well = 0, i = 0; well < 20 && i < 100; i++) {
                String answer =
                        RawSocket.exchange(
                                port, "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
                well = answer.contains(" 200 ") ? well + 1 : 0;
                TimeUnit.MILLISECONDS.sleep(answer.contains(" 200 ") ? 10 : 100);
            }
        }

        /** What follows is seen by clients for a while. */
        private Scene settle() throws InterruptedException {
            TimeUnit.SECONDS.sleep(3);
            return this;
        }

        Scene graceful() throws InterruptedException {
            httpd.graceful();
            return settle();
        }

        Scene scale(int members) throws InterruptedException {
            first.scale(members);
            return settle();
        }

        Scene bothScale(int members) throws InterruptedException {
            java.util.Objects.requireNonNull(other).scale(members);
            return scale(members);
        }

        Scene stopStart() throws InterruptedException {
            load.pause();
            httpd.restart(port);
            load.resume();
            return settle();
        }

        Scene killStart() throws InterruptedException {
            load.pause();
            var children = httpd.process().handle().children().toList();
            httpd.process().signal("KILL");
            children.forEach(ProcessHandle::destroyForcibly);
            httpd.restart(port);
            load.resume();
            return settle();
        }

        /** Nobody can be served in between. */
        Scene poolAgain(boolean elsewhere) throws Exception {
            load.pause();
            first.close();
            if (elsewhere) {
                first = new Pool("m");
            }
            first.start();
            awaitServed();
            load.resume();
            return settle();
        }

        Scene second() throws Exception {
            other = new Pool("x");
            other.start();
            return settle();
        }

        String result() throws InterruptedException {
            load.stop();
            notes.addAll(load.kinds());
            if (!notes.isEmpty()) {
                System.err.println("  " + notes);
            }
            return load.result();
        }

        @Override
        public void close() throws Exception {
            load.stop();
            if (other != null) {
                other.close();
            }
            first.close();
            httpd.close();
        }

        /** Of two members. */
        private final class Pool {
            private final String prefix;
            private final int http = Ports.free(PLACES + 1);
            private @org.jspecify.annotations.Nullable ServerProcess process;

            Pool(String prefix) {
                this.prefix = prefix;
            }

            private int admin() {
                return http + PLACES;
            }

            void start() {
                process =
                        ServerProcess.start(
                                        directory,
                                        directory.resolve("pool-" + http + ".log"),
                                        Map.of(),
                                        Backend.command(
                                                "serve",
                                                "--members=2",
                                                "--route-prefix=" + prefix,
                                                "--http-port=" + http,
                                                "--ajp-port=0",
                                                "--admin-port=" + admin(),
                                                balancer()))
                                .awaitPort(http + 1);
            }

            void scale(int members) {
                Command scale =
                        Command.run(
                                directory,
                                Backend.command("scale", "" + members, "--admin-port=" + admin()));
                if (scale.exit() != 0) {
                    notes.add("scale: " + scale.output().strip());
                }
            }

            void close() {
                if (process != null) {
                    process.close();
                }
            }
        }
    }
}
