package io.backpool.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.backpool.testkit.TestCa;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code pool.tls}: what is taken, and what is said of what can't be. */
class TlsFilesTest {
    @TempDir static Path directory;

    @BeforeAll
    static void makeFiles() throws Exception {
        TestCa ca = TestCa.make(directory, "members");
        ca.issue("own", "10.0.0.5", 2);
        ca.issue("other", "*.example.org", 2);
        openssl(
                "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=rsa -keyout rsa.key -out"
                        + " rsa.pem");
        openssl("rsa -traditional -in rsa.key -out pkcs1.key");
        openssl("pkcs8 -topk8 -in own.key -passout pass:secret -out encrypted.key");
        Files.writeString(directory.resolve("empty.pem"), "");
        Files.writeString(
                directory.resolve("garbled.pem"),
                "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
        Files.writeString(
                directory.resolve("chain.pem"),
                "a comment\n" + text("own.pem") + text("members-ca.pem"));
        Path open = Files.writeString(directory.resolve("open.key"), text("own.key"));
        Files.setPosixFilePermissions(open, PosixFilePermissions.fromString("rw-r--r--"));
    }

    @Test
    void aChainAndItsKeyAreTaken() {
        TlsFiles files = TlsFiles.read(files("chain.pem", "own.key"), Instant.now());

        assertThat(files.chain()).hasSize(2);
        assertThat(files.clientCas()).isEmpty();
        assertThat(files.expires()).isBetween(in(1), in(3));
        assertThat(files.names()).containsExactly("10.0.0.5");
        assertThat(files.isOf("10.0.0.5")).isTrue();
        assertThat(files.isOf("10.0.0.6")).isFalse();
        TlsFiles rsa = TlsFiles.read(files("rsa.pem", "rsa.key"), Instant.now());
        assertThat(rsa.own().getPublicKey().getAlgorithm()).isEqualTo("RSA");
    }

    @Test
    void aNameMayBeginWithAnyLabel() {
        TlsFiles files = TlsFiles.read(files("other.pem", "other.key"), Instant.now());

        assertThat(files.isOf("A.example.org")).isTrue();
        assertThat(files.isOf("a.b.example.org")).isFalse();
        assertThat(files.isOf("example.org")).isFalse();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "missing.pem   | own.key       | pool.tls.certificate | missing.pem is not a"
                        + " readable file",
                "empty.pem     | own.key       | pool.tls.certificate | empty.pem holds no"
                        + " certificate",
                "garbled.pem   | own.key       | pool.tls.certificate | garbled.pem: certificate 1"
                        + " of it can't be read",
                "own.pem       | missing.key   | pool.tls.key         | missing.key is not a"
                        + " readable file",
                "own.pem       | own.pem       | pool.tls.key         | own.pem can be read by"
                        + " everyone: chmod o-rwx",
                "own.pem       | open.key      | pool.tls.key         | open.key can be read by"
                        + " everyone: chmod o-rwx",
                "own.pem       | other.key     | pool.tls.key         | other.key is not the key of"
                        + " the first certificate in",
                "own.pem       | rsa.key       | pool.tls.key         | rsa.key is not the key of"
                        + " the first certificate in",
                "rsa.pem       | pkcs1.key     | pool.tls.key         | pkcs1.key is not PKCS#8:"
                        + " openssl pkcs8 -topk8 -nocrypt -in",
                "own.pem       | encrypted.key | pool.tls.key         | encrypted.key is encrypted,"
                        + " must be without a password: openssl pkcs8",
            })
    void aFileThatCanNotBeUsedIsNamed(String certificate, String key, String setting, String why) {
        assertThatExceptionOfType(ConfigException.class)
                .isThrownBy(
                        () ->
                                read(
                                        Map.of(
                                                "TLS_CERTIFICATE", path(certificate),
                                                "TLS_KEY", path(key))))
                .satisfies(
                        e ->
                                assertThat(e.mistakes())
                                        .singleElement()
                                        .asString()
                                        .contains(setting + ": " + directory)
                                        .contains(why));
    }

