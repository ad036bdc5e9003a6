package io.backpool.supervisor;

import java.io.IOException;
import java.util.List;
import java.util.jar.Attributes;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What a member runs, in a word: the same for the same jars, whatever their settings.
 *
 * @param hash the beginning of what {@code sha256sum backend.jar} says; with an application's jar
 *     of both
 * @param release {@code Implementation-Version} of the application's manifest, or of our own where
 *     the application is built in; null: there is none
 */
public record Version(String hash, @Nullable String release) {
    private static final int LENGTH = 10;

    static Version of(@Nullable Copy backend, @Nullable Copy application) throws IOException {
        List<Copy> copies = Stream.of(backend, application).flatMap(Stream::ofNullable).toList();
        if (copies.isEmpty()) {
            // Classes that lie in no jar have no hash.
            return new Version("0".repeat(LENGTH), null);
        }
        Copy numbered = copies.get(copies.size() - 1);
        return new Version(
                Copy.hash(copies.stream().map(Copy::hash).toList()).substring(0, LENGTH),
                ClassPath.attribute(
                        numbered.files().get(0), Attributes.Name.IMPLEMENTATION_VERSION));
    }

    /** For people: {@code 1.4.2 (3f2a9c1b04)}. */
    @Override
    public String toString() {
        return release == null ? hash : release + " (" + hash + ")";
    }
}
