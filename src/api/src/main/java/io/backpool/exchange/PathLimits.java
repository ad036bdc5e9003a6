package io.backpool.exchange;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What requests for some paths may take, for {@link io.backpool.app.Services#limit}. Each of them
 * narrows what the configuration allows. Immutable.
 *
 * @param bodySize bytes of a request's body at most, 1 or more; 0: as {@code limits.body-size} says
 * @param time for the answer, as {@code limits.request-timeout} is measured; null: as that says
 * @param concurrency requests at once in a process at most, 1 or more; 0: any number
 */
public record PathLimits(long bodySize, @Nullable Duration time, int concurrency) {
    /** Nothing beyond the configuration's. */
    public static final PathLimits NONE = new PathLimits(0, null, 0);

    /**
     * Checks them.
     *
     * @param bodySize bytes, 0 or more
     * @param time above 0, or null
     * @param concurrency 0 or more
     * @throws IllegalArgumentException if one is negative, or no time is left
     */
    public PathLimits {
        if (bodySize < 0
                || concurrency < 0
                || (time != null && (time.isNegative() || time.isZero()))) {
            throw new IllegalArgumentException(
                    "a limit must be above 0: body size %d, time %s, concurrency %d"
                            .formatted(bodySize, time, concurrency));
        }
    }

    /**
     * The same with a limit for bodies.
     *
     * @param bytes 1 or more
     * @return a longer body is answered 413
     */
    public PathLimits withBodySize(long bytes) {
        return new PathLimits(bytes, time, concurrency);
    }

    /**
     * The same with a limit for the time of the answer.
     *
     * @param most longer than 0; looked at twice a second
     * @return a request that is not answered by then is answered 503
     */
    public PathLimits withTime(Duration most) {
        return new PathLimits(bodySize, most, concurrency);
    }

    /**
     * The same with a limit for requests at once.
     *
     * @param most 1 or more, in each process
     * @return a request beyond it is answered 503 with {@code Retry-After}
     */
    public PathLimits withConcurrency(int most) {
        return new PathLimits(bodySize, time, most);
    }
}
