package io.backpool.config;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads the configuration: flag before environment variable before file before default. Reports
 * every mistake, not only the first. Used by one thread.
 */
public final class ConfigReader {
    private static final Logger LOG = LoggerFactory.getLogger(ConfigReader.class);

    private static final String ELEMENT = BalancerReader.ELEMENT;

    private final Settings all;
    private final Map<String, Setting> settings;
    private final List<String> mistakes;

    /** What {@code app.config} names. */
    private final ConfigSnapshot.TextFile appFile;

    private ConfigReader(boolean files, ConfigSnapshot.TextFile appFile) {
        this.appFile = appFile;
        this.all = new Settings(files);
        this.settings = all.byName();
        this.mistakes = all.mistakes();
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
                            } else if (name.equals(BalancerConfig.BALANCERS.name())) {
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
        for (String text : BalancerConfig.BALANCERS.type().reader().apply(setting.text())) {
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
        var pool = PoolConfig.read(all);
        var trust = TrustConfig.read(all);
        var limits = LimitsConfig.read(all);
        var sessions = SessionsConfig.read(all, pool);
        var services = ServicesConfig.read(all, pool);
        var accessLog = AccessLogConfig.read(all);
        var admin = AdminConfig.read(all, limits);
        List<BalancerConfig> balancers = new BalancerReader(all, pool).read();
        var app = AppConfig.read(all, pool, balancers, appFile);
        PortRange.check(pool, admin, all);
        pool.checkSockets(all);
        Stream.of(pool.tls(), admin.tls())
                .filter(Objects::nonNull)
                .forEach(tls -> tls.check(all, pool));
        if (all.lookAtFiles()) {
            checkReadable(AppConfig.JAR, app.jar());
            checkReadable(PoolKeys.AJP_SECRET_FILE, pool.ajpSecretFile());
            accessLog.checkFile(all);
        }
        if (pool.blocking() == PoolConfig.Blocking.VIRTUAL && Runtime.version().feature() < 21) {
            all.mistake(
                    PoolKeys.BLOCKING,
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
                LogConfig.read(all),
                admin);
    }

    private void checkReadable(Key<Path> key, @Nullable Path file) {
        if (file != null && !Files.isReadable(file)) {
            all.mistake(key, file + " is not a readable file");
        }
    }

    private void unknown(String place, String name, Map<String, Key<?>> known) {
        mistakes.add(place + ": no such setting" + NearestName.hint(name, known.keySet()));
    }

    private static Map<String, Key<?>> byName(List<Key<?>> keys, Function<Key<?>, String> name) {
        return keys.stream().collect(Collectors.toMap(name, Function.identity()));
    }
}
