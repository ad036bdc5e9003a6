package io.backpool.pool;

import org.jspecify.annotations.Nullable;

/**
 * Which releases the pool's members are of. Used by the pool's thread.
 *
 * <p>A roll of one member makes its release the canary: the others, their later runs and new
 * members stay with {@link #stable}. A roll of all makes its release the stable one.
 */
final class Releases {
    private Release stable;
    private @Nullable Release canary;
    private @Nullable Release previous;

    Releases(Release stable) {
        this.stable = stable;
    }

    /** What new members run. */
    Release stable() {
        return stable;
    }

    /** What some members run; null: all run {@link #stable}. */
    @Nullable Release canary() {
        return canary;
    }

    /** What {@code restart --back} returns to; null: there is none. */
    @Nullable Release back() {
        return canary == null ? previous : stable;
    }

    /** Some members, not all, run it now. */
    void some(Release release) {
        canary = release == stable ? null : release;
    }

    /** All members run it now. */
    void all(Release release) {
        if (release != stable) {
            previous = stable;
            stable = release;
        }
        canary = null;
    }
}
