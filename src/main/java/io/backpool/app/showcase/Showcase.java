package io.backpool.app.showcase;

import static io.backpool.app.showcase.Parameters.checked;

import io.backpool.app.Application;
import io.backpool.app.Services;
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
        var users = new UserRoutes(new Users(services));
        return new Routes()
                .get("/", Answers::helloWorld)
                .get("/{name}", Answers::hello)
                .get("/whoami", new Whoami())
                .post("/echo", new Echo())
                .get("/headers/{n}", checked(Answers::header))
                .get("/status/{code}", checked(Answers::status))
                .get("/bytes/{n}", checked(Bodies::bytes))
                .get("/stream/{n}", services.blocking(checked(Bodies::stream)))
                .get("/sleep", services.blocking(checked(Time::sleep)))
                .get("/work", services.blocking(checked(Time::work)))
                .get("/session", services.blocking(new Visits()))
                .get("/cached/{name}", services.blocking(checked(cached)))
                .post("/messages", services.blocking(checked(messages::publish)))
                .get("/messages/{id}", services.blocking(checked(messages::status)))
                .get("/users", services.blocking(checked(users.orAway(users::page))))
                .post("/users", services.blocking(checked(users.orAway(users::create))))
                .get("/users/{id}", services.blocking(checked(users.orAway(users::read))))
                .put("/users/{id}", services.blocking(checked(users.orAway(users::update))))
                .delete("/users/{id}", services.blocking(checked(users.orAway(users::delete))))
                .get("/events", Live.events(services))
                .get("/ws", Live.webSocket(services))
                .get("/static/*", StaticFiles.load(services))
                .build();
    }
}
