package io.backpool.engine;

import io.lettuce.core.AbstractRedisClient;
import io.lettuce.core.ClientOptions;
import io.lettuce.core.LettuceFutures;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisCommandTimeoutException;
import io.lettuce.core.RedisException;
import io.lettuce.core.RedisFuture;
import io.lettuce.core.RedisReadOnlyException;
import io.lettuce.core.RedisURI;
import io.lettuce.core.SocketOptions;
import io.lettuce.core.SslOptions;
import io.lettuce.core.SslVerifyMode;
import io.lettuce.core.api.StatefulConnection;
import io.lettuce.core.cluster.ClusterClientOptions;
import io.lettuce.core.cluster.ClusterTopologyRefreshOptions;
import io.lettuce.core.cluster.RedisClusterClient;
import io.lettuce.core.cluster.RedisClusterURIUtil;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.codec.RedisCodec;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.resource.ClientResources;
import io.lettuce.core.resource.DefaultClientResources;
import io.lettuce.core.resource.Delay;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * One connection to Redis or Valkey that all threads share: to one server, to the master that
 * Sentinels name, or to a cluster. Connects at the first use; a connection that was lost comes back
 * by itself, and until then every command fails at once (in a cluster, which connects to each node
 * when it is first needed, within its time). One that gives no answer in time, or leads to a server
 * that has become a replica, is replaced. Safe for all threads.
 */
public final class RedisLink implements AutoCloseable {
    /** What {@link #RedisLink} takes, for messages. */
    public static final String FORMS =
            "redis://HOST:PORT/DATABASE, redis+cluster://HOST:PORT,HOST:PORT or"
                    + " redis-sentinel://HOST:PORT,HOST:PORT/DATABASE#MASTER (with TLS: rediss,"
                    + " ?cacert=FILE)";

    /** The one before the hosts is that of the servers behind them. */
    private static final String SENTINEL_PASSWORD = "sentinel-password";

    private static final String HOST = "(\\[[0-9a-fA-F:.]+]|[^\\s:/?#@,\\[]+)(:[1-9]\\d{0,4})?";
    private static final String HOSTS = HOST + "(," + HOST + ")*";
    private static final String END = "(/\\d{0,9})?(\\?[^#]*)?";
    private static final Pattern FORM =
            Pattern.compile(
                    "redis(s?://%1$s%2$s%4$s|s?\\+cluster://%1$s%3$s%4$s|s?-sentinel://%1$s%3$s%4$s#.+)"
                            .formatted("([^/?#]*@)?+", HOST, HOSTS, END));
    private static final RedisCodec<String, byte[]> CODEC =
            RedisCodec.of(StringCodec.UTF8, ByteArrayCodec.INSTANCE);

    static {
        // Java's sockets, on each machine alike: Netty's epoll is in the jar for datagrams only.
        System.setProperty("io.lettuce.core.epoll", "false");
    }

    private static final Duration RECONNECT = Duration.ofMillis(100);

    /** A cluster's node that is away without a word is noticed by then. */
    private static final Duration TOPOLOGY = Duration.ofSeconds(10);

    private final Duration timeout;
    private final ClientResources resources;
    private final AbstractRedisClient client;
    private final OpenedOnce<Open, RedisException> connection;

    private record Open(
            StatefulConnection<String, byte[]> connection,
            RedisClusterAsyncCommands<String, byte[]> commands) {}

    /**
     * Does not connect.
     *
     * @param timeout of a connection and of each command
     * @throws IllegalArgumentException if {@code url} has none of {@link #FORMS}; the message holds
     *     no secret
     */
    public RedisLink(String url, Duration timeout) {
        boolean isCluster = url.matches("\\w+\\+cluster:.*");
        List<RedisURI> servers = servers(url, isCluster);
        boolean hasTls = url.startsWith("rediss");
        var options =
                url.matches("\\w+-sentinel:.*")
                        ? new UrlOptions(url, hasTls, SENTINEL_PASSWORD)
                        : new UrlOptions(url, hasTls);
        for (RedisURI server : servers) {
            server.setTimeout(timeout);
            // Who signed the certificate is looked at in any case.
            server.setVerifyPeer(options.verifies() ? SslVerifyMode.FULL : SslVerifyMode.CA);
            String password = options.get(SENTINEL_PASSWORD, "");
            if (!password.isEmpty()) {
                server.getSentinels().forEach(sentinel -> sentinel.setAuthentication(password));
            }
        }
        Path signers = options.caCert();
        this.timeout = timeout;
        this.resources =
                DefaultClientResources.builder().reconnectDelay(Delay.constant(RECONNECT)).build();
        if (isCluster) {
            RedisClusterClient cluster = RedisClusterClient.create(resources, servers);
            cluster.setOptions(
                    (ClusterClientOptions) options(clusterOptions(), signers, timeout).build());
            connection = new OpenedOnce<>(() -> open(cluster));
            client = cluster;
        } else {
            RedisClient server = RedisClient.create(resources, servers.get(0));
            server.setOptions(
                    options(ClientOptions.builder(), signers, timeout)
                            .disconnectedBehavior(
                                    ClientOptions.DisconnectedBehavior.REJECT_COMMANDS)
                            .build());
            connection = new OpenedOnce<>(() -> open(server));
            client = server;
        }
    }

