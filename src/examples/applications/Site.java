package com.example;

import io.backpool.app.Application;
import io.backpool.app.Services;
import io.undertow.Handlers;
import io.undertow.server.HttpHandler;
import io.undertow.server.handlers.resource.PathResourceManager;
import java.nio.file.Path;

/** Undertow's own handlers, as they are: a static folder, paths, a WebSocket. */
public final class Site implements Application {
    @Override
    public HttpHandler start(Services services) {
        HttpHandler files = Handlers.resource(new PathResourceManager(Path.of("public")));
        return Handlers.path(services.blocking(files)) // the folder beside backend.yaml
                .addExactPath(
                        "/hello", exchange -> exchange.getResponseSender().send("Hello"))
                .addPrefixPath(
                        "/chat",
                        Handlers.websocket(
                                (exchange, channel) -> {
                                    services.keepOpen(channel);
                                    channel.resumeReceives();
                                }));
    }
}
