package io.backpool.app.showcase;

import io.backpool.exchange.Problem;
import io.undertow.server.HttpHandler;
import io.undertow.server.HttpServerExchange;
import io.undertow.util.PathTemplateMatch;
import io.undertow.util.StatusCodes;
import java.time.Duration;
import java.util.Deque;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** What a request says in its path and query, within bounds; stateless. */
final class Parameters {
    private static final Pattern NUMBER = Pattern.compile("[0-9]{1,9}");
    private static final Pattern DURATION = Pattern.compile("([0-9]{1,6})(ms|s)");
    private static final Pattern ENCODED =
            Pattern.compile("%(2[Ff]|5[Cc]|25(?=(?:25)*(?:2[Ff]|5[Cc])))");
    private static final int LONGEST_SHOWN = 40;

    private Parameters() {}

    /** The client's mistake, answered to the client. Expected, so it carries no stack. */
    static final class BadParameterException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        BadParameterException(String name, String found, String allowed) {
            super(name + ": was '" + shown(found) + "', must be " + allowed, null, false, false);
        }

        private static String shown(String found) {
            return found.length() <= LONGEST_SHOWN
                    ? found
                    : found.substring(0, LONGEST_SHOWN) + "...";
        }
    }

    /** Answers a bad parameter with 400, as a problem document. */
    static HttpHandler checked(HttpHandler handler) {
        return exchange -> {
            try {
                handler.handleRequest(exchange);
            } catch (BadParameterException e) {
                Problem.send(exchange, StatusCodes.BAD_REQUEST, e.getMessage());
            }
        };
    }

    /** The text in the path where the template says {@code {name}}. */
    static String text(HttpServerExchange exchange, String name) {
        PathTemplateMatch match = exchange.getAttachment(PathTemplateMatch.ATTACHMENT_KEY);
        String text = Objects.requireNonNull(match.getParameters().get(name), name);
        return text.indexOf('%') < 0 ? text : decodeRest(text);
    }

    /** What a path has left encoded: what would separate, and a percent sign before it. */
    private static String decodeRest(String text) {
        return ENCODED.matcher(text)
                .replaceAll(
                        code ->
                                Matcher.quoteReplacement(
                                        Character.toString(Integer.parseInt(code.group(1), 16))));
    }

    /** The number in the path where the template says {@code {name}}. */
    static int number(HttpServerExchange exchange, String name, int min, int max) {
        return readNumber(name, text(exchange, name), min, max);
    }

    /** A duration of the query; {@code absent} where the query does not name it. */
    static Duration duration(
            HttpServerExchange exchange, String name, Duration absent, Duration min, Duration max) {
        Deque<String> values = exchange.getQueryParameters().get(name);
        return values == null ? absent : readDuration(name, values.getFirst(), min, max);
    }

    static int readNumber(String name, String found, int min, int max) {
        if (NUMBER.matcher(found).matches()) {
            int value = Integer.parseInt(found);
            if (value >= min && value <= max) {
                return value;
            }
        }
        throw new BadParameterException(name, found, "a whole number from " + min + " to " + max);
    }

    static Duration readDuration(String name, String found, Duration min, Duration max) {
        Duration value = parse(found);
        if (value == null || value.compareTo(min) < 0 || value.compareTo(max) > 0) {
            throw new BadParameterException(
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

    static String write(Duration value) {
        long millis = value.toMillis();
        return millis % 1000 == 0 && millis != 0 ? millis / 1000 + "s" : millis + "ms";
    }
}
