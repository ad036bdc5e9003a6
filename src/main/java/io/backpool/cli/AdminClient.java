package io.backpool.cli;

import io.backpool.config.AdminConfig;
import java.io.IOException;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.function.Supplier;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Talks to the admin listener of a running pool. Used by one thread. */
final class AdminClient {
    private static final Duration TIMEOUT = Duration.ofSeconds(10);

    /** An engine of the queue that is away is waited for. */
    private static final Duration LONGEST_ANSWER = Duration.ofSeconds(40);

    private static final Duration POLL = Duration.ofMillis(200);

    private final JsonMapper json = new JsonMapper();
    private final HttpClient http;
    private final URI base;
    private final AdminConfig config;

    /**
     * The pool of these settings.
     *
     * @param cacert as {@link AdminTls#context}
     */
    AdminClient(AdminConfig config, @Nullable Path cacert) {
        this(config.url().resolve("/"), config, cacert);
    }

    /**
     * Another pool.
     *
     * @param base where its admin listener is, with a slash at the end
     * @param config has the token
     * @param cacert as {@link AdminTls#context}
     */
    AdminClient(URI base, AdminConfig config, @Nullable Path cacert) {
        this.base = base;
        this.config = config;
        HttpClient.Builder builder = HttpClient.newBuilder().connectTimeout(TIMEOUT);
        SSLContext tls = base.getScheme().equals("https") ? AdminTls.context(config, cacert) : null;
        this.http = (tls == null ? builder : builder.sslContext(tls)).build();
    }

    /** Host and port. */
    String name() {
        return base.getAuthority();
    }

    JsonNode get(String path) {
        return send(request(path).GET());
    }

    JsonNode post(String path) {
        HttpRequest.Builder request =
                request(path).header("X-Backpool", "1").POST(HttpRequest.BodyPublishers.noBody());
        @Nullable String token = config.readToken();
        if (token == null) {
            return send(request);
        }
        if (base.getScheme().equals("http") && !isOnThisHost()) {
            throw new CommandFailed(
                    ExitCode.FAILED,
                    ("%s is another host, where the token would go in clear text. Use https"
                                    + " (admin.tls there), or a"
                                    + " tunnel: ssh -L 9991:127.0.0.1:%d %s, and"
                                    + " --pool=http://127.0.0.1:9991")
                            .formatted(base, base.getPort(), base.getHost()));
        }
        return send(request.header("Authorization", "Bearer " + token));
    }

    private boolean isOnThisHost() {
        try {
            InetAddress address = InetAddress.getByName(base.getHost());
            return address.isLoopbackAddress()
                    || NetworkInterface.getByInetAddress(address) != null;
        } catch (IOException e) {
            return false;
        }
    }

    /**
     * Asks for the status until {@code condition} holds of the member.
     *
     * @return the status then
     * @throws CommandFailed if it does not within {@code patience}: says how the member is
     */
    JsonNode await(String route, Duration patience, Predicate<JsonNode> condition) {
        long deadline = System.nanoTime() + patience.toNanos();
        JsonNode status = get("status.json");
        while (!condition.test(member(status, route))) {
            if (System.nanoTime() - deadline > 0) {
                throw new CommandFailed(
                        ExitCode.FAILED,
                        "Not every httpd has done so within %d s. %s is %s.%n%s"
                                .formatted(
                                        patience.toSeconds(),
                                        route,
                                        member(status, route).get("state").asString(),
                                        StatusText.rotation(member(status, route))));
            }
            pause();
            status = get("status.json");
        }
        return status;
    }

    /** Asks for the status until this holds of every member, or time is over: false. */
    boolean awaitAll(Duration patience, Predicate<JsonNode> condition) {
        long deadline = System.nanoTime() + patience.toNanos();
        while (!get("status.json").get("members").valueStream().allMatch(condition)) {
            if (System.nanoTime() - deadline > 0) {
                return false;
            }
            pause();
        }
        return true;
    }

    /**
     * Tells each step of the change until it ends.
     *
     * @param field of the status: {@code restart}, or {@code change} for the last one of any kind
     * @throws CommandFailed if it stopped: says why
     */
    void awaitChange(String field, Consumer<String> out) {
        await(() -> get("status.json").get(field), out);
    }

    /**
     * Tells each step of an upgrade until it ends, in the course of which another process answers.
     *
     * @throws CommandFailed if it stopped: says why
     */
    void awaitUpgrade(Consumer<String> out) {
        await(() -> getFromEither().get("change"), out);
    }

    private JsonNode getFromEither() {
        long deadline = System.nanoTime() + LONGEST_ANSWER.toNanos();
        while (true) {
            try {
                return get("status.json");
            } catch (CommandFailed e) {
                if (e.exitCode() != ExitCode.UNAVAILABLE || System.nanoTime() - deadline > 0) {
                    throw e;
                }
                pause();
            }
        }
    }

    private static void await(Supplier<JsonNode> change, Consumer<String> out) {
        int shown = 0;
        while (true) {
            JsonNode progress = change.get();
            JsonNode steps = progress.get("steps");
            shown = steps.size() < shown ? 0 : shown; // Another process's.
            for (; shown < steps.size(); shown++) {
                out.accept(steps.get(shown).asString());
            }
            if (!progress.get("running").asBoolean()) {
                JsonNode error = progress.get("error");
                if (!error.isNull()) {
                    throw new CommandFailed(ExitCode.FAILED, error.asString());
                }
                return;
            }
            pause();
        }
    }

    /** A route as one segment of a path, whatever the operator typed. */
    static String segment(String route) {
        return URLEncoder.encode(route, StandardCharsets.UTF_8).replace("+", "%20");
    }

    static void pause() {
        try {
            TimeUnit.MILLISECONDS.sleep(POLL.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CommandFailed(ExitCode.INTERNAL, "interrupted");
        }
    }

    static JsonNode member(JsonNode status, String route) {
        return status.get("members")
                .valueStream()
                .filter(member -> member.get("route").asString().equals(route))
                .findFirst()
                .orElseThrow(() -> new CommandFailed(ExitCode.UNAVAILABLE, route + " has gone"));
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(base.resolve(path)).timeout(LONGEST_ANSWER);
    }

    private JsonNode send(HttpRequest.Builder request) {
        try {
            HttpResponse<String> response =
                    http.send(request.build(), HttpResponse.BodyHandlers.ofString());
            JsonNode answer = json.readTree(response.body());
            if (response.statusCode() >= 400) {
                JsonNode detail = answer.path("detail");
                throw new CommandFailed(
                        ExitCode.FAILED,
                        "The pool refuses: "
                                + (detail.isMissingNode() ? answer.path("title") : detail)
                                        .asString());
            }
            return answer;
        } catch (IOException e) {
            String ofTls = AdminTls.complaint(base, e);
            throw new CommandFailed(
                    ExitCode.UNAVAILABLE,
                    ofTls != null
                            ? ofTls
                            : "No pool answers on "
                                    + base
                                    + ". Start one: java -jar backend.jar serve. If it runs:"
                                    + " --admin-bind and --admin-port say where it listens.");
        } catch (JacksonException e) {
            throw new CommandFailed(
                    ExitCode.UNAVAILABLE, base + " is not a pool's admin listener: no JSON");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CommandFailed(ExitCode.INTERNAL, "interrupted");
        }
    }
}
