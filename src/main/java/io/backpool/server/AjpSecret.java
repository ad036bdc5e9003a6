package io.backpool.server;

import io.backpool.config.ConfigException;
import io.backpool.config.PoolConfig;
import io.backpool.config.Sha256;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The secret that httpd and the AJP listeners share. It lives in a file, is never printed, and
 * reaches Undertow by system properties set in code: Undertow reads them once, when the first AJP
 * listener is made, so there is one secret a JVM. A pool's process hands it to its members'
 * processes as it was when they were last restarted. Immutable.
 */
public final class AjpSecret {
    private static final Logger LOG = LoggerFactory.getLogger(AjpSecret.class);

    /** In a child's environment, which only its owner can read. */
    private static final String VARIABLE = "BACKEND_AJP_SECRET";

    /** httpd and Undertow take up to 63 characters; these survive both configuration syntaxes. */
    private static final Pattern ALLOWED = Pattern.compile("[A-Za-z0-9_.~+/=-]{8,63}");

    /** Undertow's. */
    private static final String PROPERTY = "io.undertow.ajp.AJP_SECRET";

    private static final int BYTES = 24;

    /** Of a fingerprint. */
    private static final int DIGITS = 4;

    private final String text;

    /** For people. */
    private final String origin;

    private AjpSecret(String text, String origin) {
        this.text = text;
        this.origin = origin;
    }

    /**
     * Finds the secret or makes one, and keeps {@code ajp-secret.conf} for httpd beside it.
     *
     * @throws ConfigException if the file can't be used
     */
    public static AjpSecret load(PoolConfig pool) {
        Path file = pool.ajpSecretPath().toAbsolutePath();
        try {
            boolean made = pool.ajpSecretFile() == null && make(file);
            String secret = read(file);
            writeForHttpd(pool.ajpSecretConf(), secret);
            String origin = (made ? "made in " : "read from ") + file;
            return new AjpSecret(secret, origin + "; httpd includes " + pool.ajpSecretConf());
        } catch (NoSuchFileException e) {
            throw mistake(file, "is missing");
        } catch (IOException e) {
            throw mistake(file, "cannot be used: " + e);
        }
    }

    /** What the parent of this process has handed on; from the file if it did not. */
    public static AjpSecret ofParent(Map<String, String> environment, PoolConfig pool) {
        @Nullable String handed = environment.get(VARIABLE);
        return handed == null ? load(pool) : new AjpSecret(handed, "of the pool's process");
    }

    /** Logs where it is, not what it is. */
    public void logOrigin() {
        LOG.info("AJP secret {}", origin);
    }

    /** Hands it on to a child with this environment. */
    public void putInto(Map<String, String> environment) {
        environment.put(VARIABLE, text);
    }

    /** Hands it to Undertow. Call before the first AJP listener. */
    public void use() {
        System.setProperty(PROPERTY, text);
    }

    /** What Undertow compares with; empty before {@link #use}. */
    static String inUse() {
        return System.getProperty(PROPERTY, "");
    }

    /**
     * For people who compare two secrets without seeing them.
     *
     * @return the first four hexadecimal digits of the secret's SHA-256
     */
    public static String fingerprint(String secret) {
        return Sha256.hex(secret.getBytes(StandardCharsets.ISO_8859_1)).substring(0, DIGITS);
    }

    /** Whether both are the same, or there is neither. */
    public static boolean areSame(@Nullable AjpSecret one, @Nullable AjpSecret other) {
        return Objects.equals(one == null ? null : one.text, other == null ? null : other.text);
    }

    /** Two processes may come here at once: the one that creates the file decides. */
    private static boolean make(Path file) throws IOException {
        if (Files.exists(file)) {
            return false;
        }
        byte[] random = new byte[BYTES];
        new SecureRandom().nextBytes(random);
        Files.createDirectories(folder(file));
        Path whole = ownersFile(folder(file));
        try {
            Files.writeString(whole, HexFormat.of().formatHex(random) + "\n");
            Files.createLink(file, whole);
            return true;
        } catch (FileAlreadyExistsException e) {
            return false;
        } finally {
            Files.delete(whole);
        }
    }

    private static String read(Path file) throws IOException {
        if (Files.getPosixFilePermissions(file).contains(PosixFilePermission.OTHERS_READ)) {
            throw mistake(file, "can be read by everyone: chmod 600 " + file);
        }
        String secret = Files.readString(file).strip();
        if (!ALLOWED.matcher(secret).matches()) {
            throw mistake(file, "must hold 8 to 63 letters, digits or any of _ . ~ + / = -");
        }
        return secret;
    }

    /** {@code Define BACKPOOL_AJP_SECRET ...}, mode 0600. */
    private static void writeForHttpd(Path file, String secret) throws IOException {
        String text = "Define BACKPOOL_AJP_SECRET " + secret + "\n";
        if (Files.exists(file) && Files.readString(file).equals(text)) {
            return;
        }
        Path whole = ownersFile(folder(file));
        Files.writeString(whole, text);
        Files.move(whole, file, StandardCopyOption.ATOMIC_MOVE);
    }

    private static Path folder(Path absolute) {
        return Objects.requireNonNull(absolute.getParent());
    }

    private static Path ownersFile(Path folder) throws IOException {
        return Files.createTempFile(
                folder,
                ".ajp-secret",
                "",
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    }

    private static ConfigException mistake(Path file, String what) {
        return new ConfigException("pool.ajp-secret-file: " + file + " " + what);
    }
}
