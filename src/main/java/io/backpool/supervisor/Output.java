package io.backpool.supervisor;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the children print, whole lines on one of the supervisor's own streams. When nobody reads
 * that stream the lines wait, then are lost and counted: a full pipe of ours must not stop a child.
 * Threads that read children call {@link #print}, a daemon thread writes.
 */
final class Output implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Output.class);

    /** Bytes that may wait; as much as a few of the longest lines. */
    private static final int ROOM = 8 * ChildPipe.LONGEST;

    private static final long PATIENCE_MILLIS = 100;

    private final BlockingQueue<byte[]> waiting = new LinkedBlockingQueue<>();
    private final Semaphore room = new Semaphore(ROOM);
    private final AtomicLong lost = new AtomicLong();
    private final OutputStream target;
    private final boolean named;
    private final Thread writer;
    private volatile boolean stuck;
    private volatile boolean closed;

    /**
     * @param named whether each line begins with its member's route
     */
    Output(OutputStream target, String name, boolean named) {
        this.target = new BufferedOutputStream(target);
        this.named = named;
        this.writer = new Thread(this::write, "output-" + name);
        writer.setDaemon(true);
        writer.start();
    }

    /** Waits for a reader a moment at most, and not once it is known that there is none. */
    void print(String route, String line) {
        byte[] whole =
                ((named ? route + " | " : "") + line + "\n").getBytes(StandardCharsets.UTF_8);
        try {
            if (room.tryAcquire(whole.length)
                    || (!stuck
                            && room.tryAcquire(
                                    whole.length, PATIENCE_MILLIS, TimeUnit.MILLISECONDS))) {
                waiting.add(whole);
            } else {
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
                byte[] line = waiting.poll(100, TimeUnit.MILLISECONDS);
                if (line != null) {
                    target.write(line);
                    room.release(line.length);
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

    private void tellLost() {
        long count = lost.getAndSet(0);
        if (count > 0) {
            LOG.warn("{} lines of the members were lost, nobody read {}", count, writer.getName());
        }
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
