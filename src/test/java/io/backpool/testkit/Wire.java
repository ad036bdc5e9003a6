package io.backpool.testkit;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A wire to a real server, on which packets can be held back: both sides are connected, and neither
 * hears anything until {@link #release}.
 */
public final class Wire implements AutoCloseable {
    private final int target;
    private final ServerSocket listener;
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();

    private volatile Duration delay = Duration.ZERO;

    /** Guarded by this, like all below. */
    private boolean held;

    /** Connections made before the last {@link #cut}, which carry nothing any more. */
    private final Set<Socket> cut = new HashSet<>();

    private Wire(int target) throws IOException {
        this.target = target;
        this.listener = new ServerSocket();
        listener.setReuseAddress(true);
        listener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), Ports.free()));
        start(this::accept);
    }

    /** To this port of loopback. */
    public static Wire to(int target) {
        try {
            return new Wire(target);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public int port() {
        return listener.getLocalPort();
    }

    /** {@code url}, but through this wire. */
    public String through(String url) {
        return url.replace("127.0.0.1:" + target, "127.0.0.1:" + port());
    }

    /** Each packet arrives later from now on. */
    public void delay(Duration time) {
        delay = time;
    }

    public synchronized void hold() {
        held = true;
    }

    /** The connections that there are stay open and never carry anything again; new ones do. */
    public synchronized void cut() {
        cut.addAll(sockets);
    }

    public synchronized void release() {
        held = false;
        notifyAll();
    }

    @Override
    public void close() {
        synchronized (this) {
            cut.clear();
        }
        release();
        close(listener);
        sockets.forEach(Wire::close);
    }

    private void accept() {
        try {
            while (true) {
                Socket near = listener.accept();
                sockets.add(near);
                start(() -> connect(near));
            }
        } catch (IOException e) {
            // Closed.
        }
    }

    private void connect(Socket near) {
        try {
            var far = new Socket(InetAddress.getLoopbackAddress(), target);
            sockets.add(far);
            start(() -> pump(near, far));
            pump(far, near);
        } catch (IOException e) {
            close(near);
        }
    }

    /** Until either side is gone. */
    private void pump(Socket from, Socket to) {
        byte[] packet = new byte[64 << 10];
        try (from;
                to) {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            for (int count = in.read(packet); count >= 0; count = in.read(packet)) {
                Thread.sleep(delay.toMillis());
                awaitRelease(from);
                out.write(packet, 0, count);
            }
        } catch (IOException e) {
            // The other pump ends as well.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private synchronized void awaitRelease(Socket from) throws InterruptedException {
        while (held || cut.contains(from)) {
            wait();
        }
    }

    private static void start(Runnable task) {
        var thread = new Thread(task, "wire");
        thread.setDaemon(true);
        thread.start();
    }

    private static void close(AutoCloseable closeable) {
        try {
            closeable.close();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }
}
