package io.backpool.exchange;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.undertow.server.DefaultResponseListener;
import io.undertow.server.HttpServerExchange;
import io.undertow.util.Headers;
import io.undertow.util.StatusCodes;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/**
 * An error as the client sees it, RFC 9457. It names no class, file or stack of ours.
 *
 * @param detail what the client can do about it; null where the status says all
 * @param requestId what to tell the operator; null outside a member
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Problem(
        String title, int status, @Nullable String detail, @Nullable String requestId) {
    public static final String MEDIA_TYPE = "application/problem+json";

    /** Holds Jackson back until the first problem. */
    private static final class Writer {
        static final JsonMapper JSON = new JsonMapper();
    }

    /** Gives every error that the application leaves without a body a problem document. */
    public static final DefaultResponseListener BY_STATUS =
            exchange -> {
                if (exchange.getStatusCode() < 400 || !exchange.isResponseChannelAvailable()) {
                    return false;
                }
                send(exchange, exchange.getStatusCode(), null);
                return true;
            };

    /** Answers with this status and ends the exchange. The response must not have begun. */
    public static void send(HttpServerExchange exchange, int status, @Nullable String detail) {
        RequestFacts facts = RequestFacts.of(exchange);
        byte[] body = document(status, detail, facts == null ? null : facts.requestId());
        exchange.setStatusCode(status);
        exchange.getResponseHeaders().put(Headers.CONTENT_TYPE, MEDIA_TYPE);
        exchange.setResponseContentLength(body.length); // the application may have set another one
        exchange.getResponseSender().send(ByteBuffer.wrap(body));
    }

    /** The document alone, for an answer that no exchange leads to. */
    public static byte[] document(int status, @Nullable String detail, @Nullable String requestId) {
        var problem = new Problem(StatusCodes.getReason(status), status, detail, requestId);
        return Writer.JSON.writeValueAsBytes(problem);
    }
}
