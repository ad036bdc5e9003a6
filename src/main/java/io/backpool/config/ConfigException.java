package io.backpool.config;

import java.util.List;
import java.util.stream.Stream;

/** The configuration can't be used. Carries every mistake that was found, one line each. */
public final class ConfigException extends RuntimeException {
    private static final long serialVersionUID = 1;

    private static final int MAX = 50;

    private final transient List<String> mistakes;

    public ConfigException(List<String> mistakes) {
        super(String.join(System.lineSeparator(), atMost(mistakes)));
        this.mistakes = atMost(mistakes);
    }

    private static List<String> atMost(List<String> mistakes) {
        int more = mistakes.size() - MAX;
        return more <= 0
                ? List.copyOf(mistakes)
                : Stream.concat(mistakes.stream().limit(MAX), Stream.of("and " + more + " more"))
                        .toList();
    }

    public ConfigException(String mistake) {
        this(List.of(mistake));
    }

    /** One line a mistake, in the order in which they were found. */
    public List<String> mistakes() {
        return mistakes;
    }
}
