package io.backpool.app;

import io.undertow.websockets.core.WebSocketChannel;
import io.undertow.websockets.core.WebSockets;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.xnio.XnioExecutor;

/** Keeps idle WebSockets open; stateless. */
public final class WebSocketPings {
    private WebSocketPings() {}

    /** Sends the client a ping every so often until the WebSocket is closed. */
    public static void start(WebSocketChannel channel, Duration period) {
        XnioExecutor.Key timer =
                channel.getIoThread()
                        .executeAtInterval(
                                () -> WebSockets.sendPing(ByteBuffer.allocate(0), channel, null),
                                period.toMillis(),
                                TimeUnit.MILLISECONDS);
        channel.addCloseTask(closed -> timer.remove());
    }
}
