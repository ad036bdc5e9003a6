package io.backpool.app.showcase;

import io.backpool.app.showcase.Parameters.BadParameterException;
import io.backpool.app.showcase.Users.DuplicateException;
import io.backpool.app.showcase.Users.User;
import io.backpool.exchange.Problem;
import io.backpool.service.database.DatabaseException;
import io.undertow.server.HttpHandler;
import io.undertow.server.HttpServerExchange;
import io.undertow.util.Headers;
import io.undertow.util.StatusCodes;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.util.Deque;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JacksonException;

/** {@code /users}: rows of a table as JSON. Safe for all threads. */
final class UserRoutes {
    private static final Logger LOG = LoggerFactory.getLogger(UserRoutes.class);
    private static final Pattern ID = Pattern.compile("[0-9]{1,18}");
    private static final int DEFAULT_LIMIT = 100;
    private static final int MAX_LIMIT = 1000;
    private static final int MAX_NAME = 200;
    private static final int MAX_EMAIL = 254;
    private static final int MAX_BODY = 10_000;

    private final Users users;

    UserRoutes(Users users) {
        this.users = users;
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
        long after = id("after", query(exchange, "after", "0"));
        String wanted = query(exchange, "limit", Integer.toString(DEFAULT_LIMIT));
        int limit = Parameters.readNumber("limit", wanted, 1, MAX_LIMIT);
        List<User> found = users.after(after, limit);
        String next =
                found.size() < limit
                        ? null
                        : "/users?after=" + found.get(limit - 1).id() + "&limit=" + limit;
        Json.send(exchange, new Page(found.stream().map(Shown::of).toList(), next));
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
        Wanted wanted = body(exchange);
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
        Wanted wanted = body(exchange);
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

    private static void show(HttpServerExchange exchange, User user) {
        exchange.getResponseHeaders().put(Headers.ETAG, tag(user));
        Json.send(exchange, Shown.of(user));
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

    private static Wanted body(HttpServerExchange exchange) throws java.io.IOException {
        byte[] body = exchange.getInputStream().readNBytes(MAX_BODY + 1);
        try {
            if (body.length > MAX_BODY) {
                throw new BadParameterException("body", "longer", "at most " + MAX_BODY + " bytes");
            }
            Wanted wanted = Json.read(body, Wanted.class);
            if (wanted != null) {
                return wanted;
            }
        } catch (JacksonException e) {
            LOG.debug("users - {}", e.getOriginalMessage());
        }
        throw new BadParameterException("body", "not that", "JSON with name and email");
    }

    private static String name(Wanted wanted) {
        String name = wanted.name();
        if (name == null || name.isBlank() || name.length() > MAX_NAME || !isText(name)) {
            throw new BadParameterException(
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
            throw new BadParameterException(
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
        return id("id", Parameters.text(exchange, "id"));
    }

    private static long id(String name, String found) {
        if (!ID.matcher(found).matches()) {
            throw new BadParameterException(name, found, "a whole number");
        }
        return Long.parseLong(found);
    }

    private static String query(HttpServerExchange exchange, String name, String absent) {
        Deque<String> values = exchange.getQueryParameters().get(name);
        return values == null ? absent : values.getFirst();
    }
}
