package io.backpool.app.showcase;

import io.backpool.app.Application;
import io.backpool.exchange.Problem;
import io.backpool.exchange.RequestFacts;
import io.backpool.testkit.Ports;
import io.backpool.testkit.TestServices;
import io.undertow.Undertow;
import io.undertow.UndertowOptions;
import io.undertow.server.HttpHandler;
import io.undertow.server.handlers.HttpContinueReadHandler;
import io.undertow.util.PathTemplateMatch;
import java.net.URI;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** The showcase on a plain Undertow, with what a member puts in front of an application. */
final class ShowcaseServer implements AutoCloseable {
    private final int port = Ports.free();

    /** The template that answered a path; a path that had none says {@code none}. */
    final Map<String, String> templates = new ConcurrentHashMap<>();

    private final Undertow undertow;

    /** With services that no request of its tests uses. */
    ShowcaseServer() {
        this(new TestServices(Path.of("target", "showcase")));
    }

    ShowcaseServer(TestServices services) {
        Application showcase = new Showcase();
        HttpHandler handler;
        try {
            handler = showcase.start(services);
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
        var application = new HttpContinueReadHandler(TestServices.refusing(handler));
        undertow =
                Undertow.builder()
                        .addHttpListener(port, "127.0.0.1")
                        .setServerOption(UndertowOptions.MAX_ENTITY_SIZE, 100_000_000L)
                        .setIoThreads(1)
                        .setWorkerThreads(4)
                        .setHandler(
                                exchange -> {
                                    exchange.addDefaultResponseListener(Problem.BY_STATUS);
                                    new RequestFacts("m1", "id-1").attachTo(exchange);
                                    exchange.addExchangeCompleteListener(
                                            (done, next) -> {
                                                PathTemplateMatch match =
                                                        done.getAttachment(
                                                                PathTemplateMatch.ATTACHMENT_KEY);
                                                templates.put(
                                                        done.getRequestURI(),
                                                        match == null
                                                                ? "none"
                                                                : match.getMatchedTemplate());
                                                next.proceed();
                                            });
                                    application.handleRequest(exchange);
                                })
                        .build();
        undertow.start();
    }

    int port() {
        return port;
    }

    URI uri(String path) {
        return URI.create("http://127.0.0.1:" + port + path);
    }

    @Override
    public void close() {
        undertow.stop();
    }
}
