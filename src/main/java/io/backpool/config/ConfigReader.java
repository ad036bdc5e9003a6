package io.backpool.config;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads the configuration: flag before environment variable before file before default. Reports
 * every mistake, not only the first. Used by one thread.
 */
public final class ConfigReader {
    private static final Logger LOG = LoggerFactory.getLogger(ConfigReader.class);

    /** Linux takes 107 bytes; a socket is bound under a name that is 4 longer. */
    private static final int MOST_SOCKET_PATH = 103;

    private static final String ELEMENT = Keys.BALANCERS.name() + "[";

    private final Map<String, Setting> settings = new LinkedHashMap<>();
    private final List<String> mistakes = new ArrayList<>();

    /** Whether the files that settings name are looked at. */
    private final boolean files;

    /** What {@code app.config} names. */
    private final ConfigSnapshot.TextFile appFile;

    private ConfigReader(boolean files, ConfigSnapshot.TextFile appFile) {
        this.files = files;
        this.appFile = appFile;
    }

    /**
     * Reads everything that is said now: {@link ConfigSnapshot#take}.
     *
     * @throws ConfigException with every mistake
     */
    public static Config read(
            @Nullable Path file, Map<String, String> environment, Map<Key<?>, String> flags) {
        return ConfigSnapshot.take(file, environment, flags).read();
    }

    /** Reads everything that was said then. */
    static Config read(ConfigSnapshot snapshot, boolean files) {
        var reader = new ConfigReader(files, snapshot.appFile());
        reader.add(snapshot);
        Config config = reader.config();
        if (!reader.mistakes.isEmpty()) {
            throw new ConfigException(reader.mistakes);
        }
        return config;
    }

    /** Reads what can be read. */
    static Config readUnderstood(ConfigSnapshot snapshot) {
        var reader = new ConfigReader(false, snapshot.appFile());
        reader.add(snapshot);
        return reader.config();
    }

    /** Every known setting by name, whether its value is a mistake or not. */
    static Map<String, Setting> settings(ConfigSnapshot snapshot) {
        var reader = new ConfigReader(false, snapshot.appFile());
        reader.add(snapshot);
        return reader.settings;
    }

    private void add(ConfigSnapshot snapshot) {
        if (snapshot.unreadable() != null) {
            mistakes.add(snapshot.unreadable());
        } else if (snapshot.file() != null) {
            addFile(snapshot.file(), snapshot.text());
        }
        addVariables(snapshot.variables());
        Map<String, Setting> flags = snapshot.flags();
        Keys.ALL.stream()
                .filter(key -> flags.containsKey(key.name()))
                .forEach(key -> add(key, Objects.requireNonNull(flags.get(key.name()))));
    }

    private void addFile(String file, String text) {
        Map<String, Key<?>> keys = byName(Keys.ALL, Key::name);
        ConfigFile.read(file, text, mistakes)
                .forEach(
                        (name, setting) -> {
                            if (name.startsWith(ELEMENT)) {
                                addToBalancer(name, setting);
                            } else if (name.equals(Keys.BALANCERS.name())) {
                                addBalancers(setting);
                            } else if (keys.containsKey(name)) {
                                settings.put(name, setting);
                            } else if (name.startsWith(ProgramReader.VARIABLE)) {
                                addVariable(name, setting);
                            } else {
                                unknown(setting.origin() + ": " + name, name, keys);
                            }
                        });
    }

    /** One line of the section {@code app.environment}. */
    private void addVariable(String name, Setting setting) {
        String variable = name.substring(ProgramReader.VARIABLE.length());
        if (variable.matches("[A-Za-z_][A-Za-z0-9_]*")) {
            settings.put(name, setting);
        } else {
            mistakes.add(setting.origin() + ": " + name + ": is no name of a variable");
        }
    }

