package io.backpool.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.backpool.testkit.Command;
import io.backpool.testkit.ServerProcess;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/**
 * One certificate for both sides, signed by itself: {@code cert.pem}, {@code key.pem}, and both in
 * {@code both.pem} and {@code pair.p12}.
 */
record TlsPair(Path directory) {
    static TlsPair make(Path directory) throws Exception {
        var pair = new TlsPair(directory);
        pair.openssl(
                "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext"
                        + " subjectAltName=DNS:localhost -keyout key.pem -out cert.pem");
        pair.openssl(
                "pkcs12 -export -in cert.pem -inkey key.pem -passout pass:changeit -out pair.p12");
        Files.writeString(
                directory.resolve("both.pem"),
                Files.readString(directory.resolve("cert.pem"))
                        + Files.readString(directory.resolve("key.pem")));
        return pair;
    }

    private void openssl(String arguments) {
        List<String> command = new ArrayList<>(List.of(ServerProcess.program("openssl")));
        command.addAll(List.of(arguments.split(" ")));
        Command openssl = Command.run(directory, command);
        assertThat(openssl.exit()).as(openssl.output()).isZero();
    }

    /** Of a client that has the certificate and trusts it. */
    SSLContext context() throws Exception {
        var pair = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(directory.resolve("pair.p12"))) {
            pair.load(in, "changeit".toCharArray());
        }
        var trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, null);
        trusted.setCertificateEntry("localhost", pair.getCertificate(pair.aliases().nextElement()));
        var keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        keys.init(pair, "changeit".toCharArray());
        var trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(trusted);
        var context = SSLContext.getInstance("TLS");
        context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
        return context;
    }
}
