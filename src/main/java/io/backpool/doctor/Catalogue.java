package io.backpool.doctor;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Everything that the doctor can find, explained. */
public final class Catalogue {
    /** Kinds of findings, then codes of httpd's error log. */
    public static final List<Explanation> ALL =
            Stream.concat(
                            Stream.of(FindingKind.values()).map(FindingKind::explanation),
                            ErrorLog.explanations())
                    .toList();

    private Catalogue() {}

    /** By its id, whether in upper or lower case. */
    public static Optional<Explanation> of(String id) {
        return ALL.stream().filter(it -> it.id().equalsIgnoreCase(id)).findFirst();
    }
}
