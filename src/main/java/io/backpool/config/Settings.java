package io.backpool.config;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What the operator wrote for each key, and the mistakes in it. Each record reads its own keys
 * here, each key once: a mistake is noted where the value is read. Used by one thread.
 */
final class Settings {
    private final Map<String, Setting> byName = new LinkedHashMap<>();
    private final List<String> mistakes = new ArrayList<>();

    /** Whether the files that settings name are looked at. */
    private final boolean files;

    Settings(boolean files) {
        this.files = files;
    }

    /** By the name of the key, in the order in which they were added. May be changed. */
    Map<String, Setting> byName() {
        return byName;
    }

    /** One line each, in the order in which they were noted. May be added to. */
    List<String> mistakes() {
        return mistakes;
    }

    boolean lookAtFiles() {
        return files;
    }

    /** The value, or the default where the text is a mistake, so that reading can go on. */
    <T> T value(Key<T> key) {
        return Objects.requireNonNullElseGet(
                valueOrNull(key),
                () -> key.type().reader().apply(Objects.requireNonNull(key.defaultText())));
    }

    /** Null: not set and without a default, or a mistake. */
    <T> @Nullable T valueOrNull(Key<T> key) {
        Setting setting = byName.get(key.name());
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
        } catch (InvalidPathException e) {
            mistake(
                    key,
                    "was "
                            + quoted(key, text)
                            + ", must be a path in letters that the locale has: start with"
                            + " LC_ALL=C.UTF-8");
            return null;
        } catch (IllegalArgumentException e) {
            mistake(key, "was " + quoted(key, text) + ", must be " + key.allowed());
            return null;
        }
    }

    /** A name in what several pools may use; the pool's own by default. */
    String ofPool(Key<String> name, PoolConfig pool) {
        return Objects.requireNonNullElse(valueOrNull(name), pool.name());
    }

    boolean isSet(Key<?> key) {
        return byName.containsKey(key.name());
    }

    /** The first setting of an element of a list. */
    Optional<Setting> firstOf(String element) {
        return byName.entrySet().stream()
                .filter(entry -> entry.getKey().startsWith(element + "."))
                .map(Map.Entry::getValue)
                .findFirst();
    }

    /** The texts of settings whose names begin with this, by the rest of their names. */
    Map<String, String> under(String prefix) {
        Map<String, String> texts = new LinkedHashMap<>();
        byName.forEach(
                (name, setting) -> {
                    if (name.startsWith(prefix)) {
                        texts.put(name.substring(prefix.length()), setting.text());
                    }
                });
        return texts;
    }

    void mistake(Key<?> key, String what) {
        Setting setting = byName.get(key.name());
        String place = setting == null ? key.name() : setting.origin() + ": " + key.name();
        mistakes.add(place + ": " + what);
    }

    /** Notes a file that others may read, or that can't be read. */
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
}
