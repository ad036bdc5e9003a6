package io.backpool.server;

import io.undertow.server.ConduitWrapper;
import io.undertow.server.HttpServerExchange;
import io.undertow.util.ConduitFactory;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.xnio.IoUtils;
import org.xnio.channels.ReadTimeoutException;
import org.xnio.channels.StreamSinkChannel;
import org.xnio.conduits.AbstractStreamSourceConduit;
import org.xnio.conduits.StreamSourceConduit;

/**
 * Ends a request whose body falls silent ({@code limits.body-timeout}) while somebody waits for it.
 * Undertow's READ_TIMEOUT would end idle connections too, and requests whose application is slow.
 */
final class BodyTimeout implements ConduitWrapper<StreamSourceConduit> {
    private final long timeoutNanos;

    BodyTimeout(Duration timeout) {
        this.timeoutNanos = timeout.toNanos();
    }

    @Override
    public StreamSourceConduit wrap(
            ConduitFactory<StreamSourceConduit> factory, HttpServerExchange exchange) {
        return new Body(factory.create(), exchange, timeoutNanos);
    }

    /** The body of one request. Read by one thread at a time, watched by its event loop. */
    private static final class Body extends AbstractStreamSourceConduit<StreamSourceConduit> {
        private static final long NOBODY_WAITS = 0;

        private final HttpServerExchange exchange;
        private final long timeoutNanos;

        /** System.nanoTime, never {@link #NOBODY_WAITS}. */
        private volatile long waitingSince = NOBODY_WAITS;

        private volatile boolean watched;

        Body(StreamSourceConduit next, HttpServerExchange exchange, long timeoutNanos) {
            super(next);
            this.exchange = exchange;
            this.timeoutNanos = timeoutNanos;
        }

        private long seen(long count) {
            if (count != 0) {
                waitingSince = NOBODY_WAITS;
            } else if (waitingSince == NOBODY_WAITS) {
                waitingSince = System.nanoTime() | 1;
                watch(timeoutNanos);
            }
            return count;
        }

        private long nanosLeft() {
            long since = waitingSince;
            return since == NOBODY_WAITS
                    ? timeoutNanos
                    : timeoutNanos - (System.nanoTime() - since);
        }

        private void watch(long nanos) {
            if (!watched) {
                watched = true;
                exchange.getIoThread().executeAfter(this::look, nanos, TimeUnit.NANOSECONDS);
            }
        }

        /** Wakes up who waits by events; who waits in a thread of its own wakes up by itself. */
        private void look() {
            watched = false;
            if (waitingSince == NOBODY_WAITS || exchange.isRequestComplete()) {
                return;
            }
            long left = nanosLeft();
            if (left > 0) {
                watch(left);
            } else if (isReadResumed()) {
                wakeupReads();
            }
        }

        private void refuseIfLate() throws IOException {
            if (nanosLeft() <= 0) {
                exchange.setPersistent(false);
                IoUtils.safeClose(exchange.getConnection());
                throw new ReadTimeoutException("the client's body fell silent");
            }
        }

        @Override
        public int read(ByteBuffer dst) throws IOException {
            refuseIfLate();
            return (int) seen(super.read(dst));
        }

        @Override
        public long read(ByteBuffer[] dsts, int offset, int length) throws IOException {
            refuseIfLate();
            return seen(super.read(dsts, offset, length));
        }

        @Override
        public long transferTo(long position, long count, FileChannel target) throws IOException {
            refuseIfLate();
            return seen(super.transferTo(position, count, target));
        }

        @Override
        public long transferTo(long count, ByteBuffer throughBuffer, StreamSinkChannel target)
                throws IOException {
            refuseIfLate();
            return seen(super.transferTo(count, throughBuffer, target));
        }

        @Override
        public void awaitReadable() throws IOException {
            awaitReadable(Long.MAX_VALUE, TimeUnit.NANOSECONDS);
        }

        @Override
        public void awaitReadable(long time, TimeUnit unit) throws IOException {
            refuseIfLate();
            // A millisecond more: XNIO rounds down, and 0 would mean for ever.
            long millis = TimeUnit.NANOSECONDS.toMillis(Math.min(nanosLeft(), unit.toNanos(time)));
            super.awaitReadable(millis + 1, TimeUnit.MILLISECONDS);
        }
    }
}
