package io.backpool.service.cache;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What the cache answered.
 *
 * @param content null: the loader found nothing, and that was kept too
 * @param age since it was computed; what HTTP's {@code Age} says
 * @param hit whether it was in the cache; else it was computed for this call, or for one that asked
 *     at the same time
 */
public record Cached(@Nullable Content content, Duration age, boolean hit) {}
