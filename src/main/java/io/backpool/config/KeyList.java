package io.backpool.config;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The keys of one record, in the order in which they were added, which is that of {@code
 * backend.yaml}. Filled while the record's class is initialized, and not after.
 */
final class KeyList {
    private final List<Key<?>> keys = new ArrayList<>();

    /** Makes a key and adds it. */
    <T> Key<T> add(String name, ValueType<T> type, @Nullable String defaultText, String help) {
        return add(new Key<>(name, type, defaultText, help));
    }

    <T> Key<T> add(Key<T> key) {
        keys.add(key);
        return key;
    }

    void addAll(KeyList others) {
        keys.addAll(others.keys);
    }

    List<Key<?>> keys() {
        return List.copyOf(keys);
    }
}
