package io.backpool.exchange;

import io.undertow.io.UndertowOutputStream;
import io.undertow.server.DefaultResponseListener;
import io.undertow.server.HttpServerExchange;
import io.undertow.util.HeaderMap;
import io.undertow.util.HeaderValues;
import io.undertow.util.Headers;
import io.undertow.util.HttpString;
import io.undertow.util.StatusCodes;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * An error as the client sees it: RFC 9457, or a short page for browsers. It names no class, file
 * or stack of ours. The one place that makes such an answer.
 *
 * @param title the status in words
 * @param status of the answer
 * @param detail what the client can do about it; null where the status says all
 * @param requestId what to tell the operator; null outside a member
 */
public record Problem(
        String title, int status, @Nullable String detail, @Nullable String requestId) {
    /** What the document is. */
    public static final String MEDIA_TYPE = "application/problem+json";

    private static final String HTML_TYPE = "text/html; charset=utf-8";

    /** What an application said of a body of its own, which this answer has not. */
    private static final List<HttpString> OF_THE_BODY =
            List.of(
                    Headers.CONTENT_ENCODING,
                    Headers.CONTENT_LANGUAGE,
                    Headers.CONTENT_LOCATION,
                    Headers.CONTENT_DISPOSITION,
                    Headers.CONTENT_RANGE,
                    Headers.CONTENT_MD5,
                    new HttpString("Content-Digest"),
                    new HttpString("Repr-Digest"),
                    new HttpString("Digest"),
                    Headers.ACCEPT_RANGES,
                    Headers.ETAG,
                    Headers.LAST_MODIFIED,
                    Headers.TRANSFER_ENCODING,
                    Headers.TRAILER);

    /** What it said of keeping that body. */
    private static final List<HttpString> OF_CACHING =
            List.of(Headers.CACHE_CONTROL, Headers.EXPIRES, Headers.AGE, Headers.PRAGMA);

    /** Gives every error that the application leaves without a body a problem document. */
    public static final DefaultResponseListener BY_STATUS =
            exchange -> {
                if (exchange.getStatusCode() < 400 || !exchange.isResponseChannelAvailable()) {
                    return false;
                }
                boolean failed = exchange.getAttachment(DefaultResponseListener.EXCEPTION) != null;
                answer(exchange, exchange.getStatusCode(), null, !failed);
                return true;
            };

    /**
     * Answers with this status and ends the exchange. The response must not have begun.
     *
     * @param exchange to be answered
     * @param status 400 or above
     * @param detail what the client can do about it; null where the status says all
     */
    public static void send(HttpServerExchange exchange, int status, @Nullable String detail) {
        answer(exchange, status, detail, false);
    }

    private static void answer(
            HttpServerExchange exchange, int status, @Nullable String detail, boolean keepCaching) {
        if (exchange.isBlocking()
                && exchange.getOutputStream() instanceof UndertowOutputStream written) {
            written.resetBuffer();
        }
        exchange.getResponseSender().send(begin(exchange, status, detail, keepCaching));
    }

    /**
     * Sets the head of an answer with this status.
     *
     * @param exchange to be answered
     * @param status 400 or above
     * @param detail what the client can do about it; null where the status says all
     * @return the answer's body, which must be sent then
     */
    public static ByteBuffer begin(
            HttpServerExchange exchange, int status, @Nullable String detail) {
        return begin(exchange, status, detail, false);
    }

    private static ByteBuffer begin(
            HttpServerExchange exchange, int status, @Nullable String detail, boolean keepCaching) {
        RequestFacts facts = RequestFacts.of(exchange);
        var problem = problem(status, detail, facts == null ? null : facts.requestId());
        HeaderMap headers = exchange.getResponseHeaders();
        // In a 416 Content-Range is no fact of the body: it has the length that there is.
        String range = headers.getFirst(Headers.CONTENT_RANGE);
        remove(OF_THE_BODY, headers);
        if (range != null && status == StatusCodes.REQUEST_RANGE_NOT_SATISFIABLE) {
            headers.put(Headers.CONTENT_RANGE, range);
        }
        if (!keepCaching) {
            remove(OF_CACHING, headers);
        }
        removeBroken(headers);
        boolean isPage = prefersPage(exchange.getRequestHeaders().get(Headers.ACCEPT));
        byte[] body = (isPage ? problem.page() : problem.json()).getBytes(StandardCharsets.UTF_8);
        exchange.setStatusCode(status);
        if (exchange.getReasonPhrase() != null) {
            exchange.setReasonPhrase(problem.title);
        }
        headers.put(Headers.CONTENT_TYPE, isPage ? HTML_TYPE : MEDIA_TYPE);
        exchange.setResponseContentLength(body.length);
        return ByteBuffer.wrap(body);
    }

    private static void remove(List<HttpString> names, HeaderMap headers) {
        for (HttpString name : names) {
            headers.remove(name);
        }
    }

    /** What would be refused again. */
    private static void removeBroken(HeaderMap headers) {
        for (HttpString name : List.copyOf(headers.getHeaderNames())) {
            HeaderValues values = headers.get(name);
            if (values != null && !(FieldText.isToken(name) && areFine(values))) {
                headers.remove(name);
            }
        }
    }

    private static boolean areFine(HeaderValues values) {
        for (String value : values) {
            if (!FieldText.isValue(value)) {
                return false;
            }
        }
        return true;
    }

    /** Whether a browser asked: HTML is named, and JSON is not, or less wanted. */
    static boolean prefersPage(@Nullable List<String> accept) {
        double html = 0;
        double json = 0;
        for (String range : accept == null ? List.<String>of() : accept) {
            for (String one : range.split(",", -1)) {
                String[] parts = one.toLowerCase(Locale.ROOT).split(";", -1);
                double quality = 1;
                for (int i = 1; i < parts.length; i++) {
                    quality = parts[i].strip().startsWith("q=") ? quality(parts[i]) : quality;
                }
                switch (parts[0].strip()) {
                    case "text/html", "application/xhtml+xml" -> html = Math.max(html, quality);
                    case "application/json", MEDIA_TYPE -> json = Math.max(json, quality);
                    default -> {} // */* is whatever we like
                }
            }
        }
        return html > json;
    }

    private static double quality(String parameter) {
        String text = parameter.strip().substring(2);
        return text.matches("[01](\\.[0-9]{0,3})?") ? Double.parseDouble(text) : 0;
    }

    private String page() {
        String heading = status + " " + title;
        return """
        <!DOCTYPE html>
        <html lang="en"><meta charset="utf-8"><title>%s</title>
        <h1>%s</h1>%s%s</html>
        """
                .formatted(
                        escape(heading),
                        escape(heading),
                        detail == null ? "" : "\n<p>" + escape(detail) + "</p>",
                        requestId == null ? "" : "\n<p>Request " + escape(requestId) + "</p>");
    }

    private String json() {
        return "{\"title\":"
                + quoted(title)
                + ",\"status\":"
                + status
                + (detail == null ? "" : ",\"detail\":" + quoted(detail))
                + (requestId == null ? "" : ",\"requestId\":" + quoted(requestId))
                + "}";
    }

    private static String quoted(String text) {
        var json = new StringBuilder("\"");
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '"', '\\' -> json.append('\\').append(c);
                case '\n' -> json.append("\\n");
                case '\r' -> json.append("\\r");
                case '\t' -> json.append("\\t");
                default -> {
                    if (c < ' ' || Character.isSurrogate(c)) {
                        json.append("\\u%04X".formatted((int) c));
                    } else {
                        json.append(c);
                    }
                }
            }
        }
        return json.append('"').toString();
    }

    private static String escape(String text) {
        return text.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;")
                .replace("'", "&#39;");
    }

    /**
     * The document alone, for an answer that no exchange leads to.
     *
     * @param status 400 or above
     * @param detail what the client can do about it; null where the status says all
     * @param requestId what to tell the operator; null: none
     * @return JSON
     */
    public static byte[] document(int status, @Nullable String detail, @Nullable String requestId) {
        return problem(status, detail, requestId).json().getBytes(StandardCharsets.UTF_8);
    }

    private static Problem problem(
            int status, @Nullable String detail, @Nullable String requestId) {
        return new Problem(StatusCodes.getReason(status), status, detail, requestId);
    }
}
