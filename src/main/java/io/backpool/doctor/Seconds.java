package io.backpool.doctor;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Times as httpd's directives have them ({@code ap_timeout_parameter_parse}). */
final class Seconds {
    private static final Pattern TIME = Pattern.compile("(\\d{1,9})(ms|s|mi|h)?");

    private Seconds() {}

    /** -1: that is none. */
    static double parse(String text) {
        Matcher time = TIME.matcher(text);
        if (!time.matches()) {
            return -1;
        }
        double number = Long.parseLong(time.group(1));
        String unit = time.group(2) == null ? "s" : time.group(2);
        return switch (unit) {
            case "ms" -> number / 1000;
            case "mi" -> number * 60;
            case "h" -> number * 3600;
            default -> number;
        };
    }
}