    /**
     * Sends a command and waits for its answer.
     *
     * @throws RedisException if there is none in time, or an error
     */
    public <T> @Nullable T call(
            Function<RedisClusterAsyncCommands<String, byte[]>, RedisFuture<T>> command) {
        Open open = connection.get();
        try {
            return LettuceFutures.awaitOrCancel(
                    command.apply(open.commands()), timeout.toMillis(), TimeUnit.MILLISECONDS);
        } catch (RedisException e) {
            replaceAfter(e, open);
            throw e;
        }
    }

    /**
     * Sends a command; its answer, an error or {@link TimeoutException} ends the result.
     *
     * @throws RedisException if there is no connection
     */
    public <T> CompletableFuture<T> send(
            Function<RedisClusterAsyncCommands<String, byte[]>, RedisFuture<T>> command) {
        Open open = connection.get();
        return command.apply(open.commands())
                .toCompletableFuture()
                .orTimeout(timeout.toMillis(), TimeUnit.MILLISECONDS)
                .whenComplete(
                        (answer, failure) -> {
                            if (failure != null) {
                                replaceAfter(failure, open);
                            }
                        });
    }

    @Override
    public void close() {
        client.shutdown(Duration.ZERO, Duration.ofSeconds(2));
        resources.shutdown(0, 2, TimeUnit.SECONDS).awaitUninterruptibly(2, TimeUnit.SECONDS);
    }

    /** A cluster's client does so by itself, node by node. */
    private void replaceAfter(Throwable failure, Open failed) {
        boolean isDead =
                failure instanceof RedisCommandTimeoutException
                        || failure instanceof TimeoutException
                        || failure instanceof RedisReadOnlyException;
        if (isDead && client instanceof RedisClient && connection.drop(failed)) {
            var unused = failed.connection().closeAsync();
        }
    }

    private static Open open(RedisClient server) {
        var opened = server.connect(CODEC);
        return new Open(opened, opened.async());
    }

    private static Open open(RedisClusterClient cluster) {
        var opened = cluster.connect(CODEC);
        return new Open(opened, opened.async());
    }

    private static ClusterClientOptions.Builder clusterOptions() {
        return ClusterClientOptions.builder()
                .topologyRefreshOptions(
                        ClusterTopologyRefreshOptions.builder()
                                .adaptiveRefreshTriggersTimeout(RECONNECT)
                                .enablePeriodicRefresh(TOPOLOGY)
                                .build());
    }

    private static ClientOptions.Builder options(
            ClientOptions.Builder options, @Nullable Path signers, Duration timeout) {
        options.socketOptions(SocketOptions.builder().connectTimeout(timeout).build());
        return signers == null
                ? options
                : options.sslOptions(SslOptions.builder().trustManager(signers.toFile()).build());
    }

    /** Without what stands behind the question mark. */
    private static List<RedisURI> servers(String url, boolean isCluster) {
        if (!FORM.matcher(url).matches()) {
            throw new IllegalArgumentException("it has none of these forms");
        }
        try {
            URI plain =
                    URI.create(url.replaceFirst("\\+cluster:", ":").replaceFirst("\\?[^#]*", ""));
            return isCluster
                    ? RedisClusterURIUtil.toRedisURIs(plain)
                    : List.of(RedisURI.create(plain));
        } catch (IllegalArgumentException e) {
            // Its message may quote a password.
            throw new IllegalArgumentException("it cannot be read");
        }
    }
}
