package io.backpool.config;

/**
 * Where the services are. The URL's scheme picks the engine.
 *
 * @param cache {@code memory:}, Redis or Memcached
 * @param queue a SQLite file, RabbitMQ or Kafka
 * @param database a SQLite file or PostgreSQL
 */
public record ServicesConfig(ServiceUrl cache, ServiceUrl queue, ServiceUrl database) {}
