package io.backpool.process;

import io.backpool.observe.Console;
import java.nio.charset.StandardCharsets;

/**
 * What children print, whole lines on one of our own streams. Called by the threads that read the
 * children, which no reader of ours holds up for long.
 *
 * @param named whether each line begins with its member's route
 */
public record Output(Console console, boolean named) {
    /** Prints one line; waits a while where the stream is not read. */
    public void print(String route, String line) {
        byte[] whole =
                ((named ? route + " | " : "") + line + "\n").getBytes(StandardCharsets.UTF_8);
        try {
            console.printPatiently(whole);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
