package io.backpool.exchange;

import io.undertow.server.HttpServerExchange;
import io.undertow.util.PathTemplateMatch;
import java.time.Duration;
import java.util.Deque;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** What a request says in its path and query, within bounds; stateless. */
public final class Parameters {
    private static final Pattern NUMBER = Pattern.compile("[0-9]{1,18}");
    private static final Pattern DURATION = Pattern.compile("([0-9]{1,6})(ms|s)");
    private static final Pattern ENCODED =
            Pattern.compile("%(2[Ff]|5[Cc]|25(?=(?:25)*(?:2[Ff]|5[Cc])))");

    private Parameters() {}

    /**
     * The text in the path where the template of {@link Routes} says {@code {name}}, decoded.
     *
     * @param exchange that a route was found for
     * @param name of the template
     * @return may be empty
     */
    public static String text(HttpServerExchange exchange, String name) {
        PathTemplateMatch match = exchange.getAttachment(PathTemplateMatch.ATTACHMENT_KEY);
        String text = Objects.requireNonNull(match.getParameters().get(name), name);
        return text.indexOf('%') < 0 ? text : decodeRest(text);
    }

    /**
     * The number in the path where the template of {@link Routes} says {@code {name}}.
     *
     * @param exchange that a route was found for
     * @param name of the template
     * @param min the least, from 0
     * @param max the most, of at most 18 digits
     * @return within these bounds
     * @throws BadRequestException if it is no such number
     */
    public static long number(HttpServerExchange exchange, String name, long min, long max) {
        return readNumber(name, text(exchange, name), min, max);
    }

    /**
     * The first text of this name in the query.
     *
     * @param exchange whose query is meant
     * @param name of the parameter
     * @return decoded; null where the query does not name it
     */
    public static @Nullable String query(HttpServerExchange exchange, String name) {
        Deque<String> values = exchange.getQueryParameters().get(name);
        return values == null ? null : values.getFirst();
    }

    /**
     * A number of the query.
     *
     * @param exchange whose query is meant
     * @param name of the parameter
     * @param absent where the query does not name it
     * @param min the least, from 0
     * @param max the most, of at most 18 digits
     * @return within these bounds, or {@code absent}
     * @throws BadRequestException if it is no such number
     */
    public static long queryNumber(
            HttpServerExchange exchange, String name, long absent, long min, long max) {
        String found = query(exchange, name);
        return found == null ? absent : readNumber(name, found, min, max);
    }

    /**
     * A duration of the query, such as {@code 500ms} or {@code 5s}.
     *
     * @param exchange whose query is meant
     * @param name of the parameter
     * @param absent where the query does not name it
     * @param min the shortest
     * @param max the longest
     * @return within these bounds, or {@code absent}
     * @throws BadRequestException if it is no such duration
     */
    public static Duration queryDuration(
            HttpServerExchange exchange, String name, Duration absent, Duration min, Duration max) {
        String found = query(exchange, name);
        return found == null ? absent : readDuration(name, found, min, max);
    }

    /** What a path has left encoded: what would separate, and a percent sign before it. */
    private static String decodeRest(String text) {
        return ENCODED.matcher(text)
                .replaceAll(
                        code ->
                                Matcher.quoteReplacement(
                                        Character.toString(Integer.parseInt(code.group(1), 16))));
    }

    static long readNumber(String name, String found, long min, long max) {
        if (NUMBER.matcher(found).matches()) {
            long value = Long.parseLong(found);
            if (value >= min && value <= max) {
                return value;
            }
        }
        throw new BadRequestException(name, found, "a whole number from " + min + " to " + max);
    }

    static Duration readDuration(String name, String found, Duration min, Duration max) {
        Duration value = parse(found);
        if (value == null || value.compareTo(min) < 0 || value.compareTo(max) > 0) {
            throw new BadRequestException(
                    name,
                    found,
                    "a duration such as 500ms or 5s, from " + write(min) + " to " + write(max));
        }
        return value;
    }

    private static @Nullable Duration parse(String text) {
        Matcher parts = DURATION.matcher(text);
        if (!parts.matches()) {
            return null;
        }
        long amount = Long.parseLong(parts.group(1));
        return parts.group(2).equals("s") ? Duration.ofSeconds(amount) : Duration.ofMillis(amount);
    }

    /**
     * A duration as a query may say it.
     *
     * @param value not negative; what is below a millisecond is cut off
     * @return such as {@code 500ms} or {@code 5s}
     */
    public static String write(Duration value) {
        long millis = value.toMillis();
        return millis % 1000 == 0 && millis != 0 ? millis / 1000 + "s" : millis + "ms";
    }
}
