package io.backpool.testkit;

import java.io.ByteArrayOutputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * What comes over a WebSocket: messages whole, as a {@code String} or {@code ByteBuffer}, however
 * many parts the client reads them in, and the status of the close.
 */
public final class WebSocketMessages implements WebSocket.Listener {
    private static final int SECONDS = 20;

    private final BlockingQueue<Object> received;
    private final StringBuilder text = new StringBuilder();
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    public WebSocketMessages(BlockingQueue<Object> received) {
        this.received = received;
    }

    /** What is answered first to this text, on a WebSocket of its own; null: nothing. */
    public static @Nullable Object echo(HttpClient client, URI uri, String text) throws Exception {
        var received = new LinkedBlockingQueue<Object>();
        WebSocket socket =
                client.newWebSocketBuilder()
                        .buildAsync(uri, new WebSocketMessages(received))
                        .get(SECONDS, TimeUnit.SECONDS);
        try {
            socket.sendText(text, true).get(SECONDS, TimeUnit.SECONDS);
            return received.poll(SECONDS, TimeUnit.SECONDS);
        } finally {
            socket.abort();
        }
    }

    @Override
    public @Nullable CompletionStage<?> onText(WebSocket socket, CharSequence data, boolean last) {
        text.append(data);
        if (last) {
            received.add(text.toString());
            text.setLength(0);
        }
        socket.request(1);
        return null;
    }

    @Override
    public @Nullable CompletionStage<?> onBinary(WebSocket socket, ByteBuffer data, boolean last) {
        byte[] part = new byte[data.remaining()];
        data.get(part);
        bytes.writeBytes(part);
        if (last) {
            received.add(ByteBuffer.wrap(bytes.toByteArray()));
            bytes.reset();
        }
        socket.request(1);
        return null;
    }

    @Override
    public @Nullable CompletionStage<?> onClose(WebSocket socket, int statusCode, String reason) {
        received.add(statusCode);
        return null;
    }
}
