package io.backpool.app.showcase;

import io.backpool.app.showcase.Users.DuplicateException;
import io.backpool.app.showcase.Users.User;
import io.backpool.exchange.BadRequestException;
import io.backpool.exchange.Json;
import io.backpool.exchange.Parameters;
import io.backpool.exchange.Problem;
import io.backpool.service.database.DatabaseException;
import io.undertow.server.HttpHandler;
import io.undertow.server.HttpServerExchange;
import io.undertow.util.Headers;
import io.undertow.util.StatusCodes;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** {@code /users}: rows of a table as JSON. Safe for all threads. */
final class UserRoutes {
    private static final Logger LOG = LoggerFactory.getLogger(UserRoutes.class);
    private static final long MAX_ID = 999_999_999_999_999_999L;
    private static final int DEFAULT_LIMIT = 100;
    private static final int MAX_LIMIT = 1000;
    private static final int MAX_NAME = 200;
    private static final int MAX_EMAIL = 254;
    private static final int MAX_BODY = 10_000;

    private final Users users;
    private final Json json;

    UserRoutes(Users users, Json json) {
        this.users = users;
        this.json = json;
    }

    private record Shown(long id, String name, String email) {
        static Shown of(User user) {
            return new Shown(user.id(), user.name(), user.email());
        }
    }

    private record Page(List<Shown> users, @Nullable String next) {}

    private record Wanted(@Nullable String name, @Nullable String email) {}

    /** Answers 503 while there is no connection to the database. */
    HttpHandler orAway(HttpHandler handler) {
        return exchange -> {
            try {
                handler.handleRequest(exchange);
            } catch (DatabaseException | SQLTransientConnectionException e) {
                LOG.debug("users - the database has said why in the log", e);
                exchange.getResponseHeaders().put(Headers.RETRY_AFTER, 1);
                Problem.send(
                        exchange,
                        StatusCodes.SERVICE_UNAVAILABLE,
                        "The database is away, try again later");
            }
        };
    }

    void page(HttpServerExchange exchange) throws SQLException {
        long after = Parameters.queryNumber(exchange, "after", 0, 0, MAX_ID);
        int limit = (int) Parameters.queryNumber(exchange, "limit", DEFAULT_LIMIT, 1, MAX_LIMIT);
        List<User> found = users.after(after, limit);
        String next =
                found.size() < limit
                        ? null
                        : "/users?after=" + found.get(limit - 1).id() + "&limit=" + limit;
        json.send(exchange, new Page(found.stream().map(Shown::of).toList(), next));
    }

    void read(HttpServerExchange exchange) throws SQLException {
        User user = users.find(id(exchange));
        if (user == null) {
            none(exchange);
        } else {
            show(exchange, user);
        }
    }

    void create(HttpServerExchange exchange) throws Exception {
        Wanted wanted = json.read(exchange, Wanted.class, MAX_BODY);
        try {
            User user = users.add(name(wanted), email(wanted));
            exchange.setStatusCode(StatusCodes.CREATED);
            exchange.getResponseHeaders().put(Headers.LOCATION, "/users/" + user.id());
            show(exchange, user);
        } catch (DuplicateException e) {
            duplicate(exchange);
        }
    }

    /** With {@code If-Match}, changes only what the client has seen; without, the last one wins. */
    void update(HttpServerExchange exchange) throws Exception {
        Wanted wanted = json.read(exchange, Wanted.class, MAX_BODY);
        long id = id(exchange);
        String match = exchange.getRequestHeaders().getFirst(Headers.IF_MATCH);
        boolean any = match == null || match.strip().equals("*");
        User seen = any ? null : users.find(id);
        try {
            if (seen != null && !List.of(match.strip().split("\\s*,\\s*")).contains(tag(seen))) {
                changed(exchange);
                return;
            }
            User user =
                    any || seen != null
                            ? users.change(
                                    id,
                                    seen == null ? null : seen.version(),
                                    name(wanted),
                                    email(wanted))
                            : null;
            if (user != null) {
                show(exchange, user);
            } else if (seen != null) {
                changed(exchange);
            } else {
                none(exchange);
            }
        } catch (DuplicateException e) {
            duplicate(exchange);
        }
    }

    void delete(HttpServerExchange exchange) throws SQLException {
        if (users.remove(id(exchange))) {
            exchange.setStatusCode(StatusCodes.NO_CONTENT).endExchange();
        } else {
            none(exchange);
        }
    }

    private void show(HttpServerExchange exchange, User user) {
        exchange.getResponseHeaders().put(Headers.ETAG, tag(user));
        json.send(exchange, Shown.of(user));
    }

    private static String tag(User user) {
        return "\"" + user.version() + "\"";
    }

    private static void none(HttpServerExchange exchange) {
        Problem.send(exchange, StatusCodes.NOT_FOUND, "There is no such user");
    }

    private static void changed(HttpServerExchange exchange) {
        Problem.send(
                exchange,
                StatusCodes.PRECONDITION_FAILED,
                "The user has changed: read it again, then decide");
    }

    private static void duplicate(HttpServerExchange exchange) {
        Problem.send(exchange, StatusCodes.CONFLICT, "Another user has this email");
    }

    private static String name(Wanted wanted) {
        String name = wanted.name();
        if (name == null || name.isBlank() || name.length() > MAX_NAME || !isText(name)) {
            throw new BadRequestException(
                    "name", String.valueOf(name), "1 to " + MAX_NAME + " letters");
        }
        return name;
    }

    private static String email(Wanted wanted) {
        String email = wanted.email();
        if (email == null
                || email.length() > MAX_EMAIL
                || !email.matches("[^@\\s]+@[^@\\s]+")
                || !isText(email)) {
            throw new BadRequestException(
                    "email", String.valueOf(email), "an address such as a@example.com");
        }
        return email;
    }

    /** Whether every database takes it: no control characters, no half of a character. */
    private static boolean isText(String value) {
        return value.codePoints()
                .noneMatch(
                        one ->
                                Character.isISOControl(one)
                                        || Character.getType(one) == Character.SURROGATE);
    }

    private static long id(HttpServerExchange exchange) {
        return Parameters.number(exchange, "id", 0, MAX_ID);
    }
}
