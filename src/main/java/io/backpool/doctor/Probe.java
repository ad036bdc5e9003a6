package io.backpool.doctor;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.MissingNode;

/** Asks one URL, within five seconds, without following where it leads. Used by one thread. */
final class Probe {
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    private final JsonMapper json = new JsonMapper();
    private final HttpClient http;

    Probe() {
        this(null);
    }

    /**
     * @param tls whom to trust over https; null: whom Java trusts
     */
    Probe(@Nullable SSLContext tls) {
        var builder =
                HttpClient.newBuilder()
                        .version(HttpClient.Version.HTTP_1_1)
                        .connectTimeout(PATIENCE)
                        .followRedirects(HttpClient.Redirect.NEVER);
        http = tls == null ? builder.build() : builder.sslContext(tls).build();
    }

    /**
     * Sends a GET.
     *
     * @param headers names and values in turn
     */
    HttpResponse<String> get(URI uri, String... headers) throws IOException {
        var request = HttpRequest.newBuilder(uri).timeout(PATIENCE).GET();
        if (headers.length > 0) {
            request.headers(headers);
        }
        try {
            return http.send(request.build(), BodyHandlers.ofString());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new DoctorException("interrupted while " + uri + " was asked", e);
        }
    }

    /** The body as JSON; a missing node if it is none. */
    JsonNode json(HttpResponse<String> answer) {
        try {
            JsonNode tree = json.readTree(answer.body());
            return tree.isObject() ? tree : MissingNode.getInstance();
        } catch (JacksonException e) {
            return MissingNode.getInstance();
        }
    }
}
