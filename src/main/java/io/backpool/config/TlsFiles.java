package io.backpool.config;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.naming.InvalidNameException;
import javax.naming.ldap.LdapName;

/**
 * What the files of {@link TlsConfig} hold. Immutable.
 *
 * @param chain the listener's own certificate first
 * @param clientCas empty: clients need no certificate
 */
public record TlsFiles(
        List<X509Certificate> chain, PrivateKey key, List<X509Certificate> clientCas) {
    /** RFC 7468, section 2. */
    private static final Pattern BLOCK =
            Pattern.compile("-----BEGIN ([A-Z0-9 ]+)-----([^-]*)-----END \\1-----");

    private static final String CERTIFICATE = "CERTIFICATE";

    /** A name of an X509Certificate: RFC 5280, 4.2.1.6. */
    private static final int DNS_NAME = 2;

    private static final int IP_ADDRESS = 7;

    public TlsFiles {
        chain = List.copyOf(chain);
        clientCas = List.copyOf(clientCas);
    }

    /**
     * Reads them.
     *
     * @throws TlsFileException if one can't be used, or they don't fit together
     */
    public static TlsFiles read(TlsConfig config, Instant now) {
        List<X509Certificate> chain =
                certificates(config.use().certificate(), config.certificate());
        // A member must start, whatever became of the certificate of its admin listener.
        if (config.use() == TlsConfig.Use.MEMBERS) {
            chain.forEach(certificate -> checkTime(config, certificate, now));
        }
        PrivateKey key = key(config, chain.get(0).getPublicKey());
        Path clientCa = config.clientCa();
        Key<Path> clientKey = config.use().clientCa();
        List<X509Certificate> clientCas =
                clientCa == null || clientKey == null
                        ? List.of()
                        : certificates(clientKey, clientCa);
        return new TlsFiles(chain, key, clientCas);
    }

    /**
     * Only the certificate of the listener: who asks it need not be able to read the key.
     *
     * @throws TlsFileException if it can't be used
     */
    public static X509Certificate own(TlsConfig config) {
        return certificates(config.use().certificate(), config.certificate()).get(0);
    }

    /** The listener's own certificate. */
    public X509Certificate own() {
        return chain.get(0);
    }

    /** When the first certificate of the chain expires. */
    public Instant expires() {
        return chain.stream()
                .map(certificate -> certificate.getNotAfter().toInstant())
                .min(Instant::compareTo)
                .orElseThrow();
    }

    /**
     * The names that httpd compares with the host of a member's URL: those of DNS and the subject's
     * common name, not those that are addresses (mod_ssl, modssl_X509_getIDs).
     */
    public List<String> names() {
        List<String> names = new ArrayList<>();
        try {
            Collection<List<?>> all = own().getSubjectAlternativeNames();
            if (all != null) {
                all.stream()
                        .filter(name -> name.get(0).equals(DNS_NAME))
                        .forEach(name -> names.add(String.valueOf(name.get(1))));
            }
            new LdapName(own().getSubjectX500Principal().getName())
                    .getRdns().stream()
                            .filter(part -> part.getType().equalsIgnoreCase("CN"))
                            .forEach(part -> names.add(String.valueOf(part.getValue())));
        } catch (CertificateParsingException | InvalidNameException e) {
            return names;
        }
        return names;
    }

    /**
     * Whether httpd takes it for that of {@code host}.
     *
     * @param host as in a URL, an IPv6 address in brackets
     */
    public boolean isOf(String host) {
        String wanted = NumericAddress.withoutBrackets(host).toLowerCase(Locale.ROOT);
        String anyBeside = "*" + wanted.substring(Math.max(0, wanted.indexOf('.')));
        return names().stream()
                .map(name -> name.toLowerCase(Locale.ROOT))
                .anyMatch(name -> name.equals(wanted) || name.equals(anyBeside));
    }

    /**
     * The names that browsers, Java and Prometheus compare with the host of a URL: those of DNS and
     * addresses, not the common name (RFC 9525, 6.3).
     */
    public static List<String> alternativeNames(X509Certificate certificate) {
        try {
            Collection<List<?>> all = certificate.getSubjectAlternativeNames();
            return all == null
                    ? List.of()
                    : all.stream()
                            .filter(
                                    name ->
                                            name.get(0).equals(DNS_NAME)
                                                    || name.get(0).equals(IP_ADDRESS))
                            .map(name -> String.valueOf(name.get(1)))
                            .toList();
        } catch (CertificateParsingException e) {
            return List.of();
        }
    }

    private static void checkTime(TlsConfig config, X509Certificate certificate, Instant now) {
        Key<Path> key = config.use().certificate();
        Path file = config.certificate();
        String subject = certificate.getSubjectX500Principal().getName();
        if (now.isAfter(certificate.getNotAfter().toInstant())) {
            throw new TlsFileException(
                    key,
                    "%s: the certificate of %s expired at %s: renew it"
                            .formatted(file, subject, certificate.getNotAfter().toInstant()));
        }
        if (now.isBefore(certificate.getNotBefore().toInstant())) {
            throw new TlsFileException(
                    key,
                    "%s: the certificate of %s is not valid before %s: is the clock right?"
                            .formatted(file, subject, certificate.getNotBefore().toInstant()));
        }
    }

    private static List<X509Certificate> certificates(Key<Path> key, Path file) {
        List<X509Certificate> found = new ArrayList<>();
        Matcher blocks = BLOCK.matcher(text(key, file));
        while (blocks.find()) {
            if (blocks.group(1).equals(CERTIFICATE)) {
                try {
                    var der = new ByteArrayInputStream(decoded(blocks.group(2)));
                    found.add(
                            (X509Certificate)
                                    CertificateFactory.getInstance("X.509")
                                            .generateCertificate(der));
                } catch (CertificateException | IllegalArgumentException e) {
                    throw new TlsFileException(
                            key,
                            "%s: certificate %d of it can't be read: %s"
                                    .formatted(file, found.size() + 1, e.getMessage()));
                }
            }
        }
        if (found.isEmpty()) {
            throw new TlsFileException(
                    key, file + " holds no certificate (-----BEGIN CERTIFICATE-----)");
        }
        return found;
    }

    private static PrivateKey key(TlsConfig config, PublicKey of) {
        PrivateKey key = key(config, of.getAlgorithm());
        Path file = config.key();
        try {
            var signature = Signature.getInstance(signatureOf(of));
            byte[] text = file.toString().getBytes(StandardCharsets.UTF_8);
            signature.initSign(key);
            signature.update(text);
            byte[] signed = signature.sign();
            signature.initVerify(of);
            signature.update(text);
            if (signature.verify(signed)) {
                return key;
            }
        } catch (GeneralSecurityException e) {
            throw new TlsFileException(
                    config.use().key(), "%s can't be used: %s".formatted(file, e.getMessage()));
        }
        throw different(config);
    }

    private static PrivateKey key(TlsConfig config, String algorithm) {
        Key<Path> setting = config.use().key();
        Path file = config.key();
        String text = text(setting, file);
        Matcher blocks = BLOCK.matcher(text);
        while (blocks.find()) {
            if (blocks.group(1).equals("PRIVATE KEY")) {
                try {
                    return KeyFactory.getInstance(algorithm)
                            .generatePrivate(new PKCS8EncodedKeySpec(decoded(blocks.group(2))));
                } catch (GeneralSecurityException | IllegalArgumentException e) {
                    throw different(config);
                }
            }
        }
        String mend = ": openssl pkcs8 -topk8 -nocrypt -in %s -out NEW-FILE".formatted(file);
        if (text.contains("ENCRYPTED")) {
            throw new TlsFileException(
                    setting, file + " is encrypted, must be without a password" + mend);
        }
        throw new TlsFileException(
                setting,
                text.contains(" PRIVATE KEY-----")
                        ? file + " is not PKCS#8" + mend
                        : file + " holds no key (-----BEGIN PRIVATE KEY-----)");
    }

    private static String signatureOf(PublicKey key) {
        return switch (key.getAlgorithm()) {
            case "RSA" -> "SHA256withRSA";
            case "EC" -> "SHA256withECDSA";
            default -> key.getAlgorithm();
        };
    }

    private static TlsFileException different(TlsConfig config) {
        return new TlsFileException(
                config.use().key(),
                "%s is not the key of the first certificate in %s"
                        .formatted(config.key(), config.certificate()));
    }

    /** PEM is ASCII. */
    private static String text(Key<Path> key, Path file) {
        try {
            return Files.readString(file, StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            throw new TlsFileException(key, file + " is not a readable file");
        }
    }

    private static byte[] decoded(String base64) {
        return Base64.getMimeDecoder().decode(base64.strip());
    }
}
