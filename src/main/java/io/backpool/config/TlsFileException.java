package io.backpool.config;

import java.nio.file.Path;

/** A file of {@link TlsConfig} can't be used. */
public final class TlsFileException extends RuntimeException {
    private final transient Key<Path> key;
    private final String what;

    TlsFileException(Key<Path> key, String what) {
        super(key.name() + ": " + what);
        this.key = key;
        this.what = what;
    }

    Key<Path> key() {
        return key;
    }

    /** The message without the key. */
    String what() {
        return what;
    }
}
