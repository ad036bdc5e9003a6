package io.backpool.supervisor;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * What the children print, on one of the supervisor's own streams, each line with its member's
 * route. When nobody reads that stream the lines wait, then are lost and counted: a full pipe of
 * ours must not stop a child. Threads that read children call {@link #print}, a daemon thread
 * writes.
 */
final class Output implements AutoCloseable {
    private static final int LINES = 2000;
    private static final long PATIENCE_MILLIS = 100;

    private final BlockingQueue<String> waiting = new ArrayBlockingQueue<>(LINES);
    private final AtomicLong lost = new AtomicLong();
    private final OutputStream target;
    private final Thread writer;
    private volatile boolean stuck;
    private volatile boolean closed;

    Output(OutputStream target, String name) {
        this.target = new BufferedOutputStream(target);
        this.writer = new Thread(this::write, "output-" + name);
        writer.setDaemon(true);
        writer.start();
    }

    /** Waits for a reader a moment at most, and not once it is known that there is none. */
    void print(String route, String line) {
        String whole = route + " | " + line + "\n";
        if (waiting.offer(whole)) {
            return;
        }
        try {
            if (stuck || !waiting.offer(whole, PATIENCE_MILLIS, TimeUnit.MILLISECONDS)) {
                stuck = true;
                lost.incrementAndGet();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void write() {
        try {
            while (!closed || !waiting.isEmpty()) {
                String line = waiting.poll(100, TimeUnit.MILLISECONDS);
                if (line != null) {
                    put(line);
                }
                if (waiting.isEmpty()) {
                    stuck = false;
                    tellLost();
                    target.flush();
                }
            }
        } catch (InterruptedException | IOException e) {
            // Nobody will ever read it: from now on everything is lost.
            stuck = true;
        }
    }

    private void tellLost() throws IOException {
        long count = lost.getAndSet(0);
        if (count > 0) {
            put("(" + count + " lines of the members were lost, nobody read this output)\n");
        }
    }

    private void put(String line) throws IOException {
        target.write(line.getBytes(StandardCharsets.UTF_8));
    }

    /** Writes what waits, for a second at most. */
    @Override
    public void close() {
        closed = true;
        try {
            writer.join(1000);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
