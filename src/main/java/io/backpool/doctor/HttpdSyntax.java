package io.backpool.doctor;

import java.nio.file.Path;
import java.util.Optional;

/** Whether httpd takes a configuration file. */
public final class HttpdSyntax {
    private HttpdSyntax() {}

    /**
     * Asks httpd's own binary, which starts no server.
     *
     * @param file a complete configuration
     * @return what httpd says against it; empty: it takes it
     * @throws DoctorException if there is no httpd here, or it can't be asked
     */
    public static Optional<String> refusal(Path file) {
        try {
            new HttpdBinary(file).check();
            return Optional.empty();
        } catch (HttpdBinary.ConfRefused e) {
            return Optional.of(String.valueOf(e.getMessage()).strip());
        }
    }
}
