package io.backpool.config;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * One setting: its name in {@code backend.yaml}, how its value is read, its default and one
 * sentence of help. The flag and the environment variable follow from the name. Immutable.
 *
 * @param name with dots, such as {@code limits.idle-timeout}
 * @param defaultText as it would stand in {@code backend.yaml}; null where absence has a meaning of
 *     its own, which {@code help} then tells
 */
public record Key<T>(String name, ValueType<T> type, @Nullable String defaultText, String help) {
    /**
     * The flag: {@code --limits-idle-timeout}, the section {@code pool} left out. A list of
     * sections has a flag for each: {@code --balancer}.
     */
    public String flag() {
        if (isRepeated()) {
            return "--" + name.substring(0, name.length() - 1);
        }
        String inPool = name.startsWith("pool.") ? name.substring("pool.".length()) : name;
        return "--" + inPool.replace('.', '-');
    }

    /** The environment variable: {@code BACKPOOL_LIMITS_IDLE_TIMEOUT}. */
    public String variable() {
        return "BACKPOOL_" + name.toUpperCase(Locale.ROOT).replace('.', '_').replace('-', '_');
    }

    /** Whether the flag stands alone ({@code --processes}, {@code --no-processes}). */
    public boolean isSwitch() {
        return type.equals(ValueType.BOOLEAN);
    }

    /**
     * Whether the flag may be there several times; the texts are then given to {@link ConfigReader}
     * in one, separated by blanks.
     */
    public boolean isRepeated() {
        return type.equals(ValueType.BALANCERS);
    }

    /** The same setting of one element of a list of sections: {@code balancers[0].name}. */
    Key<T> of(String element) {
        String own = name.substring(name.lastIndexOf('.'));
        return new Key<>(element + own, type, defaultText, help);
    }

    /** What stands for the value in {@code --help}. */
    public String label() {
        return type.label();
    }

    /** What is allowed, in words. */
    public String allowed() {
        return type.allowed();
    }
}
