package io.backpool.supervisor;

import java.util.List;
import java.util.Map;

/**
 * What a child is told besides its index and the number of members. Immutable.
 *
 * @param arguments of its command line, which everyone on the machine can read
 * @param variables of its environment, beside those that it inherits
 */
public record ChildSettings(List<String> arguments, Map<String, String> variables) {
    public ChildSettings {
        arguments = List.copyOf(arguments);
        variables = Map.copyOf(variables);
    }
}
