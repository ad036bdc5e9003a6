package io.backpool.server;

import io.backpool.config.BalancerConfig.Protocol;
import io.backpool.config.PoolConfig;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Where a member listens for one protocol. Immutable.
 *
 * @param socket of an httpd on this host; null: none
 * @param group who may connect to it; null: the pool's own user only
 */
record Endpoint(InetSocketAddress address, @Nullable Path socket, @Nullable String group) {
    /** A port alone. */
    Endpoint(InetSocketAddress address) {
        this(address, null, null);
    }

    private static Endpoint of(PoolConfig pool, Protocol protocol, int port, int index) {
        return new Endpoint(
                new InetSocketAddress(pool.bind(), port),
                pool.socket(protocol, index),
                pool.socketGroup());
    }

    static Endpoint http(PoolConfig pool, int index) {
        return of(pool, Protocol.HTTP, pool.httpPort(index), index);
    }

    static Endpoint ajp(PoolConfig pool, int index) {
        return of(pool, Protocol.AJP, pool.ajpPort(index), index);
    }

    /** Binds the socket, if there is one. */
    @Nullable UnixSocket bind(int backlog) {
        return socket == null ? null : UnixSocket.bind(socket, group, backlog);
    }
}
