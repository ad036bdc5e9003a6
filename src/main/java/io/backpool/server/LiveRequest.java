package io.backpool.server;

import io.backpool.exchange.BadRequestException;
import io.backpool.exchange.Problem;
import io.backpool.exchange.RequestFacts;
import io.backpool.server.InFlight.DrainTask;
import io.undertow.server.ConduitWrapper;
import io.undertow.server.Connectors;
import io.undertow.server.DefaultResponseListener;
import io.undertow.server.ExchangeCompletionListener;
import io.undertow.server.HttpHandler;
import io.undertow.server.HttpServerExchange;
import io.undertow.server.protocol.http.HttpContinue;
import io.undertow.util.AttachmentKey;
import io.undertow.util.ConduitFactory;
import io.undertow.util.Headers;
import io.undertow.util.Protocols;
import io.undertow.util.StatusCodes;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xnio.ChannelListener;
import org.xnio.ChannelListeners;
import org.xnio.IoUtils;
import org.xnio.Options;
import org.xnio.channels.StreamSourceChannel;
import org.xnio.conduits.ConduitStreamSinkChannel;
import org.xnio.conduits.StreamSinkConduit;

/**
 * One request that was begun and has not ended, and the one place where it ends: answered, failed,
 * cut, or out of time. Its only completion listener, its default response listener, and what stands
 * before the first byte of its answer. Used by its event loop, by the thread of its handler and by
 * {@link Watch}.
 */
