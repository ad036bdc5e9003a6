package io.backpool.observe;

import io.backpool.config.AccessLogConfig;
import io.backpool.config.ConfigException;
import io.backpool.server.RequestObserver;
import io.undertow.server.HttpServerExchange;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A line for each request of all members of this process, but for health checks, which come every
 * second. The threads of requests leave a {@link LogLine} each on a stack; one thread of the log's
 * own takes the whole of it a few times a second, puts the lines into words and writes them. A
 * request never waits: when the target is stuck and the stack has reached {@link #MAX_WEIGHT},
 * lines are dropped and counted.
 */
public final class AccessLog implements RequestObserver, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(AccessLog.class);

    /**
     * Bytes that may wait to be taken, and as many that were taken and are being written: tens of
     * thousands of lines.
     */
    static final long MAX_WEIGHT = 8 << 20;

    private static final long PAUSE = TimeUnit.MILLISECONDS.toNanos(100);
    private static final long PATIENCE_MILLIS = 2000;
    private static final int BATCH = 1 << 16;

    private final LineFormat format;
    private final Target target;
    private final Thread writer;

    /** The newest line that waits; null: none does. */
    private final AtomicReference<@Nullable Waiting> top = new AtomicReference<>();

    private final LongAdder dropped = new LongAdder();
    private final LongAdder failed = new LongAdder();
    private final LongAdder written = new LongAdder();
    private volatile boolean reopen;
    private volatile boolean closed;

    /** Of the writer: what it took, newest first. */
    private final List<LogLine> batch = new ArrayList<>();

    /** Of the writer. */
    private OutputStream out;

    /** Of the writer: the last attempt to write may have left half a line. */
    private boolean broken;

    AccessLog(LineFormat format, Target target) throws IOException {
        this.format = format;
        this.target = target;
        this.out = target.open();
        this.writer = new Thread(this::write, "access-log");
        writer.setDaemon(true);
        writer.start();
    }

    /**
     * Begins to log as configured.
     *
     * @param standardOutput where {@code -} leads
     * @throws ConfigException if the file can't be opened
     */
    public static AccessLog open(AccessLogConfig config, OutputStream standardOutput) {
        LineFormat format =
                config.format() == AccessLogConfig.Format.JSON
                        ? new JsonFormat()
                        : new CombinedFormat(ZoneId.systemDefault());
        try {
            return new AccessLog(format, target(config, standardOutput));
        } catch (IOException e) {
            throw new ConfigException(
                    "access-log.file: %s cannot be written: %s"
                            .formatted(config.file(), e.getMessage()));
        }
    }

    private static Target target(AccessLogConfig config, OutputStream standardOutput) {
        if (config.isStandardOutput()) {
            return () -> standardOutput;
        }
        return () -> new FileOutputStream(config.file().toFile(), true);
    }

    @Override
    public void completed(HttpServerExchange exchange, long nanos) {
        if (!exchange.getRelativePath().startsWith("/health/")) {
            add(LogLine.of(exchange, nanos));
        }
    }

    void add(LogLine line) {
        int own = line.weight();
        while (true) {
            Waiting below = top.get();
            long before = below == null ? 0 : below.weight;
            if (before > MAX_WEIGHT - own) {
                dropped.increment();
                return;
            }
            if (top.compareAndSet(below, new Waiting(line, below, before + own))) {
                if (before < MAX_WEIGHT / 2 && before + own >= MAX_WEIGHT / 2) {
                    LockSupport.unpark(writer);
                }
                return;
            }
        }
    }

    /** Goes on in a new file of the same name; what came before is still written to the old one. */
    public void reopen() {
        reopen = true;
        LockSupport.unpark(writer);
    }

    /**
     * @param dropped since there was no reader
     * @param failed since they could not be written: the disk is full
     */
    record Stats(long written, long dropped, long failed) {}

    Stats stats() {
        return new Stats(written.sum(), dropped.sum(), failed.sum());
    }

    /** Writes what waits, for two seconds at most. */
    @Override
    public void close() {
        closed = true;
        LockSupport.unpark(writer);
        try {
            writer.join(PATIENCE_MILLIS);
            if (writer.isAlive()) {
                LOG.warn("the access log has no reader, its last lines are lost");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void write() {
        var buffer = new LineBuffer();
        boolean last = false;
        while (!last) {
            last = closed;
            boolean again = reopen;
            writeWaiting(buffer);
            if (again) {
                reopen = false;
                openAgain();
            }
            if (!last && !reopen) {
                LockSupport.parkNanos(this, PAUSE);
            }
        }
    }

    private void writeWaiting(LineBuffer buffer) {
        for (Waiting next = top.getAndSet(null); next != null; next = next.below) {
            batch.add(next.line);
        }
        long now = System.nanoTime();
        Instant clock = Instant.now();
        int lines = 0;
        for (int oldest = batch.size() - 1; oldest >= 0; oldest--) {
            LogLine line = batch.get(oldest);
            format.write(line, clock.plusNanos(line.begun() - now), buffer);
            lines++;
            if (buffer.length() >= BATCH) {
                write(buffer, lines);
                lines = 0;
            }
        }
        if (lines > 0) {
            write(buffer, lines);
        }
        batch.clear();
    }

    private void write(LineBuffer buffer, int lines) {
        try {
            if (broken) {
                out.write('\n');
            }
            buffer.writeTo(out);
            written.add(lines);
            if (broken) {
                LOG.info("the access log is written again");
            }
            broken = false;
        } catch (IOException e) {
            failed.add(lines);
            if (!broken) {
                LOG.error("the access log can't be written, lines are lost: {}", e.getMessage());
            }
            broken = true;
        } finally {
            buffer.clear();
        }
    }

    private void openAgain() {
        try {
            OutputStream next = target.open();
            if (next != out) {
                out.close();
            }
            out = next;
            broken = false;
            LOG.info("the access log was opened again");
        } catch (IOException e) {
            LOG.error(
                    "the access log can't be opened again, the old file goes on: {}",
                    e.getMessage());
        }
    }

    /**
     * A line that waits.
     *
     * @param below the one that came before it
     * @param weight of all that wait when this is the newest
     */
    private record Waiting(LogLine line, @Nullable Waiting below, long weight) {}

    /** Where lines go. */
    interface Target {
        /** To append to; asked again at every {@link #reopen}. */
        OutputStream open() throws IOException;
    }
}
