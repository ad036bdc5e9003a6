package io.backpool.testkit;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A certificate authority of a test's, by openssl: {@code NAME-ca.pem} in its directory. */
public record TestCa(Path directory, String name) {
    private static final String KEY = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes";

    /** Makes one. */
    public static TestCa make(Path directory, String name) {
        openssl(
                directory,
                "req -x509 %s -days 2 -subj /CN=%s -keyout %2$s-ca.key -out %2$s-ca.pem"
                        .formatted(KEY, name));
        return new TestCa(directory, name);
    }

    public Path file() {
        return directory.resolve(name + "-ca.pem");
    }

    /**
     * Issues {@code OF.pem} and its key, {@code OF.key}, readable by the owner only.
     *
     * @param commonName what httpd compares with a host
     * @param days from now on; negative: it has expired
     */
    public Path issue(String of, String commonName, int days) {
        openssl(
                directory,
                "req %s -subj /CN=%s -keyout %s.key -out %3$s.csr".formatted(KEY, commonName, of));
        openssl(
                directory,
                "x509 -req -in %s.csr -CA %s-ca.pem -CAkey %2$s-ca.key -CAcreateserial -days %d -out %1$s.pem"
                        .formatted(of, name, days));
        return directory.resolve(of + ".pem");
    }

    /** The same for a client: certificate and key in one file, as httpd wants them. */
    public Path client(String of) throws Exception {
        Path certificate = issue(of, of, 2);
        return Files.writeString(
                directory.resolve(of + "-both.pem"),
                Files.readString(certificate) + Files.readString(directory.resolve(of + ".key")));
    }

    /** Runs it there, and fails unless it succeeds. */
    public static String openssl(Path directory, String arguments) {
        List<String> command = new ArrayList<>(List.of(ServerProcess.program("openssl")));
        command.addAll(List.of(arguments.split(" ")));
        Command openssl = Command.run(directory, command);
        if (openssl.exit() != 0) {
            throw new AssertionError(openssl.output());
        }
        return openssl.output();
    }
}
