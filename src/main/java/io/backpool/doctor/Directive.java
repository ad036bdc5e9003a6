package io.backpool.doctor;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A directive of httpd, or a section with what is inside. Immutable. Its arguments may hold a
 * secret: they are compared, never printed.
 *
 * @param name in lower case; httpd knows no other
 * @param place file:line
 * @param inside of a section, in order
 */
record Directive(String name, List<String> arguments, String place, List<Directive> inside) {
    private static final Pattern ARGUMENT = Pattern.compile("\"((?:[^\"\\\\]|\\\\.)*)\"|(\\S+)");

    Directive {
        inside = List.copyOf(inside);
        arguments = List.copyOf(arguments);
    }

    static Directive read(String text, String place, List<Directive> inside) {
        String[] parts = text.strip().split("\\s+", 2);
        List<String> arguments = new ArrayList<>();
        Matcher argument = ARGUMENT.matcher(parts.length < 2 ? "" : parts[1]);
        while (argument.find()) {
            arguments.add(argument.group(1) != null ? argument.group(1) : argument.group(2));
        }
        return new Directive(parts[0].toLowerCase(Locale.ROOT), arguments, place, inside);
    }

    boolean is(String wanted) {
        return name.equals(wanted);
    }

    /** The argument at {@code index}, from 0; empty where there are fewer. */
    String argument(int index) {
        return index < arguments.size() ? arguments.get(index) : "";
    }

    boolean mentions(String text) {
        return arguments.stream().anyMatch(argument -> argument.contains(text));
    }

    /** Arguments of the form key=value. */
    Map<String, Option> options() {
        Map<String, Option> options = new LinkedHashMap<>();
        for (String argument : arguments) {
            String[] pair = argument.split("=", 2);
            if (pair.length == 2) {
                options.put(pair[0].toLowerCase(Locale.ROOT), new Option(pair[1], place));
            }
        }
        return options;
    }

    /** Itself and all that is inside. */
    Stream<Directive> all() {
        return Stream.concat(Stream.of(this), inside.stream().flatMap(Directive::all));
    }

    /** The value of key=value, and where it was said. */
    record Option(String value, String place) {}
}
