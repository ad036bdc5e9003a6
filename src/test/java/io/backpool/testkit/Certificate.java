package io.backpool.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A certificate of 127.0.0.1 that signed itself, for servers that a test starts. */
public record Certificate(Path caFile, Path keyFile, Path bothFile) {
    /** Makes one in {@code directory}. */
    static Certificate make(Path directory) {
        var made =
                new Certificate(
                        directory.resolve("cert.pem"),
                        directory.resolve("key.pem"),
                        directory.resolve("both.pem"));
        List<String> command = new ArrayList<>(List.of(ServerProcess.program("openssl")));
        command.addAll(
                List.of(
                        ("req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=test -addext"
                                        + " subjectAltName=IP:127.0.0.1 -keyout key.pem -out"
                                        + " cert.pem")
                                .split(" ")));
        Command openssl = Command.run(directory, command);
        if (openssl.exit() != 0) {
            throw new AssertionError(openssl.output());
        }
        try {
            Files.writeString(
                    made.bothFile, Files.readString(made.keyFile) + Files.readString(made.caFile));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return made;
    }
}
