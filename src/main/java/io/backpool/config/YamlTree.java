package io.backpool.config;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Parse;
import org.snakeyaml.engine.v2.events.Event;
import org.snakeyaml.engine.v2.events.MappingEndEvent;
import org.snakeyaml.engine.v2.events.MappingStartEvent;
import org.snakeyaml.engine.v2.events.ScalarEvent;
import org.snakeyaml.engine.v2.events.SequenceEndEvent;
import org.snakeyaml.engine.v2.events.SequenceStartEvent;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;

/** Reads any YAML of one document into {@link YamlNode}s. Used by one thread, once. */
final class YamlTree {
    private static final int MAX_DEPTH = 50;

    private final String file;
    private Iterator<Event> events = Collections.emptyIterator();

    private YamlTree(String file) {
        this.file = file;
    }

    /**
     * The section that {@code text} is; empty where there is nothing.
     *
     * @throws ConfigException saying the first mistake in its form
     */
    static YamlNode read(String file, String text) {
        return new YamlTree(file).parse(text.startsWith("\uFEFF") ? text.substring(1) : text);
    }

    private YamlNode parse(String text) {
        try {
            events = new Parse(LoadSettings.builder().build()).parseString(text).iterator();
            events.next();
            Event document = events.next();
            if (document.getEventId() != Event.ID.DocumentStart) {
                return new YamlNode(file + ":1", Map.of());
            }
            YamlNode root = node(events.next(), 0);
            events.next();
            Event end = events.next();
            if (end.getEventId() != Event.ID.StreamEnd) {
                throw new ConfigException(origin(end) + ": must be one document, not several");
            }
            if (root.value() == null) {
                return new YamlNode(root.origin(), Map.of());
            }
            if (!(root.value() instanceof Map)) {
                throw new ConfigException(
                        root.origin() + ": must be a section of key: value lines");
            }
            return root;
        } catch (MarkedYamlEngineException e) {
            int line = e.getProblemMark().map(mark -> mark.getLine() + 1).orElse(1);
            throw new ConfigException(file + ":" + line + ": is not YAML: " + e.getProblem());
        } catch (YamlEngineException e) {
            throw new ConfigException(file + ": is not YAML: " + e.getMessage());
        }
    }

    private YamlNode node(Event event, int depth) {
        if (depth > MAX_DEPTH) {
            throw new ConfigException(origin(event) + ": too deep");
        }
        if (event instanceof MappingStartEvent) {
            return new YamlNode(origin(event), section(depth));
        }
        if (event instanceof SequenceStartEvent) {
            List<YamlNode> list = new ArrayList<>();
            for (Event each = events.next();
                    !(each instanceof SequenceEndEvent);
                    each = events.next()) {
                list.add(node(each, depth + 1));
            }
            return new YamlNode(origin(event), list);
        }
        if (event instanceof ScalarEvent scalar) {
            return new YamlNode(origin(event), ConfigFile.isNull(event) ? null : scalar.getValue());
        }
        throw new ConfigException(origin(event) + ": an alias (*) is not read, write the value");
    }

    private Map<String, YamlNode> section(int depth) {
        Map<String, YamlNode> section = new LinkedHashMap<>();
        for (Event key = events.next(); !(key instanceof MappingEndEvent); key = events.next()) {
            if (!(key instanceof ScalarEvent word)) {
                throw new ConfigException(origin(key) + ": a key must be a word");
            }
            YamlNode value = node(events.next(), depth + 1);
            if (section.put(word.getValue(), new YamlNode(origin(key), value.value())) != null) {
                throw new ConfigException(
                        origin(key) + ": " + word.getValue() + ": is there twice");
            }
        }
        return section;
    }

    private String origin(Event event) {
        return file + ":" + event.getStartMark().map(mark -> mark.getLine() + 1).orElse(1);
    }
}
