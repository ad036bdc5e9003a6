package io.backpool.doctor;

import io.backpool.config.BalancerConfig;
import io.backpool.config.BalancerConfig.Membership;
import io.backpool.config.Config;
import io.backpool.config.PoolConfig;
import io.backpool.doctor.Directive.Option;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * One balancer of the pool as httpd's configuration has it. Immutable.
 *
 * @param joined whether members add themselves
 * @param settings of the balancer, wherever they were said, by name in lower case
 * @param virtualHosts the virtual hosts that lead to it; also the main server, if it does
 * @param place where it begins; empty: httpd has none of that name
 */
record HttpdBalancer(
        String name,
        boolean joined,
        List<Declared> members,
        Map<String, Option> settings,
        List<Directive> virtualHosts,
        String place) {
    private static final String SCHEME = "balancer://";

    private static final Pattern URL =
            Pattern.compile(
                    "(?:unix:([^|]*)\\|)?(\\w+)://(\\[[^]]+]|[^:/]+)(?::(\\d{1,5}))?.*",
                    Pattern.DOTALL);

    /**
     * Those that the settings name, and all others that lead to a port of the pool's members; where
     * there is none at all, the one called like the pool.
     */
    static List<HttpdBalancer> of(Config config, HttpdConfig httpd) {
        PoolConfig pool = config.pool();
        Map<String, HttpdBalancer> found = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
        names(httpd)
                .map(name -> front(name, null, httpd))
                .filter(front -> front.members().stream().anyMatch(it -> it.leadsTo(pool)))
                .forEach(front -> found.put(front.name(), front));
        config.balancers().forEach(it -> found.put(it.name(), front(it.name(), it, httpd)));
        return found.isEmpty()
                ? List.of(front(pool.name(), null, httpd))
                : List.copyOf(found.values());
    }

    private static Stream<String> names(HttpdConfig httpd) {
        return Stream.of("proxy", "balancermember")
                .flatMap(httpd::all)
                .map(line -> line.argument(0))
                .filter(argument -> argument.startsWith(SCHEME))
                .map(argument -> argument.substring(SCHEME.length()).replaceAll("/.*", ""))
                .distinct();
    }

    private static HttpdBalancer front(
            String name, @Nullable BalancerConfig balancer, HttpdConfig httpd) {
        String url = SCHEME + name;
        List<Declared> members = new ArrayList<>();
        Map<String, Option> settings = new LinkedHashMap<>();
        String place = "";
        for (Directive proxy : httpd.all("proxy").toList()) {
            if (proxy.argument(0).equalsIgnoreCase(url)
                    || proxy.argument(0).equalsIgnoreCase(url + "/")) {
                place = place.isEmpty() ? proxy.place() : place;
                for (Directive line : proxy.inside()) {
                    if (line.is("balancermember")) {
                        members.add(Declared.of(line));
                    } else if (line.is("proxyset")) {
                        settings.putAll(line.options());
                    }
                }
            }
        }
        for (Directive line : outside(httpd, url)) {
            place = place.isEmpty() ? line.place() : place;
            if (line.is("balancermember")) {
                members.add(Declared.of(line));
            } else {
                settings.putAll(line.options());
            }
        }
        boolean joined =
                balancer == null
                        ? settings.containsKey("growth")
                                && (members.isEmpty()
                                        || members.stream().anyMatch(HttpdBalancer::isSpare))
                        : balancer.membership() == Membership.JOIN;
        return new HttpdBalancer(name, joined, members, settings, virtualHosts(httpd, url), place);
    }

    /** Declared for a member that may join, with the pool's own note. */
    private static boolean isSpare(Declared member) {
        return member.option("redirect").startsWith("backpool-");
    }

    /** {@code BalancerMember balancer://app ...} and what ProxyPass and ProxySet say of it. */
    private static List<Directive> outside(HttpdConfig httpd, String url) {
        return Stream.of("balancermember", "proxyset", "proxypass")
                .flatMap(httpd::all)
                .filter(line -> leadsTo(line, url))
                .toList();
    }

    private static List<Directive> virtualHosts(HttpdConfig httpd, String url) {
        List<Directive> own =
                httpd.directives().stream().filter(line -> !line.is("virtualhost")).toList();
        String place = own.isEmpty() ? "" : own.get(0).place();
        return Stream.concat(
                        Stream.of(new Directive("server", List.of(), place, own)),
                        httpd.all("virtualhost"))
                .filter(host -> leads(host, url))
                .toList();
    }

    private static boolean leads(Directive host, String url) {
        return host.all()
                .filter(line -> line.name().startsWith("proxypass") || line.is("rewriterule"))
                .filter(line -> !line.is("proxypassreverse"))
                .anyMatch(line -> leadsTo(line, url));
    }

    private static boolean leadsTo(Directive line, String url) {
        return line.arguments().stream()
                .map(argument -> argument.toLowerCase(Locale.ROOT))
                .anyMatch(
                        argument ->
                                argument.equals(url.toLowerCase(Locale.ROOT))
                                        || argument.startsWith(url.toLowerCase(Locale.ROOT) + "/"));
    }

    boolean isDeclared() {
        return !place.isEmpty();
    }

    boolean speaks(String scheme) {
        return members.stream().anyMatch(member -> member.scheme().equals(scheme));
    }

    /** Where a setting was said, else where the balancer begins. */
    String place(String setting) {
        Option option = settings.get(setting);
        return option == null ? place : option.place();
    }

    String setting(String setting) {
        Option option = settings.get(setting);
        return option == null ? "" : option.value();
    }

    /**
     * A BalancerMember; {@code socket} is empty where it is reached over TCP. Its options may hold
     * the secret: they are compared, never printed.
     */
    record Declared(
            String scheme,
            String host,
            int port,
            String socket,
            Map<String, Option> options,
            String place) {
        private static final Set<String> HERE = Set.of("127.0.0.1", "localhost", "[::1]");

        static Declared of(Directive line) {
            Matcher url =
                    line.arguments().stream()
                            .filter(argument -> !argument.startsWith(SCHEME))
                            .map(URL::matcher)
                            .filter(Matcher::matches)
                            .findFirst()
                            .orElse(null);
            if (url == null) {
                return new Declared("", "", 0, "", line.options(), line.place());
            }
            String scheme = url.group(2).toLowerCase(Locale.ROOT);
            int usual = scheme.equals("ajp") ? 8009 : scheme.equals("https") ? 443 : 80;
            int port = url.group(4) == null ? usual : Integer.parseInt(url.group(4));
            String socket = url.group(1) == null ? "" : url.group(1);
            return new Declared(scheme, url.group(3), port, socket, line.options(), line.place());
        }

        /** By its port: a member of the pool that listens on this host. */
        boolean leadsTo(PoolConfig pool) {
            return isHere(pool) && pool.memberAt(port, pool.places()).isPresent();
        }

        boolean isHere(PoolConfig pool) {
            return HERE.contains(host) || host.equals(pool.host());
        }

        boolean has(String option) {
            return options.containsKey(option);
        }

        String option(String name) {
            Option option = options.get(name);
            return option == null ? "" : option.value();
        }

        /** Seconds of an option that httpd also takes as {@code 500ms}; -1: there is none. */
        double seconds(String name) {
            return Seconds.parse(option(name));
        }

        String url() {
            return scheme + "://" + host + ":" + port;
        }
    }
}
