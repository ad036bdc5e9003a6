package io.backpool.server;

import io.backpool.config.TlsFiles;
import java.io.IOException;
import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Objects;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;

/** Both sides of the listeners' TLS, by JSSE. */
public final class TlsContexts {
    private static final char[] NO_PASSWORD = {};

    private TlsContexts() {}

    /** A listener's side. Clients need a certificate where the files name a CA for it. */
    static SSLContext ofListener(TlsFiles files) {
        return context(
                keys(files),
                new Peers(
                        files.own(),
                        files.clientCas().isEmpty() ? null : pkix(files.clientCas()),
                        null));
    }

    /**
     * The side of the pool that asks its own members: with their certificate, which each member
     * takes from whoever has the key, and for no server with another one.
     */
    public static SSLContext ofPool(TlsFiles files) {
        return context(keys(files), new Peers(files.own(), null, null));
    }

    /**
     * The side of who asks an admin listener: trusts whoever has this certificate, under any name,
     * and whom Java trusts under their own.
     */
    public static SSLContext ofClient(X509Certificate own) {
        return context(null, new Peers(own, null, pkix(List.of())));
    }

    private static SSLContext context(KeyManager @Nullable [] keys, TrustManager peers) {
        try {
            var context = SSLContext.getInstance("TLS");
            context.init(keys, new TrustManager[] {peers}, null);
            return context;
        } catch (GeneralSecurityException e) {
            throw new ServerException("Cannot use TLS: " + e.getMessage(), e);
        }
    }

    private static KeyManager[] keys(TlsFiles files) {
        try {
            KeyStore store = emptyStore();
            store.setKeyEntry(
                    "own", files.key(), NO_PASSWORD, files.chain().toArray(X509Certificate[]::new));
            var factory = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
            factory.init(store, NO_PASSWORD);
            return factory.getKeyManagers();
        } catch (GeneralSecurityException | IOException e) {
            throw new ServerException("Cannot use the certificate: " + e.getMessage(), e);
        }
    }

    /** By these authorities; by Java's own, where there are none. */
    private static X509ExtendedTrustManager pkix(List<X509Certificate> authorities) {
        try {
            KeyStore store = authorities.isEmpty() ? null : emptyStore();
            for (int i = 0; i < authorities.size(); i++) {
                Objects.requireNonNull(store).setCertificateEntry("ca-" + i, authorities.get(i));
            }
            var factory = TrustManagerFactory.getInstance("PKIX");
            factory.init(store);
            return (X509ExtendedTrustManager) factory.getTrustManagers()[0];
        } catch (GeneralSecurityException | IOException e) {
            throw new ServerException(
                    "Cannot use certificates of authorities: " + e.getMessage(), e);
        }
    }

    private static KeyStore emptyStore() throws GeneralSecurityException, IOException {
        var store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        return store;
    }

    /**
     * Who is believed: whoever has our own certificate, and clients and servers with one of a CA.
     * Asks for no certain CA, so that the pool sends its own certificate, too.
     */
    private static final class Peers extends X509ExtendedTrustManager {
        private final X509Certificate own;
        private final @Nullable X509ExtendedTrustManager clients;
        private final @Nullable X509ExtendedTrustManager servers;

        Peers(
                X509Certificate own,
                @Nullable X509ExtendedTrustManager clients,
                @Nullable X509ExtendedTrustManager servers) {
            this.own = own;
            this.clients = clients;
            this.servers = servers;
        }

        private boolean isOwn(X509Certificate[] chain) {
            return chain.length > 0 && chain[0].equals(own);
        }

        private static X509ExtendedTrustManager others(@Nullable X509ExtendedTrustManager others)
                throws CertificateException {
            if (others == null) {
                throw new CertificateException("it is not the members' own certificate");
            }
            return others;
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket)
                throws CertificateException {
            checkClientTrusted(chain, type);
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine)
                throws CertificateException {
            if (!isOwn(chain)) {
                others(clients).checkClientTrusted(chain, type, engine);
            }
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type)
                throws CertificateException {
            if (!isOwn(chain)) {
                others(clients).checkClientTrusted(chain, type);
            }
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket)
                throws CertificateException {
            checkServerTrusted(chain, type);
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine)
                throws CertificateException {
            if (!isOwn(chain)) {
                others(servers).checkServerTrusted(chain, type, engine);
            }
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type)
                throws CertificateException {
            if (!isOwn(chain)) {
                others(servers).checkServerTrusted(chain, type);
            }
        }

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }
}
