package io.backpool.server;

import io.backpool.config.TlsFiles;
import java.io.IOException;
import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.List;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;

/** Both sides of the members' TLS, by JSSE. */
public final class TlsContexts {
    private static final char[] NO_PASSWORD = {};

    private TlsContexts() {}

    /** A member's side. Clients need a certificate where the files name a CA for it. */
    static SSLContext ofMember(TlsFiles files) {
        return context(
                files, new Peers(files.own(), files.clientCas().isEmpty() ? null : pkix(files)));
    }

    /**
     * The side of the pool that asks its own members: with their certificate, which each member
     * takes from whoever has the key, and for no server with another one.
     */
    public static SSLContext ofPool(TlsFiles files) {
        return context(files, new Peers(files.own(), null));
    }

    private static SSLContext context(TlsFiles files, TrustManager peers) {
        try {
            var context = SSLContext.getInstance("TLS");
            context.init(keys(files), new TrustManager[] {peers}, null);
            return context;
        } catch (GeneralSecurityException | IOException e) {
            throw new ServerException("Cannot use pool.tls: " + e.getMessage(), e);
        }
    }

    private static KeyManager[] keys(TlsFiles files) throws GeneralSecurityException, IOException {
        KeyStore store = emptyStore();
        store.setKeyEntry(
                "member", files.key(), NO_PASSWORD, files.chain().toArray(X509Certificate[]::new));
        var factory = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        factory.init(store, NO_PASSWORD);
        return factory.getKeyManagers();
    }

    private static X509ExtendedTrustManager pkix(TlsFiles files) {
        try {
            KeyStore store = emptyStore();
            List<X509Certificate> all = files.clientCas();
            for (int i = 0; i < all.size(); i++) {
                store.setCertificateEntry("ca-" + i, all.get(i));
            }
            var factory = TrustManagerFactory.getInstance("PKIX");
            factory.init(store);
            return (X509ExtendedTrustManager) factory.getTrustManagers()[0];
        } catch (GeneralSecurityException | IOException e) {
            throw new ServerException("Cannot use pool.tls.client-ca: " + e.getMessage(), e);
        }
    }

    private static KeyStore emptyStore() throws GeneralSecurityException, IOException {
        var store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        return store;
    }

    /**
     * Who is believed: whoever has our own certificate, and clients with one of a CA. Asks for no
     * certain CA, so that the pool sends its own certificate, too.
     */
    private static final class Peers extends X509ExtendedTrustManager {
        private final X509Certificate own;
        private final @Nullable X509ExtendedTrustManager clients;

        Peers(X509Certificate own, @Nullable X509ExtendedTrustManager clients) {
            this.own = own;
            this.clients = clients;
        }

        private boolean isOwn(X509Certificate[] chain) {
            return chain.length > 0 && chain[0].equals(own);
        }

        private X509ExtendedTrustManager others() throws CertificateException {
            if (clients == null) {
                throw new CertificateException("it is not the members' own certificate");
            }
            return clients;
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
                others().checkClientTrusted(chain, type, engine);
            }
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type)
                throws CertificateException {
            if (!isOwn(chain)) {
                others().checkClientTrusted(chain, type);
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
            checkServerTrusted(chain, type);
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type)
                throws CertificateException {
            if (!isOwn(chain)) {
                throw new CertificateException("it is not the members' own certificate");
            }
        }

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }
}
