package io.backpool.config;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;
import org.snakeyaml.engine.v2.nodes.Tag;
import org.snakeyaml.engine.v2.schema.CoreSchema;

/**
 * {@code backend.yaml}, flattened: every setting as text under its dotted name, with its line.
 * Knows no key by name; {@link ConfigReader} does.
 */
final class ConfigFile {
    private final String file;
    private final List<String> mistakes;
    private final Map<String, Setting> settings = new LinkedHashMap<>();

    private ConfigFile(String file, List<String> mistakes) {
        this.file = file;
        this.mistakes = mistakes;
    }

    /**
     * Reads {@code text}; what is wrong with its form is added to {@code mistakes}.
     *
     * @param file where it is from, as the operator named it
     */
    static Map<String, Setting> read(String file, String text, List<String> mistakes) {
        var reading = new ConfigFile(file, mistakes);
        reading.parse(text.startsWith("\uFEFF") ? text.substring(1) : text);
        return reading.settings;
    }

    private void parse(String text) {
        try {
            LoadSettings settings =
                    LoadSettings.builder()
                            .setSchema(new CoreSchema())
                            .setAllowNonScalarKeys(true)
                            .build();
            Optional<Node> root = new Compose(settings).composeString(text);
            root.filter(node -> !isNull(node)).ifPresent(node -> section("", node));
        } catch (MarkedYamlEngineException e) {
            int line = e.getProblemMark().map(mark -> mark.getLine() + 1).orElse(1);
            mistakes.add(file + ":" + line + ": is not YAML: " + e.getProblem());
        } catch (YamlEngineException e) {
            mistakes.add(file + ": is not YAML: " + e.getMessage());
        }
    }

    private void section(String name, Node node) {
        if (!(node instanceof MappingNode mapping)) {
            String what = name.isEmpty() ? "" : name + ": ";
            mistakes.add(origin(node) + ": " + what + "must be a section of key: value lines");
            return;
        }
        for (NodeTuple entry : mapping.getValue()) {
            if (entry.getKeyNode() instanceof ScalarNode key) {
                value(name.isEmpty() ? key.getValue() : name + "." + key.getValue(), key, entry);
            } else {
                mistakes.add(origin(entry.getKeyNode()) + ": a key must be a word");
            }
        }
    }

    private void value(String name, ScalarNode key, NodeTuple entry) {
        Node node = entry.getValueNode();
        if (node instanceof MappingNode) {
            section(name, node);
        } else if (node instanceof SequenceNode list && holdsSections(list)) {
            sections(name, list);
        } else if (!isNull(node)) {
            var setting = new Setting(text(name, node), origin(key));
            if (settings.putIfAbsent(name, setting) != null) {
                mistakes.add(origin(key) + ": " + name + ": is there twice");
            }
        }
    }

    private static boolean holdsSections(SequenceNode list) {
        return list.getValue().stream().anyMatch(MappingNode.class::isInstance);
    }

    /** The settings of each section under {@code name[0]}, {@code name[1]}, ... */
    private void sections(String name, SequenceNode list) {
        int index = 0;
        for (Node element : list.getValue()) {
            section(name + "[" + index++ + "]", element);
            if (element instanceof MappingNode mapping && mapping.getValue().isEmpty()) {
                mistakes.add(origin(element) + ": " + name + ": must not be empty");
            }
        }
    }

    /** A list of scalars becomes the comma-separated text that a flag would have. */
    private String text(String name, Node node) {
        if (node instanceof ScalarNode scalar) {
            return scalar.getValue();
        }
        List<String> elements = new ArrayList<>();
        for (Node element : ((SequenceNode) node).getValue()) {
            if (element instanceof ScalarNode scalar) {
                elements.add(scalar.getValue());
            } else {
                mistakes.add(origin(element) + ": " + name + ": must be a list of plain values");
            }
        }
        return String.join(",", elements);
    }

    private String origin(Node node) {
        return file + ":" + node.getStartMark().map(mark -> mark.getLine() + 1).orElse(1);
    }

    private static boolean isNull(Node node) {
        return node.getTag().equals(Tag.NULL);
    }
}
