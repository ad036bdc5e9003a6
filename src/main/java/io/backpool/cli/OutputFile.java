package io.backpool.cli;

import io.backpool.doctor.DoctorException;
import io.backpool.doctor.HttpdSyntax;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;

/** {@code --output}: a configuration of httpd in a file, whole or not at all. */
final class OutputFile {
    private OutputFile() {}

    /**
     * Writes it there; a reader sees the old file or the new one.
     *
     * @param complete whether httpd can read it alone: then it is tested before
     * @return what was done, for people
     * @throws CommandFailed if httpd does not take it, or it can't be written: says why
     */
    static String write(String text, Path file, boolean complete) {
        Path absolute = file.toAbsolutePath();
        Path whole = absolute.resolveSibling("." + absolute.getFileName() + ".new");
        try {
            try {
                Files.writeString(whole, text);
                String tested = complete ? test(whole, file) : "not tested: it is a part";
                Files.move(whole, absolute, StandardCopyOption.ATOMIC_MOVE);
                return "%s written (%s)".formatted(file, tested);
            } finally {
                Files.deleteIfExists(whole);
            }
        } catch (IOException e) {
            throw new CommandFailed(
                    ExitCode.UNAVAILABLE,
                    file + " cannot be written, may you write to its folder? " + e);
        }
    }

    private static String test(Path whole, Path file) {
        try {
            Optional<String> refusal = HttpdSyntax.refusal(whole);
            if (refusal.isPresent()) {
                throw new CommandFailed(
                        ExitCode.FAILED,
                        "httpd does not take it, so %s is as it was: %s"
                                .formatted(file, refusal.get()));
            }
            return "httpd -t takes it";
        } catch (DoctorException e) {
            return "not tested: " + e.getMessage();
        }
    }
}
