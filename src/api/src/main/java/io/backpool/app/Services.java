package io.backpool.app;

import io.backpool.exchange.Json;
import io.backpool.exchange.PathLimits;
import io.backpool.service.cache.Cache;
import io.backpool.service.queue.Queue;
import io.micrometer.core.instrument.MeterRegistry;
import io.undertow.server.HttpHandler;
import io.undertow.server.HttpServerExchange;
import io.undertow.server.session.SessionManager;
import io.undertow.websockets.core.WebSocketChannel;
import java.time.Clock;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import javax.sql.DataSource;

/**
 * What the pool offers an {@link Application}. Safe for use by all threads. The services block:
 * they are for handlers that {@link #blocking} wraps, and cost nothing until they are asked for.
 */
public interface Services {
    /**
     * Runs {@code handler} where it may block: on a virtual thread or on the bounded pool, as
     * {@code pool.blocking} says. Blocking I/O on the exchange is allowed there. While it runs, the
     * MDC of SLF4J has the request's id as {@code http.request.id}; not that of an SLF4J provider
     * that the application brings, which takes it from {@link io.backpool.exchange.RequestFacts}.
     *
     * @param handler may block
     * @return may be called on an event loop
     */
    HttpHandler blocking(HttpHandler handler);

    /**
     * Pings the client of a WebSocket while it is open: httpd ends one that is silent for {@code
     * limits.request-timeout}.
     *
     * @param channel of the WebSocket
     */
    void keepOpen(WebSocketChannel channel);

    /**
     * The same as {@link #blocking}; its thread is interrupted when the request ends without it:
     * {@code limits.request-timeout} is over, or the client is gone.
     *
     * @param handler may block, and ends when it is interrupted
     * @return may be called on an event loop
     */
    HttpHandler interruptible(HttpHandler handler);

    /**
     * Runs {@code end} when the member that {@code exchange} came to is drained or leaves, at once
     * if it leaves already. For answers that stay open (Server-Sent Events, WebSockets, long
     * polls): they should end then, and their clients come back elsewhere. Runs on the event loop
     * of the exchange, once or never; forgotten when the exchange ends, after an upgrade when its
     * connection closes.
     *
     * @param exchange whose answer stays open
     * @param end must not block
     */
    void onDrain(HttpServerExchange exchange, Runnable end);

    /**
     * Runs {@code hook} each time that a member of this process is drained or begins to leave: for
     * what the application does besides answering, such as work that it should not begin any more.
     * It runs again for a member that is resumed and drained once more. Its requests, and new ones
     * of clients that stick to it, are still served; {@link Application#close} is the end.
     *
     * @param hook may block, runs as a task of {@link #executor}; is given the member's route
     */
    void onDrain(Consumer<String> hook);

    /**
     * Makes it the application's part to say whether it can serve, such as after it has warmed up.
     * While a check says no, throws, or has not come back for ten seconds, {@code /health/ready}
     * answers 503, a new member does not join (after two minutes its start has failed), and one
     * that serves gets no requests from httpd; it joins again by itself. Said of what all members
     * share, such as a database, it takes all of them out.
     *
     * @param name of what is checked, for health, log and errors: letters, digits and {@code -}
     * @param isReady asked once a second by a thread of its own, from now on, so it may block
     * @throws IllegalArgumentException if the name has other characters
     */
    void readiness(String name, BooleanSupplier isReady);

    /**
     * Sets what requests for some paths may take, on top of the configuration's limits: it is
     * looked at before the handler, and before anything of the body is read. To be called in {@link
     * Application#start}. Of several templates that match a path, the most exact counts.
     *
     * @param template of the path, as in {@link io.backpool.exchange.Routes}, such as {@code
     *     /upload} or {@code /reports/*}
     * @param limits for all its methods
     * @throws IllegalArgumentException if one is wider than the configuration's: httpd knows that
     *     one only, so it is to be raised there, and narrowed here for the other paths
     */
    void limit(String template, PathLimits limits);

    /**
     * What the time is: the system's clock, in a test the test's.
     *
     * @return in UTC
     */
    Clock clock();

    /**
     * Records as JSON, and back.
     *
     * @return the same one for all
     */
    Json json();

    /**
     * The application's own settings: the section {@code app.config} of {@code backend.yaml}, or
     * the YAML file that it names, as of the last start or restart. The component {@code maxItems}
     * of a record is read from the key {@code max-items}; text, numbers, booleans, {@code Duration}
     * ({@code 30s}), enums ({@code lower-dash}), lists, maps and records are read. What is not
     * there is null in a component that can be null; the record's constructor may refuse what does
     * not fit by throwing {@code IllegalArgumentException}.
     *
     * <p>A key that the type lacks, a value that does not fit and a primitive that is not there are
     * mistakes: an exception that names file, line and key is thrown, and if {@link
     * Application#start} lets it pass, the command says that line and ends with status 78.
     *
     * @param type a record of the application's, such as {@code ShopConfig.class}
     * @param <T> the same
     * @return its values
     */
    <T> T config(Class<T> type);

    /**
     * Where the application's own meters are registered: they are in the member's {@code /metrics},
     * with the label {@code member}. A name that begins as the pool's own do ({@code backpool},
     * {@code http.server.}, {@code undertow.}, {@code hikaricp.}, {@code apache_}, {@code jvm.},
     * {@code process.}, {@code system.}) is refused where it is registered, by an {@code
     * IllegalArgumentException}.
     *
     * @return the same one for all; not to be closed by the application
     */
    MeterRegistry meters();

    /**
     * Runs tasks that may block, outside of a request: on virtual threads or on at most {@code
     * pool.max-threads} threads, as {@code pool.blocking} says. A task that throws is logged with
     * its stack. When the process stops, after the last request and the last message, no task is
     * taken any more; those that run may end within what is left of {@code pool.drain-timeout}, and
     * are interrupted then. The application and its services close after them.
     *
     * @return the same one for all; not to be shut down by the application
     */
    ExecutorService executor();

    /**
     * Runs tasks later, once or again and again, on four threads: long work is handed to {@link
     * #executor}. A repeated task that throws is logged, and goes on at its next time. Ends as the
     * executor does; what was for later is dropped then.
     *
     * @return the same one for all; not to be shut down by the application
     */
    ScheduledExecutorService scheduler();

    /**
     * The cache at {@code cache.url}. Opened at the first call, like all services below.
     *
     * @return the same one for all
     */
    Cache cache();

    /**
     * The queue at {@code queue.url}.
     *
     * @return the same one for all
     */
    Queue queue();

    /**
     * Connections to the database at {@code database.url}.
     *
     * @return a bounded pool of them, the same one for all
     */
    DataSource dataSource();

    /**
     * Brings the database's schema to where the scripts {@code V1__what.sql}, {@code V2__...} want
     * it; {@code ${identity}} in them is how the engine spells a primary key that counts by itself.
     * Any number of processes may do so at the same time.
     *
     * @param owner whose class loader has the scripts
     * @param folder where, such as {@code com/example/migration}
     */
    void migrate(Class<?> owner, String folder);

    /**
     * The sessions at {@code sessions.url}, which all members share; Undertow's {@code
     * Sessions.getOrCreateSession(exchange)} finds them too. While Redis is away they throw {@code
     * SessionException}.
     *
     * @return the same ones for all
     */
    SessionManager sessions();
}
