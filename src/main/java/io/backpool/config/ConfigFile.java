package io.backpool.config;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Parse;
import org.snakeyaml.engine.v2.events.AliasEvent;
import org.snakeyaml.engine.v2.events.CollectionEndEvent;
import org.snakeyaml.engine.v2.events.CollectionStartEvent;
import org.snakeyaml.engine.v2.events.DocumentStartEvent;
import org.snakeyaml.engine.v2.events.Event;
import org.snakeyaml.engine.v2.events.MappingEndEvent;
import org.snakeyaml.engine.v2.events.MappingStartEvent;
import org.snakeyaml.engine.v2.events.ScalarEvent;
import org.snakeyaml.engine.v2.events.SequenceEndEvent;
import org.snakeyaml.engine.v2.events.SequenceStartEvent;
import org.snakeyaml.engine.v2.events.StreamEndEvent;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;

/**
 * {@code backend.yaml}, flattened: every setting as text under its dotted name, with its line.
 * Knows no key by name; {@link ConfigReader} does.
 */
final class ConfigFile {
    /** More than any setting needs: what is beyond is a mistake, or meant to exhaust us. */
    private static final int MAX_DEPTH = 8;

    private static final int MAX_KEY = 100;
    private static final int MAX_ENTRIES = 1000;
    private static final Pattern NULL = Pattern.compile("|~|null|Null|NULL");

    private final String file;
    private final String text;
    private final List<String> mistakes;
    private final Map<String, Setting> settings = new LinkedHashMap<>();
    private Iterator<Event> events = Collections.emptyIterator();
    private int entries;

    private ConfigFile(String file, String text, List<String> mistakes) {
        this.file = file;
        this.text = text;
        this.mistakes = mistakes;
    }

    /**
     * Reads {@code text}; what is wrong with its form is added to {@code mistakes}.
     *
     * @param file where it is from, as the operator named it
     */
    static Map<String, Setting> read(String file, String text, List<String> mistakes) {
        String readable = text.startsWith("\uFEFF") ? text.substring(1) : text;
        var reading = new ConfigFile(file, readable, mistakes);
        reading.parse();
        return reading.settings;
    }

    private void parse() {
        try {
            events = new Parse(LoadSettings.builder().build()).parseString(text).iterator();
            events.next();
            if (!(events.next() instanceof DocumentStartEvent)) {
                return;
            }
            Event root = events.next();
            if (root instanceof MappingStartEvent) {
                section("", 1);
            } else if (!isNull(root)) {
                mistakes.add(origin(root) + ": must be a section of key: value lines");
                skip(root);
            }
            events.next();
            Event end = events.next();
            if (!(end instanceof StreamEndEvent)) {
                mistakes.add(origin(end) + ": must be one document, not several");
            }
        } catch (MarkedYamlEngineException e) {
            int line = e.getProblemMark().map(mark -> mark.getLine() + 1).orElse(1);
            mistakes.add(file + ":" + line + ": is not YAML: " + e.getProblem());
        } catch (YamlEngineException e) {
            mistakes.add(file + ": is not YAML: " + e.getMessage());
        }
    }

    /** What follows the beginning of a section, its end included. */
    private void section(String name, int depth) {
        for (Event key = events.next(); !(key instanceof MappingEndEvent); key = events.next()) {
            if (!(key instanceof ScalarEvent word) || word.getValue().length() > MAX_KEY) {
                mistakes.add(origin(key) + ": a key must be a word");
                skip(key);
                skip(events.next());
            } else {
                String inSection = name.isEmpty() ? "" : name + ".";
                value(inSection + word.getValue(), origin(key), events.next(), depth);
            }
            if (++entries > MAX_ENTRIES) {
                throw new YamlEngineException("more than " + MAX_ENTRIES + " settings");
            }
        }
    }

    private void value(String name, String origin, Event value, int depth) {
        if (value instanceof MappingStartEvent && name.equals(AppConfig.CONFIG.name())) {
            put(name, new Setting(whole(value), origin, Setting.Form.SECTION));
        } else if (value instanceof MappingStartEvent && depth < MAX_DEPTH) {
            section(name, depth + 1);
        } else if (value instanceof SequenceStartEvent && depth < MAX_DEPTH) {
            list(name, origin, depth + 1);
        } else if (value instanceof ScalarEvent scalar) {
            if (!isNull(value)) {
                put(name, new Setting(scalar.getValue(), origin));
            }
        } else {
            boolean isAlias = value instanceof AliasEvent;
            String what = isAlias ? "an alias (*) is not read, write the value" : "too deep";
            mistakes.add(origin(value) + ": " + name + ": " + what);
            skip(value);
        }
    }

    /**
     * Of plain values: the comma-separated text that a flag would have. Of sections: their settings
     * under {@code name[0]}, {@code name[1]}, ...
     */
    private void list(String name, String origin, int depth) {
        List<String> plain = new ArrayList<>();
        int index = 0;
        boolean isMistake = false;
        for (Event element = events.next();
                !(element instanceof SequenceEndEvent);
                element = events.next()) {
            if (element instanceof MappingStartEvent) {
                int before = entries;
                section(name + "[" + index++ + "]", depth);
                if (entries == before) {
                    mistakes.add(origin(element) + ": " + name + ": must not be empty");
                }
            } else if (element instanceof ScalarEvent scalar && index == 0) {
                plain.add(ValueType.escaped(scalar.getValue()));
            } else {
                isMistake = true;
                mistakes.add(
                        origin(element)
                                + ": "
                                + name
                                + ": must be a list of plain values, or of sections");
                skip(element);
            }
        }
        if (isMistake) {
            return;
        }
        if (index == 0) {
            put(name, new Setting(String.join(",", plain), origin, Setting.Form.LIST));
        } else if (!plain.isEmpty()) {
            mistakes.add(origin + ": " + name + ": must be a section of key: value lines, each");
        }
    }

    private void put(String name, Setting setting) {
        if (settings.putIfAbsent(name, setting) != null) {
            mistakes.add(setting.origin() + ": " + name + ": is there twice");
        }
    }

    /** The text of a section, after as many lines and columns as before it in the file. */
    private String whole(Event first) {
        Mark begin = first.getStartMark().orElseThrow();
        Mark end = skip(first).getEndMark().orElseThrow();
        return "\n".repeat(begin.getLine())
                + " ".repeat(begin.getColumn())
                + text.substring(
                                text.offsetByCodePoints(0, begin.getIndex()),
                                text.offsetByCodePoints(0, end.getIndex()))
                        .stripTrailing();
    }

    /**
     * The rest of what began with {@code first}; however deep, without recursion.
     *
     * @return its last event
     */
    private Event skip(Event first) {
        int depth = 0;
        for (Event event = first; ; event = events.next()) {
            if (event instanceof CollectionStartEvent) {
                depth++;
            } else if (event instanceof CollectionEndEvent) {
                depth--;
            }
            if (depth == 0) {
                return event;
            }
        }
    }

    private String origin(Event event) {
        return file + ":" + event.getStartMark().map(mark -> mark.getLine() + 1).orElse(1);
    }

    static boolean isNull(Event event) {
        return event instanceof ScalarEvent scalar
                && scalar.isPlain()
                && NULL.matcher(scalar.getValue()).matches();
    }
}
