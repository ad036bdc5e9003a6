package io.backpool.app.showcase;

import io.undertow.server.HttpServerExchange;
import io.undertow.util.Headers;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.MapperFeature;
import tools.jackson.databind.json.JsonMapper;

/** Records as JSON, and back; stateless. */
final class Json {
    private static final JsonMapper MAPPER =
            JsonMapper.builder().disable(MapperFeature.SORT_PROPERTIES_ALPHABETICALLY).build();

    private Json() {}

    static void send(HttpServerExchange exchange, Object value) {
        exchange.getResponseHeaders().put(Headers.CONTENT_TYPE, "application/json");
        exchange.getResponseSender().send(ByteBuffer.wrap(MAPPER.writeValueAsBytes(value)));
    }

    /** The value, null for {@code null}; throws Jackson's unchecked exception for what is none. */
    static <T> @Nullable T read(byte[] json, Class<T> type) {
        return MAPPER.readValue(json, type);
    }
}
