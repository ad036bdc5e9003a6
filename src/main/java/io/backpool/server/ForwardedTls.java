package io.backpool.server;

import io.undertow.server.HttpServerExchange;
import io.undertow.server.SSLSessionInfo;
import io.undertow.util.HeaderMap;
import io.undertow.util.HeaderValues;
import io.undertow.util.Headers;
import io.undertow.util.HttpString;
import java.io.ByteArrayInputStream;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;
import org.xnio.SslClientAuthMode;

/**
 * The TLS facts of the client's connection, from headers that a trusted proxy set. httpd writes
 * {@code (null)} for a fact that there is not, and a certificate as PEM with its line ends turned
 * into spaces; nginx escapes it, HAProxy sends bare base64. The certificate is read only when asked
 * for: most requests never do. Used by the thread that handles the request.
 */
final class ForwardedTls implements SSLSessionInfo {
    private static final HttpString SSL_PROTOCOL = new HttpString("SSL_PROTOCOL");

    static final List<HttpString> NAMES =
            List.of(
                    Headers.SSL_CLIENT_CERT,
                    Headers.SSL_CIPHER,
                    SSL_PROTOCOL,
                    Headers.SSL_SESSION_ID,
                    Headers.SSL_CIPHER_USEKEYSIZE);

    private final HeaderMap headers;
    private final @Nullable String cipher;
    private final @Nullable String protocol;
    private final LongAdder malformed;
    private boolean counted;

    private ForwardedTls(
            HeaderMap headers,
            @Nullable String cipher,
            @Nullable String protocol,
            LongAdder malformed) {
        this.headers = headers;
        this.malformed = malformed;
        this.cipher = cipher;
        this.protocol = protocol;
    }

    /**
     * The facts; null if the headers name no cipher, protocol or certificate: no TLS then.
     *
     * @param malformed counts the request once if its certificate is asked for and can't be read
     */
    static @Nullable ForwardedTls read(HeaderMap headers, LongAdder malformed) {
        String cipher = value(headers, Headers.SSL_CIPHER);
        String protocol = value(headers, SSL_PROTOCOL);
        return cipher == null && protocol == null && value(headers, Headers.SSL_CLIENT_CERT) == null
                ? null
                : new ForwardedTls(headers, cipher, protocol, malformed);
    }

    /** A header that is there twice was not set by the proxy alone. */
    private static @Nullable String value(HeaderMap headers, HttpString name) {
        HeaderValues values = headers.get(name);
        if (values == null || values.size() != 1) {
            return null;
        }
        String value = values.getFirst();
        return value.isEmpty() || value.equals("(null)") ? null : value;
    }

    @Override
    public @Nullable String getCipherSuite() {
        return cipher;
    }

    @Override
    public @Nullable String getSecureProtocol() {
        return protocol;
    }

    @Override
    public int getKeySize() {
        String bits = value(headers, Headers.SSL_CIPHER_USEKEYSIZE);
        return bits != null && bits.matches("\\d{1,5}")
                ? Integer.parseInt(bits)
                : SSLSessionInfo.calculateKeySize(cipher);
    }

    @Override
    public byte @Nullable [] getSessionId() {
        String id = value(headers, Headers.SSL_SESSION_ID);
        return id != null && id.matches("(?:[0-9a-fA-F]{2}){1,64}")
                ? HexFormat.of().parseHex(id)
                : null;
    }

    @Override
    public Certificate[] getPeerCertificates() throws SSLPeerUnverifiedException {
        String text = value(headers, Headers.SSL_CLIENT_CERT);
        if (text == null) {
            throw new SSLPeerUnverifiedException("the client sent no certificate");
        }
        try {
            var der = new ByteArrayInputStream(der(text));
            return new Certificate[] {
                CertificateFactory.getInstance("X.509").generateCertificate(der)
            };
        } catch (CertificateException | IllegalArgumentException e) {
            if (!counted) {
                counted = true;
                malformed.increment();
            }
            var refused = new SSLPeerUnverifiedException("SSL_CLIENT_CERT holds no certificate");
            refused.initCause(e);
            throw refused;
        }
    }

    private static byte[] der(String text) {
        String pem =
                text.indexOf('%') < 0
                        ? text
                        : URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.US_ASCII);
        String base64 =
                pem.replace("-----BEGIN CERTIFICATE-----", "")
                        .replace("-----END CERTIFICATE-----", "")
                        .replaceAll("\\s", "");
        return Base64.getDecoder().decode(base64);
    }

    @Override
    @Deprecated
    @SuppressWarnings("removal")
    public javax.security.cert.X509Certificate[] getPeerCertificateChain() {
        throw new UnsupportedOperationException("ask getPeerCertificates");
    }

    @Override
    public void renegotiate(HttpServerExchange exchange, SslClientAuthMode mode) {
        throw new UnsupportedOperationException("the TLS connection ends at the proxy");
    }

    @Override
    public @Nullable SSLSession getSSLSession() {
        return null;
    }
}
