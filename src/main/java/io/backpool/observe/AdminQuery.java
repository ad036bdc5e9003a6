package io.backpool.observe;

import io.undertow.server.HttpServerExchange;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a request to the admin listener says in its query. Stateless. */
final class AdminQuery {
    private AdminQuery() {}

    /** The first value; null: there is none. */
    static @Nullable String first(HttpServerExchange exchange, String name) {
        Deque<String> values = exchange.getQueryParameters().get(name);
        return values == null ? null : values.getFirst();
    }

    /** Every value, in order; none where it is not there. */
    static List<String> all(HttpServerExchange exchange, String name) {
        Deque<String> values = exchange.getQueryParameters().get(name);
        return values == null ? List.of() : List.copyOf(values);
    }

    /** Whether it says {@code name=1}. */
    static boolean isSet(HttpServerExchange exchange, String name) {
        return "1".equals(first(exchange, name));
    }
}
