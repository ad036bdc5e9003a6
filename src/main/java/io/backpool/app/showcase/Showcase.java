package io.backpool.app.showcase;

import io.backpool.app.Application;
import io.backpool.app.Services;
import io.backpool.exchange.Routes;
import io.undertow.server.HttpHandler;

/**
 * The built-in application, as a table of what it answers: httpbin for httpd. Its handlers are safe
 * for all threads; those that may block are wrapped by {@link Services#blocking}.
 */
public final class Showcase implements Application {
    @Override
    public HttpHandler start(Services services) {
        var cached = new CachedHello(services);
        var messages = new Messages(services);
        var users = new UserRoutes(new Users(services), services.json());
        return new Routes()
                .get("/", Answers::helloWorld)
                .get("/{name}", Answers::hello)
                .get("/whoami", new Whoami())
                .post("/echo", new Echo())
                .get("/headers/{n}", Answers::header)
                .get("/status/{code}", Answers::status)
                .get("/bytes/{n}", Bodies::bytes)
                .get("/stream/{n}", services.blocking(Bodies::stream))
                .get("/sleep", services.blocking(Time::sleep))
                .get("/work", services.blocking(Time::work))
                .get("/session", services.blocking(new Visits()))
                .get("/cached/{name}", services.blocking(cached))
                .post("/messages", services.blocking(messages::publish))
                .get("/messages/{id}", services.blocking(messages::status))
                .get("/users", services.blocking(users.orAway(users::page)))
                .post("/users", services.blocking(users.orAway(users::create)))
                .get("/users/{id}", services.blocking(users.orAway(users::read)))
                .put("/users/{id}", services.blocking(users.orAway(users::update)))
                .delete("/users/{id}", services.blocking(users.orAway(users::delete)))
                .get("/events", Live.events(services))
                .get("/ws", Live.webSocket(services))
                .get("/static/*", StaticFiles.load(services))
                .build();
    }
}
