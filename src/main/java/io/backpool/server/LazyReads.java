package io.backpool.server;

import io.undertow.server.ExchangeCompletionListener.NextListener;
import java.io.IOException;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.xnio.StreamConnection;
import org.xnio.conduits.AbstractStreamSourceConduit;
import org.xnio.conduits.ReadReadyHandler;
import org.xnio.conduits.StreamSourceConduit;

/**
 * Stops to listen for bytes of a client only when some come that nobody wants yet. Undertow
 * suspends the reads of a connection when a request begins and resumes them after the answer, from
 * the thread of the request: two system calls, and one more to wake the event loop, for a client
 * who says nothing in between. And the event loop that is woken by a thread takes its processor,
 * finds the next request there, and waits in a loop until that thread has set the last flag of the
 * one before: without a processor, for as long as the scheduler lets it (HttpReadListener of
 * Undertow 2.4.4). So a thread resumes them when all flags are set. Suspended and resumed by one
 * thread at a time, as Undertow does; told of bytes by the event loop.
 */
final class LazyReads extends AbstractStreamSourceConduit<StreamSourceConduit>
        implements ReadReadyHandler {
    /** Bytes are wanted, and listened for. */
    private static final int RESUMED = 0;

    /** None are wanted, and they are still listened for. */
    private static final int UNWANTED = 1;

    /** None are listened for. */
    private static final int SUSPENDED = 2;

    /** An object less for each connection. */
    private static final AtomicIntegerFieldUpdater<LazyReads> STATE =
            AtomicIntegerFieldUpdater.newUpdater(LazyReads.class, "state");

    private static final ThreadLocal<Ending> ENDING = ThreadLocal.withInitial(Ending::new);

    private volatile int state;
    private ReadReadyHandler handler;

    /** The end of an exchange on this thread. */
    private static final class Ending {
        private boolean begun;
        private @Nullable LazyReads resumed;

        boolean add(LazyReads reads) {
            boolean first = begun && resumed == null;
            if (first) {
                resumed = reads;
            }
            return first;
        }

        void over() {
            LazyReads reads = resumed;
            begun = false;
            resumed = null;
            if (reads != null) {
                reads.resumeNow();
            }
        }
    }

    /**
     * Wakes event loops for virtual threads, which must not wait for the monitors of a selector:
     * see {@link ShortLock}. Nothing here is a monitor.
     */
    private static final class Resumer extends Thread {
        private static final Resumer INSTANCE = new Resumer();

        private final Queue<StreamSourceConduit> waiting = new ConcurrentLinkedQueue<>();

        private Resumer() {
            super("resume-reads");
            setDaemon(true);
            start();
        }

        void resume(StreamSourceConduit reads) {
            waiting.add(reads);
            LockSupport.unpark(this);
        }

        @Override
        public void run() {
            while (true) {
                StreamSourceConduit reads = waiting.poll();
                if (reads == null) {
                    LockSupport.park(this);
                } else {
                    resumeNow(reads);
                }
            }
        }

        private static void resumeNow(StreamSourceConduit reads) {
            try {
                reads.resumeReads();
            } catch (Throwable e) {
                Blocking.report("A connection's reads could not be resumed", e);
            }
        }
    }

    private LazyReads(StreamConnection connection) {
        super(connection.getSourceChannel().getConduit());
        this.state = next.isReadResumed() ? RESUMED : SUSPENDED;
        this.handler = new ReadReadyHandler.ChannelListenerHandler<>(connection.getSourceChannel());
        next.setReadReadyHandler(this);
    }

    /** So for a connection that was accepted just now. */
    static void install(StreamConnection connection) {
        connection.getSourceChannel().setConduit(new LazyReads(connection));
    }

    /** Ends an exchange, and lets its connection's next request in only then. */
    static void proceed(NextListener next) {
        Ending ending = ENDING.get();
        ending.begun = true;
        try {
            next.proceed();
        } finally {
            ending.over();
        }
    }

    @Override
    public void setReadReadyHandler(ReadReadyHandler handler) {
        this.handler = handler;
    }

    @Override
    public void suspendReads() {
        STATE.compareAndSet(this, RESUMED, UNWANTED);
    }

    @Override
    public void resumeReads() {
        if (!ENDING.get().add(this)) {
            resumeNow();
        }
    }

    private void resumeNow() {
        if (STATE.getAndSet(this, RESUMED) == SUSPENDED) {
            if (VirtualThreads.isCurrent()) {
                Resumer.INSTANCE.resume(next);
            } else {
                next.resumeReads();
            }
        }
    }

    @Override
    public void wakeupReads() {
        state = RESUMED;
        next.wakeupReads();
    }

    @Override
    public boolean isReadResumed() {
        return state == RESUMED;
    }

    @Override
    public void terminateReads() throws IOException {
        state = SUSPENDED;
        super.terminateReads();
    }

    /** On the event loop: there are bytes, or the end of them. */
    @Override
    public void readReady() {
        if (state != RESUMED) {
            next.suspendReads();
            if (STATE.compareAndSet(this, UNWANTED, SUSPENDED) || state != RESUMED) {
                return;
            }
            next.resumeReads();
        }
        handler.readReady();
    }

    @Override
    public void forceTermination() {
        handler.forceTermination();
    }

    @Override
    public void terminated() {
        handler.terminated();
    }
}
