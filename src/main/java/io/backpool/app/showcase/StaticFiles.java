package io.backpool.app.showcase;

import io.backpool.app.Services;
import io.backpool.exchange.Problem;
import io.undertow.server.HttpHandler;
import io.undertow.server.HttpServerExchange;
import io.undertow.server.handlers.resource.ResourceHandler;
import io.undertow.util.AttachmentKey;
import io.undertow.util.HeaderMap;
import io.undertow.util.HeaderValues;
import io.undertow.util.Headers;
import io.undertow.util.Methods;
import io.undertow.util.QValueParser;
import io.undertow.util.StatusCodes;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URL;
import java.net.URLConnection;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.json.JsonMapper;

/**
 * {@code /static/...}: the files that {@code manifest.json} names, and no others; read once, safe
 * for all threads. No request reaches a file system, so no path can lead out of the folder.
 *
 * <p>A name in which {@code .} and eight digits of its content's SHA-256 stand before the ending
 * never changes its content: a CDN may keep it for ever. {@code name.br} and {@code name.gz} beside
 * a file, from {@code brotli -q 11} and {@code gzip -9n}, are sent to clients that accept them.
 *
 * <p>Undertow's {@link ResourceHandler} does the sending, the ranges and the conditions; here is
 * what a cache needs besides: which variant, and the headers that a 304 must carry too.
 */
final class StaticFiles implements HttpHandler {
    private static final String FOLDER = "/static/";
    private static final Pattern HASHED = Pattern.compile(".*\\.[0-9a-f]{8}\\.[a-z]+");
    private static final AttachmentKey<StaticFile> CHOSEN = AttachmentKey.create(StaticFile.class);

    /** What is preferred comes first. */
    private static final List<String> ENCODINGS = List.of("br", "gzip");

    private static final Map<String, String> TYPES =
            Map.of(
                    "txt", "text/plain; charset=utf-8",
                    "html", "text/html; charset=utf-8",
                    "css", "text/css; charset=utf-8",
                    "js", "text/javascript; charset=utf-8",
                    "json", "application/json");

    /** By path; the compressed variants first, the file as it is last. */
    private final Map<String, List<StaticFile>> files = new HashMap<>();

    private final HttpHandler sender;

    private StaticFiles(Services services) {
        var handler =
                new ResourceHandler(
                        (HttpServerExchange exchange, String path) ->
                                exchange.getAttachment(CHOSEN));
        handler.setCanonicalizePaths(false);
        this.sender = services.blocking(handler); // it leaves the event loop in any case
    }

    static StaticFiles load(Services services) {
        var loaded = new StaticFiles(services);
        byte[] manifest = loaded.add("manifest.json").content();
        var names =
                new JsonMapper().readValue(manifest, new TypeReference<Map<String, String>>() {});
        new TreeSet<>(names.values()).forEach(loaded::add);
        return loaded;
    }

    @Override
    public void handleRequest(HttpServerExchange exchange) throws Exception {
        List<StaticFile> variants = files.get(exchange.getRelativePath());
        if (variants == null) {
            exchange.getResponseHeaders().put(Headers.CACHE_CONTROL, "no-store");
            Problem.send(exchange, StatusCodes.NOT_FOUND, null);
            return;
        }
        HeaderMap request = exchange.getRequestHeaders();
        if (!exchange.getRequestMethod().equals(Methods.GET)) {
            request.remove(Headers.RANGE); // only GET knows ranges
        }
        StaticFile chosen = choose(variants, request);
        exchange.putAttachment(CHOSEN, chosen);
        clarifyConditions(request, chosen);
        setHeaders(exchange.getResponseHeaders(), chosen, variants.size() > 1);
        exchange.addResponseCommitListener(StaticFiles::dropHeadersOfOthers);
        sender.handleRequest(exchange);
    }

