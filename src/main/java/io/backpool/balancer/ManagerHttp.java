package io.backpool.balancer;

import io.backpool.config.BalancerConfig;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodySubscriber;
import java.net.http.HttpResponse.BodySubscribers;
import java.net.http.HttpTimeoutException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Flow;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLException;

/**
 * Talks HTTP with one balancer-manager, within bounds of time and size. Every failure becomes a
 * {@link BalancerException} that tells the operator what to do. Safe for any thread.
 */
final class ManagerHttp {
    static final int MAX_ANSWER = 4 << 20;

    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(2);

    private final BalancerConfig config;
    private final Duration timeout;
    private final HttpClient client =
            HttpClient.newBuilder()
                    .version(HttpClient.Version.HTTP_1_1)
                    .connectTimeout(CONNECT_TIMEOUT)
                    .followRedirects(HttpClient.Redirect.NEVER)
                    .build();

    /**
     * @param timeout for a whole exchange, the last byte of the answer included
     */
    ManagerHttp(BalancerConfig config, Duration timeout) {
        this.config = config;
        this.timeout = timeout;
    }

    HttpResponse<byte[]> get(String query) {
        return send(request(URI.create(config.manager() + "?" + query)).GET());
    }

    /** {@code server-status?auto} beside the manager. */
    HttpResponse<byte[]> serverStatus() {
        return send(request(config.manager().resolve("server-status?auto")).GET());
    }

    HttpResponse<byte[]> post(String form) {
        return send(
                request(config.manager())
                        .header("Content-Type", "application/x-www-form-urlencoded")
                        .POST(BodyPublishers.ofString(form, StandardCharsets.US_ASCII)));
    }

    /** httpd drops parameters unless the Referer's host is the one of the request (AH10187). */
    private HttpRequest.Builder request(URI uri) {
        var request = HttpRequest.newBuilder(uri).header("Referer", config.manager().toString());
        if (config.user() != null) {
            String pair = config.user() + ":" + password();
            byte[] bytes = pair.getBytes(StandardCharsets.UTF_8);
            request.header("Authorization", "Basic " + Base64.getEncoder().encodeToString(bytes));
        }
        return request;
    }

    /** Read each time: a password may change while the pool runs. */
    private String password() {
        if (config.passwordFile() == null) {
            return "";
        }
        try {
            return Files.readString(config.passwordFile()).stripTrailing();
        } catch (IOException e) {
            throw new BalancerException(
                    "cannot read password-file %s: %s"
                            .formatted(config.passwordFile(), e.getMessage()),
                    e);
        }
    }

    private HttpResponse<byte[]> send(HttpRequest.Builder request) {
        CompletableFuture<HttpResponse<byte[]>> answer =
                client.sendAsync(request.timeout(timeout).build(), head -> new Bounded(MAX_ANSWER));
        try {
            return checked(answer.get(timeout.toMillis(), TimeUnit.MILLISECONDS));
        } catch (ExecutionException e) {
            throw failed(e.getCause() == null ? e : e.getCause());
        } catch (TimeoutException e) {
            answer.cancel(true);
            throw failed(e);
        } catch (InterruptedException e) {
            answer.cancel(true);
            Thread.currentThread().interrupt();
            throw new BalancerException("interrupted while waiting for httpd", e);
        }
    }

    private BalancerException failed(Throwable cause) {
        if (cause instanceof BalancerException known) {
            return known;
        }
        if (cause instanceof SSLException) {
            return new BalancerException(
                    "cannot trust %s (%s): start Java with -Djavax.net.ssl.trustStore=FILE, a key store that holds its certificate (keytool -importcert)"
                            .formatted(config.manager(), cause.getMessage()),
                    cause);
        }
        if (cause instanceof TimeoutException || cause instanceof HttpTimeoutException) {
            return new BalancerException(
                    "httpd did not answer within %d ms: is it overloaded, or a firewall between us?"
                            .formatted(timeout.toMillis()),
                    cause);
        }
        String why = cause.getMessage() == null ? cause.toString() : cause.getMessage();
        return new BalancerException(
                "cannot reach %s (%s): is httpd running, and does it listen there?"
                        .formatted(config.manager(), why),
                cause);
    }

    /** What 400 means only the caller knows. */
    private HttpResponse<byte[]> checked(HttpResponse<byte[]> answer) {
        int status = answer.statusCode();
        if (status == 200 || status == 400) {
            return answer;
        }
        String path = config.manager().getPath();
        throw new BalancerException(
                switch (status) {
                    case 401 ->
                            config.user() == null
                                    ? "httpd wants a password (401): set user and password-file of"
                                            + " this balancer"
                                    : "httpd refuses user or password (401): are user and"
                                            + " password-file right?";
                    case 403 ->
                            "httpd forbids " + path + " (403): let this host in with Require ip";
                    case 404 ->
                            "httpd has no %s (404): is the URL right, and SetHandler balancer-manager there?"
                                    .formatted(path);
                    case 301, 302, 303, 307, 308 ->
                            "httpd redirects to %s (%d): give the final URL as manager"
                                    .formatted(
                                            answer.headers().firstValue("Location").orElse("?"),
                                            status);
                    default -> "httpd answered %d: its error log says why".formatted(status);
                });
    }

    /** Keeps at most so many bytes of an answer. */
    private static final class Bounded implements BodySubscriber<byte[]> {
        private final BodySubscriber<byte[]> kept = BodySubscribers.ofByteArray();
        private final CompletableFuture<byte[]> tooLong = new CompletableFuture<>();
        private final int limit;
        private long seen;
        private Flow.@org.jspecify.annotations.Nullable Subscription subscription;

        Bounded(int limit) {
            this.limit = limit;
        }

        @Override
        public CompletionStage<byte[]> getBody() {
            return kept.getBody().applyToEither(tooLong, body -> body);
        }

        @Override
        public void onSubscribe(Flow.Subscription subscription) {
            this.subscription = subscription;
            kept.onSubscribe(subscription);
        }

        @Override
        public void onNext(List<ByteBuffer> buffers) {
            for (ByteBuffer buffer : buffers) {
                seen += buffer.remaining();
            }
            if (seen <= limit) {
                kept.onNext(buffers);
            } else if (subscription != null) {
                subscription.cancel();
                tooLong.completeExceptionally(
                        new BalancerException(
                                "that address answers more than %d bytes: is it balancer-manager's?"
                                        .formatted(limit)));
            }
        }

        @Override
        public void onError(Throwable throwable) {
            kept.onError(throwable);
        }

        @Override
        public void onComplete() {
            kept.onComplete();
        }
    }
}