    /** One setting of one balancer, such as {@code balancers[0].name}. */
    private void addToBalancer(String name, Setting setting) {
        Map<String, Key<?>> keys = byName(Keys.OF_A_BALANCER, Key::name);
        String general = name.replaceFirst("\\[\\d+]", "");
        if (!keys.containsKey(general)) {
            unknown(setting.origin() + ": " + name, general, keys);
        } else if (settings.putIfAbsent(name, setting) != null) {
            mistakes.add(setting.origin() + ": " + name + ": is there twice");
        }
    }

    /** {@code URL,name=app URL,protocol=ajp}: takes the place of all balancers said before. */
    private void addBalancers(Setting setting) {
        settings.keySet().removeIf(name -> name.startsWith(ELEMENT));
        int index = 0;
        for (String text : Keys.BALANCERS.type().reader().apply(setting.text())) {
            String element = ELEMENT + index++ + "].";
            String[] parts = text.split(",", -1);
            addToBalancer(element + "manager", new Setting(parts[0], setting.origin()));
            for (String part : List.of(parts).subList(1, parts.length)) {
                String[] pair = part.split("=", 2);
                String value = pair.length == 2 ? pair[1] : "";
                addToBalancer(element + pair[0], new Setting(value, setting.origin()));
            }
        }
    }

    private void addVariables(Map<String, String> variables) {
        Map<String, Key<?>> keys = byName(Keys.ALL, Key::variable);
        Set<String> links = ServiceLinks.in(variables);
        if (!links.isEmpty()) {
            LOG.warn(
                    "Kubernetes has set {} for a service whose name begins with backpool: ignored"
                            + " (enableServiceLinks: false)",
                    String.join(", ", links));
        }
        variables.forEach(
                (name, text) -> {
                    Key<?> key = keys.get(name);
                    if (links.contains(name)) {
                        return;
                    }
                    if (key == null) {
                        unknown(name, name, keys);
                    } else {
                        add(key, new Setting(text, name));
                    }
                });
    }

    private void add(Key<?> key, Setting setting) {
        if (key.isRepeated()) {
            addBalancers(setting);
        } else {
            settings.put(key.name(), setting);
        }
    }

    private Config config() {
        var pool =
                new PoolConfig(
                        value(Keys.POOL_NAME),
                        value(Keys.MEMBERS),
                        value(Keys.PROCESSES),
                        value(Keys.MAX_REQUESTS),
                        value(Keys.MAX_AGE),
                        value(Keys.MAX_MEMORY),
                        value(Keys.ROUTE_PREFIX),
                        value(Keys.BIND),
                        valueOrNull(Keys.ADVERTISE),
                        value(Keys.HTTP_PORT),
                        value(Keys.AJP_PORT),
                        valueOrNull(Keys.AJP_SECRET_FILE),
                        valueOrNull(Keys.SOCKETS),
                        valueOrNull(Keys.SOCKET_GROUP),
                        value(Keys.DRAIN_TIMEOUT),
                        value(Keys.STICKY_GRACE),
                        value(Keys.BLOCKING),
                        valueOrNull(Keys.IO_THREADS),
                        valueOrNull(Keys.MAX_THREADS));
        var identity =
                new IdentityConfig(
                        valueOrNull(Keys.IDENTITY_USER_HEADER),
                        Objects.requireNonNullElse(
                                valueOrNull(Keys.IDENTITY_ATTRIBUTES), List.of()));
        var trust =
                new TrustConfig(
                        value(Keys.TRUSTED_PROXIES),
                        value(Keys.FORWARDED_HEADER),
                        identity,
                        valueOrNull(Keys.PUBLIC_URL));
        var limits =
                new LimitsConfig(
                        Math.toIntExact(value(Keys.HEADER_SIZE)),
                        value(Keys.BODY_SIZE),
                        value(Keys.HEADER_TIMEOUT),
                        value(Keys.BODY_TIMEOUT),
                        value(Keys.IDLE_TIMEOUT),
                        value(Keys.REQUEST_TIMEOUT),
                        value(Keys.WRITE_TIMEOUT),
                        value(Keys.CONNECTIONS),
                        value(Keys.CONCURRENCY),
                        value(Keys.QUEUE_WAIT),
                        value(Keys.QUEUE));
        var sessions =
                new SessionsConfig(
                        value(Keys.SESSION_URL),
                        ofPool(Keys.SESSION_NAME, pool),
                        value(Keys.SESSION_COOKIE),
                        value(Keys.SESSION_TIMEOUT));
        var services =
                new ServicesConfig(
                        value(Keys.CACHE_URL),
                        ofPool(Keys.CACHE_NAME, pool),
                        queue(pool),
                        value(Keys.DATABASE_URL));
        var accessLog =
                new AccessLogConfig(value(Keys.ACCESS_LOG_FORMAT), value(Keys.ACCESS_LOG_FILE));
        var admin =
                new AdminConfig(
                        value(Keys.ADMIN_BIND),
                        value(Keys.ADMIN_PORT),
                        valueOrNull(Keys.ADMIN_TOKEN_FILE),
                        limits);
        checkAdmin(admin);
        List<BalancerConfig> balancers = balancers(pool);
        var app =
                new AppConfig(
                        valueOrNull(Keys.APP_JAR),
                        valueOrNull(Keys.APP_CLASS),
                        new ProgramReader(this, files).read(pool, balancers),
                        appSettings());
        checkPorts(pool, admin);
        checkSockets(pool);
        if (files) {
            checkFiles(pool, app);
            checkAccessLog(accessLog);
        }
        if (pool.blocking() == PoolConfig.Blocking.VIRTUAL && Runtime.version().feature() < 21) {
            mistake(
                    Keys.BLOCKING,
                    "virtual needs Java 21 or later, this is Java " + Runtime.version().feature());
        }
        return new Config(
                pool,
                balancers,
                trust,
                limits,
                sessions,
                services,
                app,
                accessLog,
                new LogConfig(value(Keys.LOG_FORMAT)),
                admin);
    }

