package io.backpool.observe;

import java.io.ByteArrayOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One of this process's standard streams, for whole lines. Who prints never waits for a reader, or
 * for a disk that is full: lines wait in bounded memory for one thread that writes, and are dropped
 * and counted when there is no room or they can't be written. It goes on when that is over. Once
 * the JVM is ending, who prints waits a moment until it is written. Safe for all threads.
 */
public final class Console {
    /** The longest line that is kept in one piece. */
    public static final int LONGEST = 512 * 1024;

    public static final Console OUT =
            new Console(new FileOutputStream(FileDescriptor.out), "stdout");
    public static final Console ERR =
            new Console(new FileOutputStream(FileDescriptor.err), "stderr");

    /** Bytes that may wait. */
    static final int ROOM = 8 * LONGEST;

    private static final int BATCH = 1 << 16;

    /** For a reader to come back, or for the disk. */
    private static final long PAUSE_MILLIS = 100;

    private static final long LAST_WAIT = TimeUnit.SECONDS.toNanos(1);

    private final BlockingQueue<byte[]> waiting = new LinkedBlockingQueue<>();
    private final Semaphore room = new Semaphore(ROOM);
    private final AtomicBoolean started = new AtomicBoolean();
    private final LongAdder dropped = new LongAdder();
    private final OutputStream target;
    private final String name;

    /** There is no reader: waiting for room is no use. */
    private volatile boolean stuck;

    private volatile boolean ending;

    Console(OutputStream target, String name) {
        this.target = target;
        this.name = name;
    }

    /** Writes a whole line, or several, with the last one's end. */
    public void print(byte[] lines) {
        add(lines, room.tryAcquire(lines.length));
    }

    /** The same, but waits a moment for room while there are readers: they may only be slow. */
    public void printPatiently(byte[] lines) throws InterruptedException {
        add(lines, room.tryAcquire(lines.length, stuck ? 0 : PAUSE_MILLIS, TimeUnit.MILLISECONDS));
    }

    private void add(byte[] lines, boolean hasRoom) {
        if (hasRoom) {
            waiting.add(lines);
        } else {
            stuck = true;
            dropped.add(count(lines));
        }
        if (!started.getAndSet(true)) {
            start();
        }
        if (ending) {
            awaitWritten();
        }
    }

    private void start() {
        var writer = new Thread(this::write, name + "-writer");
        writer.setDaemon(true);
        writer.start();
        try {
            Runtime.getRuntime().addShutdownHook(new Thread(this::end, name + "-end"));
        } catch (IllegalStateException e) {
            ending = true;
        }
    }

    /**
     * In place of {@link System#out} or {@link System#err}: lines are kept until they are whole.
     *
     * @param hidden a byte that is printed as {@code ?}; -1: none
     */
    public PrintStream stream(int hidden) {
        return new PrintStream(new Lines(this, hidden), true, StandardCharsets.UTF_8);
    }

    /** What it is called in metrics. */
    String name() {
        return name;
    }

    /** Lines that are lost. */
    long dropped() {
        return dropped.sum();
    }

    private void write() {
        var batch = new ByteArrayOutputStream();
        boolean broken = false;
        long reported = 0;
        try {
            while (true) {
                collect(batch);
                try {
                    if (broken) {
                        // The last attempt may have left half a line.
                        target.write('\n');
                    }
                    batch.writeTo(target);
                    broken = false;
                } catch (IOException e) {
                    broken = true;
                    dropped.add(count(batch.toByteArray()));
                    TimeUnit.MILLISECONDS.sleep(PAUSE_MILLIS);
                }
                room.release(batch.size());
                batch.reset();
                stuck = stuck && !waiting.isEmpty();
                long lost = dropped.sum();
                if (!broken && !stuck && lost > reported) {
                    logger().warn("{} lines were lost: {} was full", lost - reported, name);
                    reported = lost;
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void collect(ByteArrayOutputStream batch) throws InterruptedException {
        for (byte[] next = waiting.take(); next != null; next = more(batch)) {
            batch.writeBytes(next);
        }
    }

    private byte @Nullable [] more(ByteArrayOutputStream batch) {
        return batch.size() < BATCH ? waiting.poll() : null;
    }

    private void end() {
        ending = true;
        awaitWritten();
    }

    /** For a second at most, and not again if that was not enough. */
    private void awaitWritten() {
        long deadline = System.nanoTime() + LAST_WAIT;
        try {
            while (!stuck && room.availablePermits() < ROOM) {
                stuck = System.nanoTime() - deadline > 0;
                TimeUnit.MILLISECONDS.sleep(1);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static int count(byte[] lines) {
        int count = 0;
        for (byte b : lines) {
            count += b == '\n' ? 1 : 0;
        }
        return count;
    }

    /** Not a constant: the log itself is printed here. */
    private static Logger logger() {
        return LoggerFactory.getLogger(Console.class);
    }

    /** Keeps what is printed until a line is whole, or too long. */
    private static final class Lines extends OutputStream {
        private final Console console;
        private final int hidden;
        private final ByteArrayOutputStream line = new ByteArrayOutputStream();

        Lines(Console console, int hidden) {
            this.console = console;
            this.hidden = hidden;
        }

        @Override
        public synchronized void write(byte[] bytes, int from, int count) {
            for (int i = from; i < from + count; i++) {
                write(bytes[i]);
            }
        }

        @Override
        public synchronized void write(int b) {
            line.write(b == hidden ? '?' : b);
            if (b == '\n' || line.size() >= LONGEST) {
                console.print(line.toByteArray());
                line.reset();
            }
        }
    }
}
