package io.backpool.server;

import java.net.InetAddress;
import org.jspecify.annotations.Nullable;

/** What one client has of the threads while a member is overloaded. Guarded by the admission. */
final class Share {
    final @Nullable InetAddress client;
    int waiting;
    int running;

    Share(@Nullable InetAddress client) {
        this.client = client;
    }
}
