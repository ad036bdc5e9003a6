package io.backpool.proxyconf;

import java.util.Map;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Text with {@code @places@} to fill, which reads like the file it becomes. A line that is one
 * place alone takes a block of lines, indented like it, and vanishes where the block is empty.
 */
final class Template {
    private static final Pattern PLACE = Pattern.compile("@(\\w+)@");
    private static final Pattern BLOCK = Pattern.compile("( *)@(\\w+)@");

    private Template() {}

    static String fill(String template, Map<String, ?> values) {
        return template.lines().map(line -> line(line, values)).collect(Collectors.joining());
    }

    private static String line(String line, Map<String, ?> values) {
        Matcher block = BLOCK.matcher(line);
        if (block.matches()) {
            return value(block.group(2), values)
                    .lines()
                    .map(inner -> (block.group(1) + inner).stripTrailing() + "\n")
                    .collect(Collectors.joining());
        }
        return PLACE.matcher(line)
                        .replaceAll(
                                place -> Matcher.quoteReplacement(value(place.group(1), values)))
                + "\n";
    }

    private static String value(String place, Map<String, ?> values) {
        return Objects.requireNonNull(values.get(place), place).toString();
    }
}
