package io.backpool.testkit;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A page of the documentation, a part of which is printed from the code. */
public final class Page {
    private Page() {}

    /** What stands between two lines of the page, without them. */
    public static String between(String name, String begin, String end) throws IOException {
        String page = Files.readString(Path.of("src/site/markdown", name));
        return page.substring(page.indexOf(begin) + begin.length(), page.indexOf(end));
    }
}
