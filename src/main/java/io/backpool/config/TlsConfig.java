package io.backpool.config;

import java.nio.file.Path;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * TLS of a listener, over HTTP/1.1. All three are PEM files.
 *
 * @param certificate the listener's own, then the intermediate ones up to their CA
 * @param key of the first certificate, PKCS#8 and not encrypted, readable by its owner or group
 *     only
 * @param clientCa whose certificates clients must show one of; null: none is asked for
 */
public record TlsConfig(Use use, Path certificate, Path key, @Nullable Path clientCa) {
    /** Which listener it is for. */
    public enum Use {
        /** Between httpd and the members. */
        MEMBERS(
                "pool.tls",
                "PEM file with the members' certificate for httpd, and its chain; absent: no"
                        + " TLS.",
                "PEM file with the CA of httpd's certificate, which httpd then must show and is"
                        + " trusted by; absent: it needs none."),
        /** Of the admin listener. */
        ADMIN(
                "admin.tls",
                "PEM file with the certificate of the admin listener, which then speaks https only,"
                        + " and its chain; absent: no TLS.",
                null);

        private final String section;
        private final KeyList keys = new KeyList();
        private final Key<Path> certificate;
        private final Key<Path> key;
        private final @Nullable Key<Path> clientCa;

        Use(String section, String help, @Nullable String clientHelp) {
            this.section = section;
            this.certificate = keys.add(section + ".certificate", ValueType.PATH, null, help);
            this.key =
                    keys.add(
                            section + ".key",
                            ValueType.PATH,
                            null,
                            "PEM file with its key: PKCS#8, not encrypted, not readable by"
                                    + " others.");
            this.clientCa =
                    clientHelp == null
                            ? null
                            : keys.add(section + ".client-ca", ValueType.PATH, null, clientHelp);
        }

        /** The section of {@code backend.yaml}. */
        public String section() {
            return section;
        }

        KeyList keys() {
            return keys;
        }

        Key<Path> certificate() {
            return certificate;
        }

        Key<Path> key() {
            return key;
        }

        /** Null: clients are never asked for a certificate. */
        @Nullable Key<Path> clientCa() {
            return clientCa;
        }
    }

    /** Null: there is no TLS. */
    static @Nullable TlsConfig read(Settings from, Use use) {
        Key<Path> clientKey = use.clientCa;
        Path certificate = from.valueOrNull(use.certificate);
        Path key = from.valueOrNull(use.key);
        Path clientCa = clientKey == null ? null : from.valueOrNull(clientKey);
        if (certificate != null && key != null) {
            return new TlsConfig(use, certificate, key, clientCa);
        }
        if (certificate != null && !from.isSet(use.key)) {
            from.mistake(use.certificate, "needs %s beside it".formatted(use.key.name()));
        } else if (key != null && !from.isSet(use.certificate)) {
            from.mistake(use.key, "needs %s beside it".formatted(use.certificate.name()));
        } else if (clientKey != null && clientCa != null && !from.isSet(use.certificate)) {
            from.mistake(
                    clientKey,
                    "needs %s and %s beside it".formatted(use.certificate.name(), use.key.name()));
        }
        return null;
    }

    /** Notes what stands beside it and can't. */
    void check(Settings from, PoolConfig pool) {
        if (use == Use.MEMBERS && pool.sockets() != null) {
            from.mistake(
                    use.certificate,
                    "stands beside pool.sockets: an httpd on this host needs no TLS, and httpd has"
                            + " one kind of URL for both");
        }
        checkFiles(from);
    }

    /** Notes files that can't be used. */
    private void checkFiles(Settings from) {
        if (!from.lookAtFiles()) {
            return;
        }
        int before = from.mistakes().size();
        from.checkSecret(use.key, key);
        if (from.mistakes().size() == before) {
            try {
                TlsFiles.read(this, Instant.now());
            } catch (TlsFileException e) {
                from.mistake(e.key(), e.what());
            }
        }
    }
}