    private AppSettings appSettings() {
        Setting said = settings.get(Keys.APP_CONFIG.name());
        try {
            if (said == null) {
                return AppSettings.none();
            }
            if (said.form() == Setting.Form.SECTION) {
                String file = said.origin().substring(0, said.origin().lastIndexOf(':'));
                return new AppSettings(YamlTree.read(file, said.text()));
            }
            if (valueOrNull(Keys.APP_CONFIG) == null) {
                return AppSettings.none();
            }
            if (appFile.unreadable() != null) {
                if (files) {
                    mistake(Keys.APP_CONFIG, appFile.unreadable());
                }
                return AppSettings.none();
            }
            return new AppSettings(YamlTree.read(said.text(), appFile.text()));
        } catch (ConfigException e) {
            mistakes.addAll(e.mistakes());
            return AppSettings.none();
        }
    }

    private QueueConfig queue(PoolConfig pool) {
        return new QueueConfig(
                value(Keys.QUEUE_URL),
                ofPool(Keys.QUEUE_NAME, pool),
                value(Keys.QUEUE_KEEP_DONE),
                pool.drainTimeout());
    }

    private List<BalancerConfig> balancers(PoolConfig pool) {
        List<BalancerConfig> balancers = new ArrayList<>();
        Set<String> known = new HashSet<>();
        int count = 0;
        while (firstOf(ELEMENT + count + "]").isPresent()) {
            String element = ELEMENT + count++ + "]";
            BalancerConfig balancer = balancer(element, pool);
            if (balancer != null) {
                if (!known.add(balancer.label())) {
                    mistake(Keys.BALANCER_MANAGER.of(element), "is there twice with this name");
                }
                balancers.add(balancer);
            }
        }
        checkAdvertised(balancers, pool);
        return balancers;
    }

