package io.backpool.cli;

/** The entry point of {@code backend.jar}. */
public final class Main {
    private Main() {}

    public static void main(String[] args) {}
}
