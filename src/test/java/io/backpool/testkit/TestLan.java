package io.backpool.testkit;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Hosts of a test's own: network namespaces with a cable each to one switch; this JVM is the last
 * host on it. Everybody knows everybody's hardware address, as behind a router: so what is sent to
 * a host that has vanished is lost without a word. Only root may make them.
 */
public final class TestLan implements AutoCloseable {
    private static final String NOBODY = "02:00:00:00:00:ff";

    private final String name = "bp%05x".formatted(ThreadLocalRandom.current().nextInt(1 << 20));
    private final String subnet =
            "198.18.%d.".formatted(ThreadLocalRandom.current().nextInt(256)); // RFC 2544
    private final int hosts;

    private TestLan(int hosts) {
        this.hosts = hosts;
    }

    /** Hosts 0 to {@code hosts - 1}. */
    public static TestLan of(int hosts) {
        var lan = new TestLan(hosts);
        try {
            lan.build();
        } catch (AssertionError e) {
            lan.close();
            throw e;
        }
        return lan;
    }

    public String address(int host) {
        return subnet + (host + 1);
    }

    /** All of them, as {@code Require ip} takes it. */
    public String network() {
        return subnet + "0/24";
    }

    /** The command as it is run on that host. */
    public List<String> on(int host, List<String> command) {
        List<String> there = new ArrayList<>(List.of("ip", "netns", "exec", space(host)));
        there.addAll(command);
        return there;
    }

    /** Pulls the cable of a host: nobody is told. */
    public void unplug(int host) {
        ip("-n", name, "link", "set", port(host), "down");
    }

    public void plug(int host) {
        ip("-n", name, "link", "set", port(host), "up");
    }

    /** What one sends to the other is lost, and the other way round. */
    public void cut(int one, int other) {
        neighbour(one, other, NOBODY);
        neighbour(other, one, NOBODY);
    }

    public void heal(int one, int other) {
        neighbour(one, other, hardware(other));
        neighbour(other, one, hardware(one));
    }

    @Override
    public void close() {
        List<String> failures = new ArrayList<>();
        attempt(failures, "link", "del", name);
        for (int host = 0; host < hosts; host++) {
            attempt(failures, "netns", "del", space(host));
        }
        attempt(failures, "netns", "del", name);
        if (!failures.isEmpty()) {
            throw new AssertionError(String.join("\n", failures));
        }
    }

    private void build() {
        ip("netns", "add", name);
        ip("-n", name, "link", "add", "switch", "type", "bridge");
        ip("-n", name, "link", "set", "switch", "up");
        for (int host = 0; host < hosts; host++) {
            ip("netns", "add", space(host));
            ip("-n", space(host), "link", "set", "lo", "up");
            ip(
                    List.of("link", "add", "eth0", "netns", space(host), "address", hardware(host)),
                    List.of("type", "veth", "peer", "name", port(host), "netns", name));
            ip("-n", space(host), "addr", "add", address(host) + "/24", "dev", "eth0");
            ip("-n", space(host), "link", "set", "eth0", "up");
            ip("-n", name, "link", "set", port(host), "master", "switch", "up");
        }
        ip(
                List.of("link", "add", name, "address", hardware(hosts)),
                List.of("type", "veth", "peer", "name", port(hosts), "netns", name));
        ip("addr", "add", address(hosts) + "/24", "dev", name);
        ip("link", "set", name, "up");
        ip("-n", name, "link", "set", port(hosts), "master", "switch", "up");
        for (int host = 0; host < hosts; host++) {
            for (int other = 0; other < hosts; other++) {
                if (host != other) {
                    neighbour(host, other, hardware(other));
                }
            }
        }
    }

    private void neighbour(int host, int other, String hardware) {
        ip(
                List.of("-n", space(host), "neigh", "replace", address(other)),
                List.of("lladdr", hardware, "dev", "eth0", "nud", "permanent"));
    }

    private String space(int host) {
        return name + "-" + host;
    }

    private static String port(int host) {
        return "port" + host;
    }

    private static String hardware(int host) {
        return "02:00:00:00:00:%02x".formatted(host + 1);
    }

    private static void ip(List<String> one, List<String> other) {
        List<String> all = new ArrayList<>(one);
        all.addAll(other);
        ip(all.toArray(String[]::new));
    }

    private static void ip(String... arguments) {
        List<String> command = new ArrayList<>(List.of(ServerProcess.program("ip")));
        command.addAll(List.of(arguments));
        Command done = Command.run(Path.of("/"), command);
        if (done.exit() != 0) {
            throw new AssertionError(
                    String.join(" ", command) + ", which takes root: " + done.output());
        }
    }

    private static void attempt(List<String> failures, String... arguments) {
        try {
            ip(arguments);
        } catch (AssertionError e) {
            failures.add(String.valueOf(e.getMessage()));
        }
    }
}
