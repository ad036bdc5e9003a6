package io.backpool.config;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.io.UncheckedIOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Properties;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;

/**
 * What the configuration is read from, as of one moment: the file's text, the variables and the
 * flags. What is edited later does not change it. It may hold passwords: it goes from a process to
 * its child in the child's environment, which only its owner can read, and is never printed.
 * Immutable.
 */
public final class ConfigSnapshot {
    /** In a child's environment. Not one of the variables that a setting has. */
    private static final String VARIABLE = "BACKEND_SETTINGS";

    private static final String OF_SETTINGS = "BACKPOOL_";

    private static final String APP_FILE = "application's file";

    /** All settings go to a child in one variable, which Linux gives 128 KiB. */
    private static final int MOST_TEXT = 64 << 10;

    /** As the operator named it; null: there is none. */
    private final @Nullable String file;

    private final TextFile main;

    /** What {@code app.config} names; empty where it names no file. */
    private final TextFile appFile;

    private final Map<String, String> variables;

    /** By the name of the key. */
    private final Map<String, Setting> flags;

    private ConfigSnapshot(
            @Nullable String file,
            TextFile main,
            TextFile appFile,
            Map<String, String> variables,
            Map<String, Setting> flags) {
        this.file = file;
        this.main = main;
        this.appFile = appFile;
        this.variables = Map.copyOf(variables);
        this.flags = Map.copyOf(flags);
    }

    /**
     * Takes what there is now. A file that can't be read is a mistake that {@link #read} reports.
     *
     * @param file with settings, whether it exists or not; null: none
     * @param environment all of it; what does not start with {@code BACKPOOL_} is not looked at
     * @param flags the text of each key that has a flag on the command line
     */
    public static ConfigSnapshot take(
            @Nullable Path file, Map<String, String> environment, Map<Key<?>, String> flags) {
        Map<String, String> variables = new HashMap<>(environment);
        variables.keySet().removeIf(name -> !name.startsWith(OF_SETTINGS));
        Map<String, Setting> said = new HashMap<>();
        flags.forEach((key, text) -> said.put(key.name(), new Setting(text, key.flag())));
        return new ConfigSnapshot(
                        file == null ? null : file.toString(),
                        file == null ? TextFile.NONE : TextFile.read(file),
                        TextFile.NONE,
                        variables,
                        said)
                .withAppFile();
    }

    /** The same with what is now in the file that {@code app.config} names. */
    private ConfigSnapshot withAppFile() {
        Setting setting = ConfigReader.settings(this).get(AppConfig.CONFIG.name());
        if (setting == null || setting.form() != Setting.Form.PLAIN) {
            return this;
        }
        try {
            Path named = AppConfig.CONFIG.type().reader().apply(setting.text());
            TextFile text = TextFile.read(named);
            return new ConfigSnapshot(
                    file,
                    main,
                    text.text().length() <= MOST_TEXT
                            ? text
                            : new TextFile("", named + ": is longer than 64k"),
                    variables,
                    flags);
        } catch (IllegalArgumentException e) {
            return this; // Reading tells.
        }
    }

    /** The same, but for a key that this process gives a value of its own. */
    public ConfigSnapshot with(String key, String value, String origin) {
        Map<String, Setting> more = new HashMap<>(flags);
        more.put(key, new Setting(value, origin));
        return new ConfigSnapshot(file, main, appFile, variables, more);
    }

    /**
     * Reads all of it.
     *
     * @throws ConfigException with every mistake
     */
    public Config read() {
        return ConfigReader.read(this, true);
    }

    /**
     * Reads all of it, without a look at whether the files that it names can be used: for a command
     * that does not use them, and for a process whose parent has looked.
     *
     * @throws ConfigException with every mistake
     */
    public Config readSettings() {
        return ConfigReader.read(this, false);
    }

    /**
     * What this version understands of it; the default of what it does not. For settings that
     * another version of ours, which is to run on them, has read without a mistake.
     */
    public Config readUnderstood() {
        return ConfigReader.readUnderstood(this);
    }

    /** The application's jar, if one is set to what can be a path. */
    public @Nullable Path appJar() {
        Setting setting = ConfigReader.settings(this).get(AppConfig.JAR.name());
        try {
            return setting == null ? null : AppConfig.JAR.type().reader().apply(setting.text());
        } catch (IllegalArgumentException e) {
            return null;
        }
    }

    /** Whether the application's class is named. */
    public boolean namesAppClass() {
        return ConfigReader.settings(this).containsKey(AppConfig.CLASS.name());
    }

