package io.backpool.reliability;

import java.io.IOException;
import java.nio.file.Path;

/**
 * What the members run, in versions: it writes each request into the journal, and says who it is.
 */
interface Versions {
    /**
     * Of the application, for backend.yaml.
     *
     * @param bodySize bytes of a request's body, at most
     */
    String settings(int bodySize);

    /** What {@code restart --to} takes for this version. */
    Path make(String version) throws IOException;

    /**
     * Lays this version where backend.yaml says that it is.
     *
     * @param version {@code bad}: what no member can run
     * @param inPlace whether what lies there is written over
     */
    void install(String version, boolean inPlace) throws IOException;
}