    private @Nullable BalancerConfig balancer(String element, PoolConfig pool) {
        Key<URI> managerKey = Keys.BALANCER_MANAGER.of(element);
        if (!settings.containsKey(managerKey.name())) {
            String origin = firstOf(element).map(Setting::origin).orElse("");
            mistakes.add(origin + ": " + element + ": lacks its manager, " + managerKey.allowed());
            return null;
        }
        URI manager = valueOrNull(managerKey);
        String name = valueOrNull(Keys.BALANCER_NAME.of(element));
        var protocol = value(Keys.BALANCER_PROTOCOL.of(element));
        var membership = value(Keys.BALANCER_MEMBERSHIP.of(element));
        String user = valueOrNull(Keys.BALANCER_USER.of(element));
        Path passwordFile = valueOrNull(Keys.BALANCER_PASSWORD_FILE.of(element));
        checkProtocol(element, protocol, membership, pool);
        checkPassword(element, user, passwordFile);
        checkManagerPort(managerKey, manager, pool);
        return manager == null
                ? null
                : new BalancerConfig(
                        manager,
                        name == null ? pool.name() : name,
                        protocol,
                        membership,
                        user,
                        passwordFile);
    }

    private void checkProtocol(
            String element,
            BalancerConfig.Protocol protocol,
            BalancerConfig.Membership membership,
            PoolConfig pool) {
        if (protocol != BalancerConfig.Protocol.AJP) {
            return;
        }
        if (membership == BalancerConfig.Membership.JOIN) {
            mistake(
                    Keys.BALANCER_MEMBERSHIP.of(element),
                    "join is for http and h2c: httpd has no way to give a joined member the AJP"
                            + " secret, declare the members and say static");
        }
        if (!pool.hasAjp()) {
            mistake(Keys.BALANCER_PROTOCOL.of(element), "ajp needs pool.ajp-port, which is 0");
        }
    }

    /** httpd and a member on one host can't both listen there. */
    private void checkManagerPort(Key<URI> key, @Nullable URI manager, PoolConfig pool) {
        if (manager != null
                && (manager.getHost().equals("localhost")
                        || manager.getHost().equals(NumericAddress.host(pool.bind())))) {
            pool.memberAt(manager.getPort(), pool.members())
                    .ifPresent(
                            route ->
                                    mistake(
                                            key,
                                            "port %d is the one that member %s listens on"
                                                    .formatted(manager.getPort(), route)));
        }
    }

    private void checkAdvertised(List<BalancerConfig> balancers, PoolConfig pool) {
        if (pool.bind().isAnyLocalAddress()
                && !settings.containsKey(Keys.ADVERTISE.name())
                && balancers.stream().anyMatch(BalancerConfig::isJoined)) {
            mistake(
                    Keys.ADVERTISE,
                    "is missing: pool.bind is every address (%s), and a balancer with membership join needs one that its httpd can reach"
                            .formatted(NumericAddress.write(pool.bind())));
        }
    }

    private void checkPassword(String element, @Nullable String user, @Nullable Path file) {
        Key<Path> key = Keys.BALANCER_PASSWORD_FILE.of(element);
        if (file == null) {
            if (user != null) {
                mistake(Keys.BALANCER_USER.of(element), "needs a password-file beside it");
            }
            return;
        }
        if (user == null) {
            mistake(key, "needs a user beside it");
        }
        checkSecret(key, file);
    }

    private void checkAdmin(AdminConfig admin) {
        if (admin.tokenFile() != null) {
            checkSecret(Keys.ADMIN_TOKEN_FILE, admin.tokenFile());
        } else if (!admin.bind().isLoopbackAddress()) {
            mistake(
                    Keys.ADMIN_BIND,
                    admin.bind().getHostAddress()
                            + " can be reached from elsewhere: it needs admin.token-file");
        }
    }

    void checkSecret(Key<Path> key, Path file) {
        if (!files) {
            return;
        }
        try {
            if (!Files.isRegularFile(file) || !Files.isReadable(file)) {
                mistake(key, file + " is not a readable file");
            } else if (Files.getPosixFilePermissions(file)
                    .contains(PosixFilePermission.OTHERS_READ)) {
                mistake(key, file + " can be read by everyone: chmod o-rwx " + file);
            }
        } catch (IOException e) {
            mistake(key, file + " cannot be read: " + e.getMessage());
        }
    }

