package io.backpool.server;

import io.undertow.server.ConnectorStatistics;

/**
 * What went through one listener since it was opened.
 *
 * @param listener {@code http} or {@code ajp}
 * @param connections open now
 */
public record ListenerStats(
        String listener,
        long connections,
        long requests,
        long errors,
        long bytesSent,
        long bytesReceived) {

    static ListenerStats of(String listener, ConnectorStatistics statistics) {
        return new ListenerStats(
                listener,
                statistics.getActiveConnections(),
                statistics.getRequestCount(),
                statistics.getErrorCount(),
                statistics.getBytesSent(),
                statistics.getBytesReceived());
    }
}
