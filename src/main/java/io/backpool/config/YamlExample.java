package io.backpool.config;

import java.util.ArrayList;
import java.util.List;

/** A {@code backend.yaml} with every setting, each in a comment: as it is, it changes nothing. */
public final class YamlExample {
    private static final int WIDTH = 100;

    private YamlExample() {}

    /** The text, in the order of {@link Keys#ALL}. */
    public static String render() {
        List<String> lines = new ArrayList<>();
        lines.add("# Every setting of Backpool. A line that begins with #: is a setting with its");
        lines.add("# default: take away the mark to change it. Flags and variables go before this");
        lines.add("# file, see java -jar backend.jar serve --help.");
        String section = "";
        for (Key<?> key : Keys.ALL) {
            int dot = key.name().indexOf('.');
            String ofKey = dot < 0 ? "" : key.name().substring(0, dot);
            if (!ofKey.equals(section)) {
                lines.add("");
                if (dot >= 0) {
                    lines.add(ofKey + ":");
                }
            } else if (dot < 0) {
                lines.add("");
            }
            section = ofKey;
            if (key.isRepeated()) {
                balancers(key, lines);
            } else {
                setting(key, dot < 0 ? "" : "  ", key.name().substring(dot + 1), lines);
            }
        }
        return String.join("\n", lines) + "\n";
    }

    private static void balancers(Key<?> key, List<String> lines) {
        comment("", key.help(), lines);
        lines.add("#: balancers:");
        String indent = "  - ";
        for (Key<?> each : Keys.OF_A_BALANCER) {
            String name = each.name().substring(each.name().indexOf('.') + 1);
            comment("", each.help() + " Allowed: " + each.allowed() + ".", lines);
            String value =
                    each.equals(BalancerConfig.MANAGER)
                            ? " http://127.0.0.1:9980/balancer-manager"
                            : each.defaultText() == null ? "" : " " + each.defaultText();
            lines.add("#: " + indent + name + ":" + value);
            indent = "    ";
        }
    }

    private static void setting(Key<?> key, String indent, String name, List<String> lines) {
        comment(indent, key.help() + " Allowed: " + key.allowed() + ".", lines);
        String value = key.defaultText() == null ? "" : " " + quoted(key.defaultText());
        lines.add("#: " + indent + name + ":" + value);
    }

    /** What YAML would take for something else. */
    private static String quoted(String text) {
        return text.equals("-") || text.contains(": ") || text.endsWith(":") || text.contains(",")
                ? '"' + text + '"'
                : text;
    }

    private static void comment(String indent, String text, List<String> lines) {
        var line = new StringBuilder(indent).append('#');
        for (String word : text.split(" ")) {
            if (line.length() + word.length() >= WIDTH) {
                lines.add(line.toString());
                line = new StringBuilder(indent).append('#');
            }
            line.append(' ').append(word);
        }
        lines.add(line.toString());
    }
}
