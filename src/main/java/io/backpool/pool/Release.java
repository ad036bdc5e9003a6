package io.backpool.pool;

import io.backpool.config.PoolConfig;
import java.time.Duration;

/** What a member runs: programs and settings as of one moment. Immutable. */
public interface Release {
    /** Short name of the programs' content, and their own version where they have one. */
    String version();

    /** The settings that members of this release have. */
    PoolConfig settings();

    /** For a run of it to become ready. */
    default Duration startTimeout() {
        return Duration.ofMinutes(2);
    }
}