    /** The first setting of an element of a list. */
    private Optional<Setting> firstOf(String element) {
        return settings.entrySet().stream()
                .filter(entry -> entry.getKey().startsWith(element + "."))
                .map(Map.Entry::getValue)
                .findFirst();
    }

    private void checkPorts(PoolConfig pool, AdminConfig admin) {
        List<PortRange> ranges = new ArrayList<>();
        ranges.add(new PortRange(Keys.HTTP_PORT, pool.httpPort(), pool.members()));
        if (pool.hasAjp()) {
            ranges.add(new PortRange(Keys.AJP_PORT, pool.ajpPort(), pool.members()));
        }
        ranges.add(
                new PortRange(
                        Keys.ADMIN_PORT,
                        admin.port(),
                        pool.processes() && !isSet(Keys.APP_COMMAND) ? 1 + pool.members() : 1));
        for (int i = 0; i < ranges.size(); i++) {
            PortRange range = ranges.get(i);
            if (range.last() > 65_535) {
                mistake(range.key(), range.does("end") + " above 65535");
            }
            for (PortRange other : ranges.subList(0, i)) {
                if (range.overlaps(other)) {
                    mistake(
                            range.key(),
                            range.does("overlap") + " " + other + " of " + other.key().name());
                }
            }
        }
    }

    private void checkSockets(PoolConfig pool) {
        Path longest = pool.socket(BalancerConfig.Protocol.AJP, pool.places());
        if (longest == null) {
            if (pool.socketGroup() != null) {
                mistake(Keys.SOCKET_GROUP, "needs pool.sockets beside it");
            }
        } else if (longest.toString().length() > MOST_SOCKET_PATH) {
            mistake(
                    Keys.SOCKETS,
                    "%s would have %d characters, the path of a unix socket has at most %d"
                            .formatted(longest, longest.toString().length(), MOST_SOCKET_PATH));
        }
    }

    private void checkFiles(PoolConfig pool, AppConfig app) {
        if (app.jar() != null && !Files.isReadable(app.jar())) {
            mistake(Keys.APP_JAR, app.jar() + " is not a readable file");
        }
        if (pool.ajpSecretFile() != null && !Files.isReadable(pool.ajpSecretFile())) {
            mistake(Keys.AJP_SECRET_FILE, pool.ajpSecretFile() + " is not a readable file");
        }
    }

    private void checkAccessLog(AccessLogConfig log) {
        if (log.format() == AccessLogConfig.Format.OFF || log.isStandardOutput()) {
            return;
        }
        Path file = log.file().toAbsolutePath();
        if (Files.isDirectory(file)) {
            mistake(Keys.ACCESS_LOG_FILE, log.file() + " is a directory, name a file in it");
        } else if (Files.exists(file) ? !Files.isWritable(file) : !isWritableFolderOf(file)) {
            mistake(
                    Keys.ACCESS_LOG_FILE,
                    log.file()
                            + " cannot be written: does its directory exist, and may this user"
                            + " write there?");
        }
    }

    private static boolean isWritableFolderOf(Path file) {
        Path folder = file.getParent();
        return folder != null && Files.isDirectory(folder) && Files.isWritable(folder);
    }

    /** The value, or the default where the text is a mistake, so that reading can go on. */
    <T> T value(Key<T> key) {
        return Objects.requireNonNullElseGet(
                valueOrNull(key),
                () -> key.type().reader().apply(Objects.requireNonNull(key.defaultText())));
    }

    /** A name in what several pools may use; the pool's own by default. */
    private String ofPool(Key<String> name, PoolConfig pool) {
        return Objects.requireNonNullElse(valueOrNull(name), pool.name());
    }

