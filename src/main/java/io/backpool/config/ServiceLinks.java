package io.backpool.config;

import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * The variables that Kubernetes sets in each container for the services of its namespace, such as
 * {@code BACKPOOL_PORT=tcp://10.0.0.1:80} for one that is called backpool. They are no one's
 * settings, whatever their names.
 */
final class ServiceLinks {
    private static final Pattern NAME =
            Pattern.compile(
                    "BACKPOOL_(.+_)?(SERVICE_(HOST|PORT(_.+)?)"
                            + "|PORT_\\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)");
    private static final Pattern ADDRESS = Pattern.compile("(tcp|udp|sctp)://\\S+");

    private ServiceLinks() {}

    /** Their names. */
    static Set<String> in(Map<String, String> environment) {
        Set<String> links = new TreeSet<>();
        environment.forEach(
                (name, value) -> {
                    boolean isPort = name.startsWith("BACKPOOL_") && name.endsWith("PORT");
                    if (NAME.matcher(name).matches()
                            || (isPort && ADDRESS.matcher(value).matches())) {
                        links.add(name);
                    }
                });
        return links;
    }
}