    /**
     * What members can't take up one after the other, since all of them, the pool's own process and
     * httpd must agree on it: each as {@code pool.http-port (8081 -> 9081)}. The number of members
     * is not among them: {@code scale} changes it.
     */
    public List<String> poolWideChanges(ConfigSnapshot next) {
        Map<String, Setting> before = ConfigReader.settings(this);
        Map<String, Setting> after = ConfigReader.settings(next);
        var names = new TreeSet<String>(before.keySet());
        names.addAll(after.keySet());
        List<String> changes = new ArrayList<>();
        String command = ProgramConfig.COMMAND.name();
        if (before.containsKey(command) != after.containsKey(command)) {
            changes.add(command + " (another kind of member)");
        }
        for (String name : names) {
            String was = Keys.effective(name, before.get(name));
            String is = Keys.effective(name, after.get(name));
            if (Keys.isPoolWide(name) && !Keys.means(name, was).equals(Keys.means(name, is))) {
                changes.add(name + " (" + shown(was) + " -> " + shown(is) + ")");
            }
        }
        return changes;
    }

    /** Whether each key has the same text in both. */
    public boolean saysTheSame(ConfigSnapshot other) {
        return texts().equals(other.texts());
    }

    private Map<String, String> texts() {
        Map<String, String> texts = new HashMap<>();
        ConfigReader.settings(this).forEach((key, said) -> texts.put(key, said.text().strip()));
        texts.put(APP_FILE, appFile.text());
        return texts;
    }

    private static String shown(@Nullable String text) {
        return text == null ? "not set" : Settings.quoted(text);
    }

    /** Whether there is a snapshot in an environment. */
    public static boolean isIn(Map<String, String> environment) {
        return environment.containsKey(VARIABLE);
    }

    /**
     * Hands it on to a child.
     *
     * @param environment the child's
     * @throws ConfigException if there is none that could be read
     */
    public void putInto(Map<String, String> environment) {
        if (main.unreadable() != null) {
            throw new ConfigException(main.unreadable());
        }
        var all = new Properties();
        if (file != null) {
            all.setProperty("file", file);
            all.setProperty("text", main.text());
        }
        all.setProperty(APP_FILE, appFile.text());
        variables.forEach((name, value) -> all.setProperty("variable " + name, value));
        flags.forEach(
                (key, said) -> {
                    all.setProperty("flag " + key, said.text());
                    all.setProperty("origin " + key, said.origin());
                });
        var bytes = new ByteArrayOutputStream();
        try (var out =
                new OutputStreamWriter(new GZIPOutputStream(bytes), StandardCharsets.UTF_8)) {
            all.store(out, null);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        environment.keySet().removeIf(name -> name.startsWith(OF_SETTINGS));
        environment.put(VARIABLE, Base64.getEncoder().encodeToString(bytes.toByteArray()));
    }

    /** What the parent of this process has handed on. */
    public static ConfigSnapshot ofParent(Map<String, String> environment) {
        var all = new Properties();
        String encoded = Objects.requireNonNull(environment.get(VARIABLE), VARIABLE);
        try (var in =
                new InputStreamReader(
                        new GZIPInputStream(
                                new ByteArrayInputStream(Base64.getDecoder().decode(encoded))),
                        StandardCharsets.UTF_8)) {
            all.load(in);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Map<String, String> variables = new LinkedHashMap<>();
        Map<String, Setting> flags = new LinkedHashMap<>();
        for (String name : all.stringPropertyNames()) {
            String value = all.getProperty(name);
            String rest = name.substring(name.indexOf(' ') + 1);
            if (name.startsWith("variable ")) {
                variables.put(rest, value);
            } else if (name.startsWith("flag ")) {
                flags.put(rest, new Setting(value, all.getProperty("origin " + rest, "")));
            }
        }
        return new ConfigSnapshot(
                all.getProperty("file"),
                new TextFile(all.getProperty("text", ""), null),
                new TextFile(all.getProperty(APP_FILE, ""), null),
                variables,
                flags);
    }

    @Nullable String file() {
        return file;
    }

    String text() {
        return main.text();
    }

    @Nullable String unreadable() {
        return main.unreadable();
    }

    TextFile appFile() {
        return appFile;
    }

    /** By name, sorted. */
    Map<String, String> variables() {
        return new TreeMap<>(variables);
    }

    Map<String, Setting> flags() {
        return flags;
    }

    /** Without what may be a password. */
    @Override
    public String toString() {
        return "settings of " + file;
    }

    /**
     * What was read.
     *
     * @param unreadable why there is no text; null: there is
     */
    record TextFile(String text, @Nullable String unreadable) {
        static final TextFile NONE = new TextFile("", null);

        static TextFile read(Path file) {
            try {
                return new TextFile(Files.readString(file), null);
            } catch (NoSuchFileException e) {
                return new TextFile("", file + ": no such file");
            } catch (CharacterCodingException e) {
                return new TextFile("", file + ": is not UTF-8 text");
            } catch (IOException e) {
                return new TextFile("", file + ": cannot be read: " + e.getMessage());
            }
        }
    }
}
