package io.backpool.config;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;

/**
 * Something in a YAML file, and where. Immutable.
 *
 * @param origin such as {@code backend.yaml:7}
 * @param value a String, a List of nodes, a Map of them by name; null: nothing
 */
public record YamlNode(String origin, @Nullable Object value) {
    @Nullable YamlNode child(@Nullable String name, int index) {
        if (name != null) {
            return value instanceof Map<?, ?> map ? (YamlNode) map.get(name) : null;
        }
        return value instanceof List<?> list && index >= 0 && index < list.size()
                ? (YamlNode) list.get(index)
                : null;
    }

    /** What is in it by name. */
    Set<String> names() {
        return value instanceof Map<?, ?> map
                ? map.keySet().stream().map(Object::toString).collect(Collectors.toSet())
                : Set.of();
    }

    /** All scalars are text: what they mean is up to the type that is read. */
    JsonNode json() {
        JsonNodeFactory json = JsonNodeFactory.instance;
        if (value instanceof Map<?, ?> map) {
            var section = json.objectNode();
            map.forEach((name, node) -> section.set((String) name, ((YamlNode) node).json()));
            return section;
        }
        if (value instanceof List<?> list) {
            var elements = json.arrayNode();
            list.forEach(node -> elements.add(((YamlNode) node).json()));
            return elements;
        }
        return value instanceof String text ? json.stringNode(text) : json.nullNode();
    }
}