    @Test
    void aCertificateIsOfItsTime() {
        assertThatExceptionOfType(TlsFileException.class)
                .isThrownBy(() -> TlsFiles.read(files("own.pem", "own.key"), in(5)))
                .withMessageContaining("CN=10.0.0.5 expired at");
        assertThatExceptionOfType(TlsFileException.class)
                .isThrownBy(() -> TlsFiles.read(files("own.pem", "own.key"), in(-5)))
                .withMessageContaining("is not valid before");
        TlsConfig admin =
                new TlsConfig(
                        TlsConfig.Use.ADMIN,
                        directory.resolve("own.pem"),
                        directory.resolve("own.key"),
                        null);
        assertThat(TlsFiles.read(admin, in(5)).expires()).isBefore(in(5));
    }

    @Test
    void settingsThatDoNotGoTogetherAreRefused() {
        String certificate = path("own.pem");
        String key = path("own.key");
        refused("needs pool.tls.key beside it", "TLS_CERTIFICATE", certificate);
        refused("needs pool.tls.certificate beside it", "TLS_KEY", key);
        refused("needs pool.tls.certificate and pool.tls.key", "TLS_CLIENT_CA", certificate);
        refused(
                "holds no certificate",
                "TLS_CERTIFICATE",
                certificate,
                "TLS_KEY",
                key,
                "TLS_CLIENT_CA",
                path("empty.pem"));
        refused(
                "stands beside pool.sockets",
                "TLS_CERTIFICATE",
                certificate,
                "TLS_KEY",
                key,
                "SOCKETS",
                "/run/x");
    }

    @Test
    void filesOfTheAdminListenerAreNamedByTheirOwnKeys() {
        String certificate = path("own.pem");
        assertThatExceptionOfType(ConfigException.class)
                .isThrownBy(() -> admin(Map.of("CERTIFICATE", certificate)))
                .withMessageContaining("admin.tls.certificate: needs admin.tls.key beside it");
        assertThatExceptionOfType(ConfigException.class)
                .isThrownBy(
                        () -> admin(Map.of("CERTIFICATE", certificate, "KEY", path("open.key"))))
                .withMessageContaining("admin.tls.key: " + path("open.key"))
                .withMessageContaining("can be read by everyone");
        AdminConfig admin =
                admin(Map.of("CERTIFICATE", certificate, "KEY", path("own.key"))).admin();
        assertThat(admin.url()).hasToString("https://127.0.0.1:9990");
        assertThat(admin.ofMember(2).url()).hasToString("https://127.0.0.1:9992");
    }

    private static Config admin(Map<String, String> settings) {
        Map<String, String> variables = new HashMap<>();
        settings.forEach((name, value) -> variables.put("BACKPOOL_ADMIN_TLS_" + name, value));
        return ConfigReader.read(null, variables, Map.of());
    }

    private static void refused(String why, String... settings) {
        Map<String, String> said = new HashMap<>();
        for (int i = 0; i < settings.length; i += 2) {
            said.put(settings[i], settings[i + 1]);
        }
        assertThatExceptionOfType(ConfigException.class)
                .isThrownBy(() -> read(said))
                .satisfies(e -> assertThat(e.mistakes()).singleElement().asString().contains(why));
    }

    private static Config read(Map<String, String> settings) {
        Map<String, String> variables = new HashMap<>();
        settings.forEach((name, value) -> variables.put("BACKPOOL_POOL_" + name, value));
        return ConfigReader.read(null, variables, Map.of());
    }

    private static TlsConfig files(String certificate, String key) {
        return new TlsConfig(
                TlsConfig.Use.MEMBERS,
                directory.resolve(certificate),
                directory.resolve(key),
                null);
    }

    private static Instant in(int days) {
        return Instant.now().plus(Duration.ofDays(days));
    }

    private static String path(String file) {
        return directory.resolve(file).toString();
    }

    private static String text(String file) throws Exception {
        return Files.readString(directory.resolve(file));
    }

    private static void openssl(String arguments) {
        TestCa.openssl(directory, arguments);
    }
}
