package io.backpool.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.IntStream;

/** Loopback ports that nobody listens on. */
public final class Ports {
    /** Each JVM that tests run in has ports of its own, below the range that clients get. */
    private static final int RANGE = 10_000;

    private static final int LOWEST =
            1_500 + RANGE * Integer.parseInt(System.getProperty("backpool.fork", "1"));

    /** What this JVM's tests were given: it may not be listened on yet. Guarded by the class. */
    private static final Set<Integer> GIVEN = new HashSet<>();

    private Ports() {}

    /** One free port. */
    public static int free() {
        return free(1);
    }

    /** The first of {@code count} consecutive free ports. */
    public static synchronized int free(int count) {
        for (int attempt = 0; attempt < 1000; attempt++) {
            int first = ThreadLocalRandom.current().nextInt(LOWEST, LOWEST + RANGE - count);
            if (allFree(first, count)) {
                IntStream.range(first, first + count).forEach(GIVEN::add);
                return first;
            }
        }
        throw new IllegalStateException("no " + count + " consecutive free ports found");
    }

    /** Whether something accepts connections there. */
    public static boolean isOpen(int port) {
        try (var socket = new java.net.Socket()) {
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 1000);
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    private static boolean allFree(int first, int count) {
        for (int port = first; port < first + count; port++) {
            if (GIVEN.contains(port)) {
                return false;
            }
            try (var socket = new ServerSocket()) {
                socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
            } catch (java.net.BindException e) {
                return false;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return true;
    }
}
