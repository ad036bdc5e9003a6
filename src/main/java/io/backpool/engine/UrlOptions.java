package io.backpool.engine;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What stands behind the {@code ?} of an engine's URL. Immutable. */
public final class UrlOptions {
    /** The certificate must be of the host that we connect to: {@code verify=on} or {@code off}. */
    private static final String VERIFY = "verify";

    /** A PEM file of those who sign certificates. */
    private static final String CA_CERT = "cacert";

    private final Map<String, String> options = new HashMap<>();

    /**
     * Reads them.
     *
     * @param tls whether there are certificates, for {@code verify=} and {@code cacert=}
     * @param others that are known besides
     * @throws IllegalArgumentException for one that is not known; its message names no value
     */
    public UrlOptions(String url, boolean tls, String... others) {
        List<String> known = new ArrayList<>(tls ? List.of(VERIFY, CA_CERT) : List.of());
        known.addAll(List.of(others));
        int query = url.indexOf('?');
        if (query < 0) {
            return;
        }
        for (String pair : url.substring(query + 1).replaceFirst("#.*", "").split("&", -1)) {
            String[] parts = pair.split("=", 2);
            if (parts.length < 2 || !known.contains(parts[0])) {
                throw new IllegalArgumentException(
                        known.isEmpty()
                                ? "nothing may stand behind a ?"
                                : "behind the ? may stand " + String.join("=, ", known) + "=");
            }
            options.put(parts[0], decode(parts[1]));
        }
        if (!List.of("on", "off").contains(get(VERIFY, "on"))) {
            throw new IllegalArgumentException("verify= must be on or off");
        }
        Path certificates = caCert();
        if (certificates != null && !Files.isReadable(certificates)) {
            throw new IllegalArgumentException("cacert= must name a file that can be read");
        }
    }

    /** The value of one; {@code absent} if it is not there. */
    public String get(String name, String absent) {
        return options.getOrDefault(name, absent);
    }

    /** Whether the certificate must be of the host that we connect to. */
    public boolean verifies() {
        return get(VERIFY, "on").equals("on");
    }

    /** Those who may have signed the certificate; null: those whom Java trusts. */
    public @Nullable Path caCert() {
        String file = options.get(CA_CERT);
        return file == null ? null : Path.of(file);
    }

    /** Without its percent signs. */
    public static String decode(String text) {
        return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
    }
}