    /** A range is one of the file as it is: what its end and start mean must not vary. */
    private static StaticFile choose(List<StaticFile> variants, HeaderMap request) {
        StaticFile plain = variants.get(variants.size() - 1);
        HeaderValues accepted = request.get(Headers.ACCEPT_ENCODING);
        if (accepted == null || request.contains(Headers.RANGE)) {
            return plain;
        }
        var names = new ArrayList<String>();
        for (List<QValueParser.QValueResult> header : QValueParser.parse(accepted)) {
            for (QValueParser.QValueResult coding : header) {
                if (!coding.isQValueZero()) {
                    names.add(coding.getValue());
                }
            }
        }
        return variants.stream()
                .filter(file -> names.contains(file.encoding()))
                .findFirst()
                .orElse(plain);
    }

    /**
     * RFC 9110, section 13.2.2, where Undertow differs: a tag rules out the date beside it, a star
     * stands for any tag, and If-Range wants the very tag or date.
     */
    private static void clarifyConditions(HeaderMap request, StaticFile file) {
        if (request.contains(Headers.IF_NONE_MATCH)) {
            request.remove(Headers.IF_MODIFIED_SINCE);
        }
        if ("*".equals(request.getFirst(Headers.IF_NONE_MATCH))) {
            request.put(Headers.IF_NONE_MATCH, file.getETag().toString());
        }
        if (request.contains(Headers.IF_MATCH)) {
            request.remove(Headers.IF_UNMODIFIED_SINCE);
        }
        String ifRange = request.getFirst(Headers.IF_RANGE);
        if (ifRange != null
                && !ifRange.equals(file.getETag().toString())
                && !ifRange.equals(file.getLastModifiedString())) {
            request.remove(Headers.RANGE);
        }
        request.remove(Headers.IF_RANGE);
    }

    private static void setHeaders(HeaderMap response, StaticFile file, boolean varies) {
        response.put(Headers.ETAG, file.getETag().toString());
        response.put(
                Headers.CACHE_CONTROL,
                HASHED.matcher(file.getPath()).matches()
                        ? "public, max-age=31536000, immutable"
                        : "public, max-age=60");
        if (varies) {
            response.put(Headers.VARY, Headers.ACCEPT_ENCODING_STRING);
        }
        String encoding = file.encoding();
        if (encoding != null) {
            response.put(Headers.CONTENT_ENCODING, encoding);
        }
    }

    /** A 304 has no content that could be encoded; an error is not the file, nor to be kept. */
    private static void dropHeadersOfOthers(HttpServerExchange exchange) {
        HeaderMap response = exchange.getResponseHeaders();
        if (exchange.getStatusCode() >= 300) {
            response.remove(Headers.CONTENT_ENCODING);
        }
        if (exchange.getStatusCode() >= 400) {
            response.remove(Headers.ETAG);
            response.put(Headers.CACHE_CONTROL, "no-store");
        }
    }

    private StaticFile add(String name) {
        var variants = new ArrayList<StaticFile>();
        for (String encoding : ENCODINGS) {
            String ending = encoding.equals("gzip") ? ".gz" : "." + encoding;
            URL compressed = StaticFiles.class.getResource(FOLDER + name + ending);
            if (compressed != null) {
                variants.add(read(name, encoding, compressed));
            }
        }
        URL url = StaticFiles.class.getResource(FOLDER + name);
        StaticFile plain = read(name, null, Objects.requireNonNull(url, name));
        variants.add(plain);
        files.put(FOLDER + name, List.copyOf(variants));
        return plain;
    }

    private static StaticFile read(String name, @Nullable String encoding, URL url) {
        String ending = name.substring(name.lastIndexOf('.') + 1);
        try {
            URLConnection connection = url.openConnection();
            connection.setUseCaches(false); // or the jar would stay open
            try (InputStream in = connection.getInputStream()) {
                return new StaticFile(
                        FOLDER + name,
                        TYPES.getOrDefault(ending, "application/octet-stream"),
                        encoding,
                        in.readAllBytes(),
                        Instant.ofEpochMilli(connection.getLastModified()));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
