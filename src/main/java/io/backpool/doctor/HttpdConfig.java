package io.backpool.doctor;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * httpd's configuration as its own binary reports it, all files in one. Immutable.
 *
 * @param version such as 2.4.71
 * @param modules loaded, without {@code _module}
 * @param directives of the main server, in order
 */
record HttpdConfig(String version, Set<String> modules, List<Directive> directives) {
    private static final Pattern FILE = Pattern.compile("# In file: (.*)");
    private static final Pattern LINE = Pattern.compile("\\s*#\\s+(\\d+):");
    private static final Pattern OPEN = Pattern.compile("\\s*<(\\w.*?)\\s*>");
    private static final Pattern CLOSE = Pattern.compile("\\s*</\\w+>");

    HttpdConfig {
        modules = Set.copyOf(modules);
        directives = List.copyOf(directives);
    }

    /** All of that name, in sections too. */
    Stream<Directive> all(String name) {
        return directives.stream().flatMap(Directive::all).filter(it -> it.is(name));
    }

    /** What the main server's configuration says last. */
    Optional<Directive> last(String name) {
        return directives.stream().filter(it -> it.is(name)).reduce((first, next) -> next);
    }

    /** Reads what {@code -D DUMP_CONFIG} prints ({@code mod_info.c}). */
    static List<Directive> parse(String dump) {
        String file = "?";
        String line = "?";
        Deque<Section> open = new ArrayDeque<>();
        open.push(new Section("", "", new ArrayList<>()));
        for (String text : dump.lines().toList()) {
            Matcher place = FILE.matcher(text);
            Matcher number = LINE.matcher(text);
            Matcher section = OPEN.matcher(text);
            if (place.matches()) {
                file = place.group(1);
            } else if (number.matches()) {
                line = number.group(1);
            } else if (CLOSE.matcher(text).matches() && open.size() > 1) {
                Directive whole = open.pop().close();
                open.element().inside.add(whole);
            } else if (section.matches()) {
                open.push(new Section(section.group(1), file + ":" + line, new ArrayList<>()));
            } else if (!text.isBlank() && !text.startsWith("#")) {
                open.element().inside.add(Directive.read(text, file + ":" + line, List.of()));
            }
        }
        return open.getLast().inside;
    }

    /** A section whose end was not read yet. */
    private record Section(String text, String place, List<Directive> inside) {
        Directive close() {
            return Directive.read(text, place, inside);
        }
    }
}
