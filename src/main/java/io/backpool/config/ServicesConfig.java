package io.backpool.config;

/**
 * Where the services are. The URL's scheme picks the engine.
 *
 * @param cache {@code memory:}, Redis or Memcached
 * @param queue see {@link QueueConfig}
 * @param database a SQLite file or PostgreSQL
 */
public record ServicesConfig(ServiceUrl cache, QueueConfig queue, ServiceUrl database) {}
