package io.backpool.config;

import java.io.IOException;
import java.net.InetAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The admin listener.
 *
 * @param tokenFile what changes need; null on loopback, and where none can be made
 * @param tls null: it speaks plain HTTP
 * @param limits as of every listener
 */
public record AdminConfig(
        InetAddress bind,
        int port,
        @Nullable Path tokenFile,
        @Nullable TlsConfig tls,
        LimitsConfig limits) {
    static final KeyList KEYS = new KeyList();

    static final Key<InetAddress> BIND =
            KEYS.add(
                    "admin.bind", ValueType.ADDRESS, "127.0.0.1", "Address of the admin listener.");
    static final Key<Integer> PORT =
            KEYS.add("admin.port", ValueType.PORT, "9990", "Port of the admin listener.");
    static final Key<Path> TOKEN_FILE =
            KEYS.add(
                    "admin.token-file",
                    ValueType.PATH,
                    null,
                    "File with the token that changes need; absent: none, on loopback only.");

    /** RFC 6750, 2.1; shorter ones can be guessed. */
    private static final Pattern TOKEN = Pattern.compile("[A-Za-z0-9._~+/-]{16,512}=*");

    /** The listener of the process of member {@code index}: for reading alone, without a token. */
    public AdminConfig ofMember(int index) {
        return new AdminConfig(bind, port + index, null, tls, limits);
    }

    public String scheme() {
        return tls == null ? "http" : "https";
    }

    /** Where this host reaches it, without a path. */
    public URI url() {
        return URI.create("%s://%s:%d".formatted(scheme(), NumericAddress.host(bind), port));
    }

    /**
     * The token as it is in its file now; null if none is set.
     *
     * @throws ConfigException if the file does not hold one
     */
    public @Nullable String readToken() {
        if (tokenFile == null) {
            return null;
        }
        try {
            String token = Files.readString(tokenFile).strip();
            if (TOKEN.matcher(token).matches()) {
                return token;
            }
            throw new ConfigException(
                    "admin.token-file: "
                            + tokenFile
                            + " must hold 16 to 512 letters, digits or any of . _ ~ + / - =");
        } catch (IOException e) {
            throw new ConfigException("admin.token-file: " + tokenFile + " cannot be read: " + e);
        }
    }

    /**
     * Reads it. For who listens, it notes a listener that others can reach without a token; who
     * only asks another one needs none to read, and is told by that one when a change needs it.
     */
    static AdminConfig read(Settings from, LimitsConfig limits) {
        var admin =
                new AdminConfig(
                        from.value(BIND),
                        from.value(PORT),
                        from.valueOrNull(TOKEN_FILE),
                        TlsConfig.read(from, TlsConfig.Use.ADMIN),
                        limits);
        if (admin.tokenFile() != null) {
            from.checkSecret(TOKEN_FILE, admin.tokenFile());
        } else if (from.lookAtFiles() && !admin.bind().isLoopbackAddress()) {
            from.mistake(
                    BIND,
                    admin.bind().getHostAddress()
                            + " can be reached from elsewhere: it needs admin.token-file");
        }
        return admin;
    }
}
