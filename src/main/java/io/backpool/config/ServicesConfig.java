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
        ServiceUrl cache, String cacheName, QueueConfig queue, ServiceUrl database) {
    static ServicesConfig read(Settings from, PoolConfig pool) {
        return new ServicesConfig(
                from.value(Keys.CACHE_URL),
                from.ofPool(Keys.CACHE_NAME, pool),
                QueueConfig.read(from, pool),
                from.value(Keys.DATABASE_URL));
    }
}