final class LiveRequest
        implements ExchangeCompletionListener,
                DefaultResponseListener,
                ConduitWrapper<StreamSinkConduit> {
    private static final AttachmentKey<LiveRequest> KEY = AttachmentKey.create(LiveRequest.class);
    private static final Logger LOG = LoggerFactory.getLogger(LiveRequest.class);

    /** How long listeners of the application's may take after an answer is complete. */
    private static final Duration LISTENERS = Duration.ofSeconds(5);

    private enum Stage {
        OPEN,
        ANSWERING,
        ENDED
    }

    private final HttpServerExchange exchange;
    private final InFlight inFlight;

    /** Guarded by this, as the next three. */
    private Stage stage = Stage.OPEN;

    private @Nullable Thread handler;
    private boolean interruptible;

    /** Whether it has left {@link InFlight} and all that it held. */
    private boolean left;

    /** The thread that answers in the handler's place. */
    private @Nullable Thread ender;

    private @Nullable RequestBody body;
    private volatile @Nullable AnswerConduit answer;
    private volatile @Nullable LimitedPath path;

    /** Guarded by this. */
    private @Nullable DrainTask drainTask;

    /** Whether its connection goes on after it; a body that is discarded needs it until then. */
    private boolean persistent = true;

    /** Of {@link Watch} alone, as all below. */
    private long progress;

    private long progressSince;

    /** System.nanoTime at which it was first seen complete; 0: it was not. */
    private long completeSince;

    private boolean expired;

    LiveRequest(HttpServerExchange exchange, InFlight inFlight) {
        this.exchange = exchange;
        this.inFlight = inFlight;
        this.progressSince = exchange.getRequestStartTime();
        exchange.putAttachment(KEY, this);
        exchange.addExchangeCompleteListener(this);
        exchange.addDefaultResponseListener(this);
        exchange.addResponseWrapper(this);
    }

    /** The request of this exchange; null outside a member. */
    static @Nullable LiveRequest of(HttpServerExchange exchange) {
        return exchange.getAttachment(KEY);
    }

    HttpServerExchange exchange() {
        return exchange;
    }

    void body(RequestBody read) {
        body = read;
    }

    /** It has entered this path, and leaves it when it ends. */
    void path(LimitedPath entered) {
        path = entered;
    }

    /** Runs a handler that may block as {@link #run(HttpHandler, boolean)} does. */
    static void run(HttpHandler task, HttpServerExchange exchange, boolean mayInterrupt)
            throws Exception {
        LiveRequest request = of(exchange);
        if (request == null) {
            task.handleRequest(exchange);
        } else {
            request.run(task, mayInterrupt);
        }
    }

    /**
     * Runs a handler of this request, unless the request has ended.
     *
     * @param mayInterrupt whether its thread is interrupted when the request ends without it
     */
    void run(HttpHandler task, boolean mayInterrupt) throws Exception {
        Thread before;
        synchronized (this) {
            if (stage == Stage.ENDED) {
                return;
            }
            before = handler;
            handler = Thread.currentThread();
            interruptible = mayInterrupt;
        }
        try {
            task.handleRequest(exchange);
        } catch (Exception | Error e) {
            if (!hasEnded()) {
                if (before != null || e instanceof IOException) {
                    throw e;
                }
                if (!(e instanceof BadRequestException) || exchange.isResponseStarted()) {
                    throw new RequestFailedException(name(), e);
                }
                Problem.send(exchange, StatusCodes.BAD_REQUEST, e.getMessage());
                return;
            }
            LOG.debug("A handler failed after its request had ended", e);
        } finally {
            synchronized (this) {
                handler = before;
                interruptible = false;
            }
            if (mayInterrupt) {
                Thread.interrupted();
            }
            if (before == null) {
                inFlight.returned(this);
            }
        }
    }

    /** Runs {@code end} when the member is drained. */
    void onDrain(Runnable end) {
        DrainTask task = inFlight.onDrain(exchange, end);
        boolean over;
        synchronized (this) {
            drainTask = task;
            over = stage == Stage.ENDED;
        }
        if (over) {
            forget(task);
        }
    }

    /** Now, or when the connection closes that goes on as something else. */
    private void forget(DrainTask task) {
        if (exchange.isUpgrade()) {
            exchange.getConnection().addCloseListener(closed -> inFlight.forget(task));
        } else {
            inFlight.forget(task);
        }
    }

    private synchronized boolean hasEnded() {
        return stage == Stage.ENDED;
    }

    synchronized boolean isHandled() {
        return handler != null;
    }

    /** Called when the answer begins, from any code path. */
    @Override
    public StreamSinkConduit wrap(
            ConduitFactory<StreamSinkConduit> factory, HttpServerExchange begun) {
        synchronized (this) {
            if (stage == Stage.ENDED && ender != Thread.currentThread()) {
                throw new IllegalStateException("the request has ended: limits.request-timeout");
            }
            stage = stage == Stage.OPEN ? Stage.ANSWERING : stage;
        }
        ByteBuffer instead = null;
        String fault = ResponseHead.fault(begun);
        if (fault != null) {
            LOG.error("{} - {}: answered 500, since {}", inFlight.name(), name(), fault);
            ResponseHead.dropCookies(begun);
            instead = Problem.begin(begun, StatusCodes.INTERNAL_SERVER_ERROR, "see the error log");
        }
        ResponseHead.frame(begun);
        long length = begun.getResponseContentLength();
        StreamSinkConduit next = factory.create();
        if (body != null && body.isTooLarge()) {
            keepOpen();
        }
        answer = new AnswerConduit(next, begun, instead, length);
        return answer;
    }

    /**
     * Until a body that is too long was discarded: Undertow would close the reading side at once,
     * and the answer would be lost with a reset. The connection ends after it.
     */
    private void keepOpen() {
        persistent = !ResponseHead.isHttp1(exchange);
        exchange.setPersistent(true);
    }

    /** Called once, by the first {@code endExchange}, whether or not the answer has begun. */
    @Override
    public boolean handleDefaultResponse(HttpServerExchange ending) {
        boolean begun;
        synchronized (this) {
            if (stage == Stage.ENDED) {
                return true;
            }
            begun = stage == Stage.ANSWERING;
        }
        boolean failed = ending.getAttachment(EXCEPTION) != null;
        if (begun && failed && !ending.isResponseComplete()) {
            cut();
            return true;
        }
        if (HttpContinue.requiresContinueResponse(ending)) {
            // Refused without reading: neither ask for the body now nor wait for it.
            ending.setPersistent(false);
            Connectors.terminateRequest(ending);
        }
        if (ending.getStatusCode() == StatusCodes.EXPECTATION_FAILED
                && !ending.isRequestComplete()) {
            discardRest();
            return true;
        }
        if (!begun && body != null && body.isTooLarge()) {
            if (ResponseHead.isHttp1(ending)) {
                ending.getResponseHeaders().put(Headers.CONNECTION, "close");
            }
            keepOpen();
            Problem.send(ending, StatusCodes.REQUEST_ENTITY_TOO_LARGE, body.limit());
            return true;
        }
        if (!begun
                && body != null
                && body.isBroken()
                && (failed || ending.getStatusCode() == StatusCodes.INTERNAL_SERVER_ERROR)) {
            ending.setStatusCode(StatusCodes.BAD_REQUEST);
            ending.setPersistent(false);
        }
        return Problem.BY_STATUS.handleDefaultResponse(ending);
    }

    /**
     * Reads on before the exchange ends. Undertow does so itself, but for 417, whose exchange would
     * stay open as long as its connection. Over h2c httpd ends even a GET in a frame of its own.
     */
    private void discardRest() {
        StreamSourceChannel rest =
                exchange.isRequestChannelAvailable()
                        ? exchange.getRequestChannel()
                        : Connectors.getExistingRequestChannel(exchange);
        ChannelListener<StreamSourceChannel> reader =
                ChannelListeners.drainListener(
                        Long.MAX_VALUE,
                        end -> {
                            if (!Problem.BY_STATUS.handleDefaultResponse(exchange)) {
                                exchange.endExchange();
                            }
                        },
                        (channel, e) -> cut());
        rest.getReadSetter().set(reader);
        reader.handleEvent(rest);
        if (!exchange.isRequestComplete()) {
            rest.resumeReads();
        }
    }

    @Override
    public void exchangeEvent(HttpServerExchange complete, NextListener next) {
        try {
            leave();
        } finally {
            LazyReads.proceed(next);
        }
    }

    /** Gives back all that it held; false if it has done so. */
    private boolean leave() {
        DrainTask task;
        synchronized (this) {
            if (left) {
                return false;
            }
            left = true;
            stage = Stage.ENDED;
            task = drainTask;
        }
        LimitedPath entered = path;
        if (entered != null) {
            entered.leave();
        }
        if (task != null) {
            forget(task);
        }
        if (!persistent) {
            exchange.setPersistent(false);
        }
        inFlight.completed(this);
        return true;
    }

    /**
     * Ends what no one else will: Undertow calls the listener that was added last first, and ours,
     * and what reads the connection's next request, only if each has called the next one.
     */
    private void leaveWithoutListeners() {
        if (leave()) {
            LOG.error(
                    "{} - {}: a completion listener of the application's did not call the next one;"
                            + " its connection ends",
                    inFlight.name(),
                    name());
            IoUtils.safeClose(exchange.getConnection());
        }
    }

    /** Ends the request if its time is over or its client is gone. */
    void look(long now) {
        AnswerConduit begun = answer;
        RequestBody read = body;
        long moved = (begun == null ? 0 : begun.moved()) + (read == null ? 0 : read.moved());
        if (moved != progress) {
            progress = moved;
            progressSince = now;
        }
        if (exchange.getRequestStartTime() - progressSince > 0) {
            progressSince = exchange.getRequestStartTime(); // it was held before
        }
        if (expired) {
            return;
        }
        if (exchange.isComplete()) {
            completeSince = completeSince == 0 ? now : completeSince;
            long most = Math.min(LISTENERS.toNanos(), requestTimeout().toNanos());
            if (now - completeSince >= most) {
                expire(this::leaveWithoutListeners);
            }
            return;
        }
        if (read != null && read.isLate()) {
            onEventLoop(read::wakeUp);
        }
        boolean gone = isGone();
        if (gone && mayEndEarly()) {
            end(this::cut);
            return;
        }
        boolean unread = begun != null && begun.isHeldBack();
        if (unread && now - progressSince >= inFlight.writeTimeout().toNanos()) {
            inFlight.countUnread();
            LOG.debug("{} - {}: cut, since its client reads nothing", inFlight.name(), name());
            end(this::cut);
        } else if (!unread
                && (read == null || !read.isAwaited())
                && now - progressSince >= requestTimeout().toNanos()) {
            inFlight.countTimeout(this);
            boolean late = begun == null && !gone;
            log(!late);
            end(late ? this::answerLate : this::cut);
        }
    }

    /** Over h2c a stream can be reset, which shows only when the next byte is written. */
    private boolean isGone() {
        return !exchange.getConnection().isOpen()
                || (exchange.getProtocol().equals(Protocols.HTTP_2_0)
                        && !exchange.isResponseComplete()
                        && !Connectors.getConduitSinkChannel(exchange).isOpen());
    }

    /** A handler that runs may finish what it does for a client that is gone. */
    private synchronized boolean mayEndEarly() {
        return handler == null || interruptible;
    }

    private Duration requestTimeout() {
        LimitedPath entered = path;
        return entered == null ? inFlight.requestTimeout() : entered.time();
    }

    private void log(boolean begun) {
        LimitedPath entered = path;
        Thread stuck;
        synchronized (this) {
            stuck = handler;
        }
        String what =
                "%s - %s: %s for %d s (%s), %s%s"
                        .formatted(
                                inFlight.name(),
                                name(),
                                begun ? "its answer did not go on" : "no answer",
                                requestTimeout().toSeconds(),
                                entered == null ? "limits.request-timeout" : entered.name(),
                                begun ? "cut" : "answered 503",
                                stuck == null ? "; no handler is running" : "; its handler is at");
        if (stuck == null) {
            LOG.warn(what);
        } else {
            var place = new TimeoutException(stuck.getName());
            place.setStackTrace(stuck.getStackTrace());
            LOG.warn(what, place);
        }
    }

    /** By its id: what a client sent stands in no line of ours. */
    private String name() {
        RequestFacts facts = RequestFacts.of(exchange);
        return "request " + (facts == null ? "of the admin listener" : facts.requestId());
    }

    private void end(Runnable way) {
        expire(
                () -> {
                    if (!exchange.isComplete()) {
                        way.run();
                        interrupt();
                    }
                });
    }

    private void expire(Runnable end) {
        expired = true;
        onEventLoop(end);
    }

    private void onEventLoop(Runnable task) {
        EventLoops.execute(exchange.getIoThread(), task);
    }

    private synchronized void interrupt() {
        if (interruptible && handler != null) {
            handler.interrupt();
        }
    }

    /** Breaks the answer off, so that the client sees that it is not whole. */
    private void cut() {
        synchronized (this) {
            stage = Stage.ENDED;
        }
        exchange.setPersistent(false);
        persistent = false;
        if (exchange.isHttp10()) {
            // Its answer ends with the connection: only a reset says that it is not all.
            try {
                exchange.getConnection().setOption(Options.CLOSE_ABORT, true);
            } catch (IOException e) {
                LOG.debug("No reset", e);
            }
        }
        IoUtils.safeClose(exchange.getConnection());
        Connectors.terminateRequest(exchange);
        Connectors.terminateResponse(exchange);
    }

    /**
     * Answers in the place of a handler that may still run, and that can't begin an answer any
     * more. Not by the exchange's sender, which waits until the handler has returned.
     */
    private void answerLate() {
        synchronized (this) {
            if (stage != Stage.OPEN) {
                cut();
                return;
            }
            stage = Stage.ENDED;
            ender = Thread.currentThread();
        }
        try {
            exchange.setPersistent(false);
            persistent = false;
            ByteBuffer problem =
                    Problem.begin(
                            exchange,
                            StatusCodes.SERVICE_UNAVAILABLE,
                            "no answer within " + requestTimeout().toSeconds() + " s");
            Connectors.terminateRequest(exchange);
            exchange.getResponseChannel();
            ConduitStreamSinkChannel sink = Connectors.getConduitSinkChannel(exchange);
            sink.write(problem);
            if (problem.hasRemaining()) {
                cut();
                return;
            }
            sink.shutdownWrites();
            if (!sink.flush()) {
                sink.setWriteListener(
                        ChannelListeners.flushingChannelListener(null, (channel, e) -> cut()));
                sink.resumeWrites();
            }
        } catch (IOException | RuntimeException e) {
            LOG.debug("The late answer failed", e);
            cut();
        }
    }
}
