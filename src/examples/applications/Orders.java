package com.example;

import io.backpool.app.Application;
import io.backpool.app.Services;
import io.backpool.exchange.BadRequestException;
import io.backpool.exchange.Json;
import io.backpool.exchange.Parameters;
import io.backpool.exchange.Problem;
import io.backpool.exchange.Routes;
import io.micrometer.core.instrument.Counter;
import io.undertow.server.HttpHandler;
import io.undertow.server.HttpServerExchange;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/** Routes with parameters, JSON in and out by records, 400 for what is wrong. */
public final class Orders implements Application {
    private static final int MAX_BODY = 10_000;

    /** Of this process only: an application keeps them in a database. */
    private final Map<Long, Order> orders = new ConcurrentHashMap<>();

    private final AtomicLong last = new AtomicLong();
    private Counter added;

    public record Order(long id, String item, int count) {}

    public record Wanted(String item, int count) {}

    @Override
    public HttpHandler start(Services services) {
        Json json = services.json();
        added = services.meters().counter("orders.added"); // orders_added_total in /metrics
        return new Routes()
                .get("/orders", exchange -> list(exchange, json))
                .get("/orders/{id}", exchange -> show(exchange, json))
                .post("/orders", services.blocking(exchange -> add(exchange, json)))
                .build();
    }

    private void list(HttpServerExchange exchange, Json json) {
        long limit = Parameters.queryNumber(exchange, "limit", 100, 1, 1000);
        List<Order> page = orders.values().stream().limit(limit).toList();
        json.send(exchange, page);
    }

    private void show(HttpServerExchange exchange, Json json) {
        Order order = orders.get(Parameters.number(exchange, "id", 1, Long.MAX_VALUE));
        if (order == null) {
            Problem.send(exchange, 404, "There is no such order");
        } else {
            json.send(exchange, order);
        }
    }

    private void add(HttpServerExchange exchange, Json json) throws IOException {
        Wanted wanted = json.read(exchange, Wanted.class, MAX_BODY);
        if (wanted.item() == null || wanted.count() < 1) {
            throw new BadRequestException("An order has an item, and a count from 1");
        }
        Order order = new Order(last.incrementAndGet(), wanted.item(), wanted.count());
        orders.put(order.id(), order);
        added.increment();
        exchange.setStatusCode(201);
        json.send(exchange, order);
    }
}
