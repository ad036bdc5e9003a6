package io.backpool.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What a person types into httpd's balancer-manager. */
public final class ManagerForm {
    private static final HttpClient HTTP = HttpClient.newHttpClient();

    private ManagerForm() {}

    /**
     * Adds a member.
     *
     * @param manager the page's URL
     * @param balancer its name, without {@code balancer://}
     * @param member what is typed as its URL
     * @return the status that httpd answers with
     */
    public static int add(URI manager, String balancer, String member) {
        var nonce = Pattern.compile("b=" + balancer + "&amp;(nonce=[0-9a-f-]+)");
        Matcher page = nonce.matcher(send(HttpRequest.newBuilder(manager)).body());
        if (!page.find()) {
            throw new AssertionError(manager + " has no balancer://" + balancer);
        }
        String form =
                "b=%s&b_wyes=1&%s&b_nwrkr=%s"
                        .formatted(
                                balancer,
                                page.group(1),
                                URLEncoder.encode(member, StandardCharsets.UTF_8));
        return send(HttpRequest.newBuilder(manager)
                        .header("Referer", manager.toString())
                        .POST(HttpRequest.BodyPublishers.ofString(form)))
                .statusCode();
    }

    private static HttpResponse<String> send(HttpRequest.Builder request) {
        try {
            return HTTP.send(
                    request.timeout(Duration.ofSeconds(30)).build(), BodyHandlers.ofString());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }
}
