package io.backpool.config;

/**
 * Where the services are. The URL's scheme picks the engine.
 *
 * @param cache {@code memory:}, Redis or Memcached
 * @param cacheName stands in each of its keys: pools with the same one share their entries
 * @param queue see {@link QueueConfig}
 * @param database a SQLite file or PostgreSQL
 */
public record ServicesConfig(
        ServiceUrl cache, String cacheName, QueueConfig queue, ServiceUrl database) {}
