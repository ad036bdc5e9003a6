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
    static final KeyList KEYS = new KeyList();

    static final Key<ServiceUrl> CACHE_URL =
            KEYS.add(
                    "cache.url",
                    ValueType.url(
                            "memory:|memcached://[^/@?#:]+(:\\d{1,5})?|" + ServiceUrl.REDIS,
                            "memory:, memcached://HOST:PORT, " + ServiceUrl.REDIS_FORMS),
                    "memory:",
                    "The cache: memory:, redis://HOST:PORT/DATABASE or memcached://HOST:PORT.");
    static final Key<String> CACHE_NAME =
            KEYS.add(
                    "cache.name",
                    ValueType.SAFE_NAME,
                    null,
                    "In each key of the engine; absent: pool.name. The same in two pools: they"
                            + " share entries.");

    static {
        KEYS.addAll(QueueConfig.KEYS);
    }

    static final Key<ServiceUrl> DATABASE_URL =
            KEYS.add(
                    "database.url",
                    ValueType.url(
                            "jdbc:sqlite:[^?].*|jdbc:postgresql://[^@]+(\\?.*)?",
                            "jdbc:sqlite:FILE or"
                                + " jdbc:postgresql://HOST:PORT/DATABASE?user=USER&password=PASSWORD"),
                    "jdbc:sqlite:data/app.db",
                    "The database: jdbc:sqlite:FILE or"
                            + " jdbc:postgresql://HOST:PORT/DATABASE?user=USER&password=PASSWORD.");

    static ServicesConfig read(Settings from, PoolConfig pool) {
        return new ServicesConfig(
                from.value(CACHE_URL),
                from.ofPool(CACHE_NAME, pool),
                QueueConfig.read(from, pool),
                from.value(DATABASE_URL));
    }
}
