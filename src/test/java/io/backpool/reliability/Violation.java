package io.backpool.reliability;

/** Something that must hold does not. */
final class Violation extends Exception {
    private static final long serialVersionUID = 1;

    private final String kind;

    /**
     * @param kind one of a few words: a sequence is shrunk as long as it ends in the same
     */
    Violation(String kind, String text) {
        super(kind + ": " + text);
        this.kind = kind;
    }

    String kind() {
        return kind;
    }
}
