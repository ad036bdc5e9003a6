package io.backpool.pool;

/** Hears when members are replaced. */
public interface Reloading {
    void begins();

    void ends();
}
