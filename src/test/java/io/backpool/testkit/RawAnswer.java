package io.backpool.testkit;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;

/**
 * What came back, whatever the protocol.
 *
 * @param status 0: nothing came
 * @param head {@code name: value} each
 * @param whole whether the protocol says that this was all; false: it was cut off
 */
@SuppressWarnings("ArrayRecordComponent")
public record RawAnswer(int status, List<String> head, byte[] bytes, boolean whole) {
    public RawAnswer {
        head = List.copyOf(head);
    }

    public String body() {
        return new String(bytes, StandardCharsets.UTF_8);
    }

    /** The header's only value; "" if there is none, all of them if there are more. */
    public String header(String name) {
        String start = name.toLowerCase(Locale.ROOT) + ": ";
        return String.join(
                " | ",
                head.stream()
                        .filter(line -> line.toLowerCase(Locale.ROOT).startsWith(start))
                        .map(line -> line.substring(start.length()))
                        .toList());
    }

    @Override
    public String toString() {
        return status + " " + head + (whole ? " " : " CUT ") + body();
    }
}