    <T> @Nullable T valueOrNull(Key<T> key) {
        Setting setting = settings.get(key.name());
        String text = setting == null ? key.defaultText() : setting.text();
        if (text == null) {
            return null;
        }
        if (setting != null && setting.form() == Setting.Form.LIST && !key.type().isList()) {
            mistake(key, "was a list, must be " + key.allowed());
            return null;
        }
        try {
            return key.type().reader().apply(text);
        } catch (IllegalArgumentException e) {
            mistake(key, "was " + quoted(key, text) + ", must be " + key.allowed());
            return null;
        }
    }

    boolean isSet(Key<?> key) {
        return settings.containsKey(key.name());
    }

    /** The texts of settings whose names begin with this, by the rest of their names. */
    Map<String, String> under(String prefix) {
        Map<String, String> texts = new LinkedHashMap<>();
        settings.forEach(
                (name, setting) -> {
                    if (name.startsWith(prefix)) {
                        texts.put(name.substring(prefix.length()), setting.text());
                    }
                });
        return texts;
    }

    void mistake(Key<?> key, String what) {
        Setting setting = settings.get(key.name());
        String place = setting == null ? key.name() : setting.origin() + ": " + key.name();
        mistakes.add(place + ": " + what);
    }

    private void unknown(String place, String name, Map<String, Key<?>> known) {
        String other = OTHER_WORDS.get(name);
        Optional<String> near =
                other != null && known.containsKey(other)
                        ? Optional.of(other)
                        : nearest(name, known.keySet());
        String hint = near.map(it -> ", did you mean " + it + "?").orElse("");
        mistakes.add(place + ": no such setting" + hint);
    }

    /** What people write whose word is far from ours. */
    private static final Map<String, String> OTHER_WORDS =
            Map.of(
                    "balancers.url", "balancers.manager",
                    "balancers.balancer", "balancers.name",
                    "balancers.password", "balancers.password-file",
                    "pool.port", "pool.http-port",
                    "pool.host", "pool.bind",
                    "admin.host", "admin.bind",
                    "admin.token", "admin.token-file");

    private static Map<String, Key<?>> byName(List<Key<?>> keys, Function<Key<?>, String> name) {
        return keys.stream().collect(Collectors.toMap(name, Function.identity()));
    }

    static Optional<String> nearest(String name, Collection<String> known) {
        int tolerated = Math.max(2, name.length() / 3);
        return known.stream()
                .filter(candidate -> distance(name, candidate) <= tolerated)
                .min(
                        Comparator.comparingInt((String candidate) -> distance(name, candidate))
                                .thenComparing(Comparator.naturalOrder()));
    }

    /** Levenshtein's distance. */
    private static int distance(String a, String b) {
        int[] previous = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) {
            previous[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int[] current = new int[b.length() + 1];
            current[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int change = a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1;
                current[j] =
                        Math.min(
                                Math.min(current[j - 1], previous[j]) + 1,
                                previous[j - 1] + change);
            }
            previous = current;
        }
        return previous[b.length()];
    }

    /** In one short line, without a password. */
    private static String quoted(Key<?> key, String text) {
        return shortened(
                key.type().isUrl() || text.contains("//") ? new ServiceUrl(text).toString() : text);
    }

    /** The same, of a setting that may hold a URL. */
    static String quoted(String text) {
        return shortened(text.contains("//") ? new ServiceUrl(text).toString() : text);
    }

    private static String shortened(String text) {
        String shown = text.replaceAll("\\p{Cntrl}", "?");
        return shown.isEmpty()
                ? "''"
                : shown.length() > 200 ? shown.substring(0, 200) + "..." : shown;
    }

    private record PortRange(Key<?> key, int first, int count) {
        int last() {
            return first + count - 1;
        }

        boolean overlaps(PortRange other) {
            return first <= other.last() && other.first <= last();
        }

        /** This range as the subject of a sentence. */
        String does(String verb) {
            return this + " " + verb + (count == 1 ? "s" : "");
        }

        @Override
        public String toString() {
            return count == 1 ? "port " + first : "ports " + first + " to " + last();
        }
    }
}
