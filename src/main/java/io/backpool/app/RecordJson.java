package io.backpool.app;

import io.backpool.exchange.BadRequestException;
import io.backpool.exchange.Json;
import io.undertow.server.HttpServerExchange;
import io.undertow.util.Headers;
import java.io.IOException;
import java.lang.reflect.RecordComponent;
import java.nio.ByteBuffer;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.MapperFeature;
import tools.jackson.databind.json.JsonMapper;

/** By the server's own Jackson, whatever the application brings. Safe for all threads. */
public final class RecordJson implements Json {
    private final JsonMapper mapper =
            JsonMapper.builder().disable(MapperFeature.SORT_PROPERTIES_ALPHABETICALLY).build();

    @Override
    public void send(HttpServerExchange exchange, Object value) {
        exchange.getResponseHeaders().put(Headers.CONTENT_TYPE, "application/json");
        exchange.getResponseSender().send(ByteBuffer.wrap(mapper.writeValueAsBytes(value)));
    }

    @Override
    public <T> T read(HttpServerExchange exchange, Class<T> type, int most) throws IOException {
        byte[] body = exchange.getInputStream().readNBytes(most + 1);
        if (body.length > most) {
            throw new BadRequestException("body", "longer", "at most " + most + " bytes");
        }
        @Nullable T value = null;
        try {
            value = mapper.readValue(body, type);
        } catch (JacksonException e) {
            // Its message names classes; the client learns what there should have been.
        }
        if (value == null) {
            throw new BadRequestException("body", "not that", "JSON" + fields(type));
        }
        return value;
    }

    private static String fields(Class<?> type) {
        return type.isRecord()
                ? Stream.of(type.getRecordComponents())
                        .map(RecordComponent::getName)
                        .collect(Collectors.joining(", ", " with ", ""))
                : "";
    }
}
