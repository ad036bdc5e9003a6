package io.backpool.config;

import java.nio.file.Path;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * TLS between httpd and the members, over HTTP/1.1. All three are PEM files.
 *
 * @param certificate the members' own, then the intermediate ones up to their CA
 * @param key of the first certificate, PKCS#8 and not encrypted, readable by its owner or group
 *     only
 * @param clientCa whose certificates httpd must show one of; null: none is asked for
 */
public record TlsConfig(Path certificate, Path key, @Nullable Path clientCa) {
    static final KeyList KEYS = new KeyList();

    static final Key<Path> CERTIFICATE =
            KEYS.add(
                    "pool.tls.certificate",
                    ValueType.PATH,
                    null,
                    "PEM file with the members' certificate for httpd, and its chain; absent: no"
                            + " TLS.");
    static final Key<Path> KEY =
            KEYS.add(
                    "pool.tls.key",
                    ValueType.PATH,
                    null,
                    "PEM file with its key: PKCS#8, not encrypted, not readable by others.");
    static final Key<Path> CLIENT_CA =
            KEYS.add(
                    "pool.tls.client-ca",
                    ValueType.PATH,
                    null,
                    "PEM file with the CA of httpd's certificate, which httpd then must show and is"
                            + " trusted by; absent: it needs none.");

    /** Null: there is no TLS. */
    static @Nullable TlsConfig read(Settings from) {
        Path certificate = from.valueOrNull(CERTIFICATE);
        Path key = from.valueOrNull(KEY);
        Path clientCa = from.valueOrNull(CLIENT_CA);
        if (certificate != null && key != null) {
            return new TlsConfig(certificate, key, clientCa);
        }
        if (certificate != null && !from.isSet(KEY)) {
            from.mistake(CERTIFICATE, "needs pool.tls.key beside it");
        } else if (key != null && !from.isSet(CERTIFICATE)) {
            from.mistake(KEY, "needs pool.tls.certificate beside it");
        } else if (clientCa != null && !from.isSet(CERTIFICATE)) {
            from.mistake(CLIENT_CA, "needs pool.tls.certificate and pool.tls.key beside it");
        }
        return null;
    }

    /** Notes what the pool could not run with. */
    void check(Settings from, PoolConfig pool) {
        if (pool.sockets() != null) {
            from.mistake(
                    CERTIFICATE,
                    "stands beside pool.sockets: an httpd on this host needs no TLS, and httpd has"
                            + " one kind of URL for both");
        }
        if (!from.lookAtFiles()) {
            return;
        }
        int before = from.mistakes().size();
        from.checkSecret(KEY, key);
        if (from.mistakes().size() == before) {
            try {
                TlsFiles.read(this, Instant.now());
            } catch (TlsFileException e) {
                from.mistake(e.key(), e.what());
            }
        }
    }
}
