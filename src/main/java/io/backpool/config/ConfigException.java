package io.backpool.config;

import java.util.List;

/** The configuration can't be used. Carries every mistake that was found, one line each. */
public final class ConfigException extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final transient List<String> mistakes;

    public ConfigException(List<String> mistakes) {
        super(String.join(System.lineSeparator(), mistakes));
        this.mistakes = List.copyOf(mistakes);
    }

    public ConfigException(String mistake) {
        this(List.of(mistake));
    }

    /** One line a mistake, in the order in which they were found. */
    public List<String> mistakes() {
        return mistakes;
    }
}
