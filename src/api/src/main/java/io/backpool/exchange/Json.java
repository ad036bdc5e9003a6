package io.backpool.exchange;

import io.undertow.server.HttpServerExchange;
import java.io.IOException;

/** Records as JSON (RFC 8259, UTF-8), and back. Safe for all threads. */
public interface Json {
    /**
     * Answers with {@code value} as {@code application/json} and ends the exchange.
     *
     * @param exchange whose answer has not begun
     * @param value a record, or a list or map of such
     */
    void send(HttpServerExchange exchange, Object value);

    /**
     * Reads the request's body. Blocks: for handlers that {@code Services.blocking} wraps. Fields
     * that the record has not are ignored; those that the body has not are null, 0 or false.
     *
     * @param <T> the record
     * @param exchange whose body was not read yet
     * @param type a record
     * @param most bytes that the body may have, from 1
     * @return never null
     * @throws BadRequestException if the body is longer, or no JSON for this record
     * @throws IOException if the client is gone or too slow, or the body above {@code
     *     limits.body-size}
     */
    <T> T read(HttpServerExchange exchange, Class<T> type, int most) throws IOException;
}
