package io.backpool.app.showcase;

import io.undertow.connector.PooledByteBuffer;
import io.undertow.server.DefaultResponseListener;
import io.undertow.server.HttpHandler;
import io.undertow.server.HttpServerExchange;
import io.undertow.util.Headers;
import io.undertow.util.StatusCodes;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.xnio.IoUtils;
import org.xnio.channels.StreamSinkChannel;
import org.xnio.channels.StreamSourceChannel;

/**
 * {@code /echo}: the body back with its type, and its length where that is known. It never lies on
 * the heap: what exceeds one buffer waits in a {@link Spool}.
 *
 * <p>The answer begins when the whole body is here. To answer while reading, as Undertow's {@code
 * Transfer} does, works only with peers that read while they write, and neither httpd over HTTP
 * (mod_proxy_http sends all of a body first) nor most clients do: all wait for each other for ever
 * once the sockets' buffers are full. Over AJP and h2c httpd does read, but then it waits for such
 * a client itself, so that no backend could resolve it by reading on.
 */
final class Echo implements HttpHandler {
    @Override
    public void handleRequest(HttpServerExchange exchange) {
        String type = exchange.getRequestHeaders().getFirst(Headers.CONTENT_TYPE);
        exchange.getResponseHeaders()
                .put(Headers.CONTENT_TYPE, type == null ? "application/octet-stream" : type);
        long length = exchange.getRequestContentLength();
        if (length >= 0) {
            exchange.setResponseContentLength(length);
        }
        new Flow(exchange).receive();
    }

    /** One body in, then out. Its channels' listeners run on one event loop. */
    private static final class Flow {
        private final HttpServerExchange exchange;
        private final StreamSourceChannel request;
        private final PooledByteBuffer pooled;
        private final ByteBuffer buffer;
        private final Spool spool = new Spool();

        Flow(HttpServerExchange exchange) {
            this.exchange = exchange;
            this.pooled = exchange.getConnection().getByteBufferPool().allocate();
            this.buffer = pooled.getBuffer();
            this.request = exchange.getRequestChannel();
            request.getReadSetter().set(ready -> receive());
            exchange.addExchangeCompleteListener(
                    (done, next) -> {
                        IoUtils.safeClose(pooled, spool);
                        next.proceed();
                    });
        }

        /** Reads what is there. */
        private void receive() {
            if (exchange.isComplete()) {
                return; // the connection is gone, and so is the buffer
            }
            try {
                int count;
                while ((count = request.read(buffer)) > 0) {
                    if (!buffer.hasRemaining()) {
                        spool.append(buffer.flip());
                        buffer.clear();
                    }
                }
                if (count == 0) {
                    request.resumeReads();
                } else {
                    request.suspendReads();
                    answer();
                }
            } catch (IOException e) {
                fail(e);
            }
        }

        private void answer() throws IOException {
            buffer.flip();
            if (!spool.isEmpty()) {
                spool.append(buffer);
                spool.take(buffer);
            }
            if (buffer.hasRemaining()) {
                StreamSinkChannel response = exchange.getResponseChannel();
                response.getWriteSetter().set(this::send);
                send(response);
            } else {
                exchange.endExchange();
            }
        }

        /** Writes what the channel takes now. */
        private void send(StreamSinkChannel response) {
            if (exchange.isComplete()) {
                return;
            }
            try {
                while (buffer.hasRemaining()) {
                    if (response.write(buffer) == 0) {
                        response.resumeWrites();
                        return;
                    }
                    if (!buffer.hasRemaining()) {
                        spool.take(buffer);
                    }
                }
                response.suspendWrites();
                exchange.endExchange();
            } catch (IOException e) {
                fail(e);
            }
        }

        /** Cuts an answer that has begun: half a body must not look like a whole one. */
        private void fail(IOException e) {
            exchange.putAttachment(DefaultResponseListener.EXCEPTION, e);
            if (!exchange.isResponseStarted()) {
                exchange.setStatusCode(StatusCodes.BAD_REQUEST);
            }
            exchange.endExchange();
        }
    }
}
