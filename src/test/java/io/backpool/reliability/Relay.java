package io.backpool.reliability;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/** The way from the pool to a balancer-manager, which can be slow or broken. */
final class Relay implements AutoCloseable {
    private static final int SLOW_MILLIS = 300;

    private final int target;
    private final ServerSocket server;
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();
    private volatile String mode = "ok";

    Relay(int port, int target) throws IOException {
        this.target = target;
        this.server = new ServerSocket(port, 50, InetAddress.getLoopbackAddress());
        start(this::accept);
    }

    /** {@code ok}, {@code slow}, {@code away} (closes at once), {@code silent} (never answers). */
    void mode(String wanted) {
        mode = wanted;
        open.forEach(Relay::close);
    }

    private void accept() {
        while (!server.isClosed()) {
            try {
                Socket client = server.accept();
                open.add(client);
                if (mode.equals("away")) {
                    close(client);
                } else if (!mode.equals("silent")) {
                    var manager = new Socket(InetAddress.getLoopbackAddress(), target);
                    open.add(manager);
                    start(() -> copy(client, manager));
                    start(() -> copy(manager, client));
                }
            } catch (IOException e) {
                // Closed by us, or httpd is down: the pool sees the connection end.
                open.forEach(Relay::close);
            }
        }
    }

    private void copy(Socket from, Socket to) {
        byte[] buffer = new byte[65_536];
        try (from;
                to) {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
                if (mode.equals("slow")) {
                    TimeUnit.MILLISECONDS.sleep(SLOW_MILLIS);
                }
                out.write(buffer, 0, count);
            }
        } catch (IOException e) {
            // One side has closed: so does the other.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            open.remove(from);
            open.remove(to);
        }
    }

    private static void start(Runnable task) {
        var thread = new Thread(task, "relay");
        thread.setDaemon(true);
        thread.start();
    }

    private static void close(Socket socket) {
        try {
            socket.setSoLinger(true, 0);
            socket.close();
        } catch (IOException e) {
            // Closed already.
        }
    }

    @Override
    public void close() {
        try {
            server.close();
        } catch (IOException e) {
            // No more connections are accepted all the same.
        }
        open.forEach(Relay::close);
    }
}
