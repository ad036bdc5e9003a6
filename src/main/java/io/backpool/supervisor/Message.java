package io.backpool.supervisor;

import io.backpool.observe.Traffic;
import io.backpool.process.ChildPipe;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a child says to its supervisor, each on a line of its standard output that begins with
 * {@link #MARK}. Immutable.
 */
public sealed interface Message {
    /** No text of the child's own has it: {@link SupervisorPipe} sees to that. */
    char MARK = ChildPipe.MARK;

    /** It can serve. */
    record Ready() implements Message {
        @Override
        public String line() {
            return MARK + "ready";
        }
    }

    /** It can't serve now; why, to follow its route. */
    record Unready(String why) implements Message {
        @Override
        public String line() {
            return MARK + "unready " + why;
        }
    }

    /**
     * It lives.
     *
     * @param held requests that wait for the end of a pause; -1: they begin as they come
     * @param traffic answered since it started
     * @param services that it started, {@code UP} or {@code DOWN} by name
     */
    record Beat(int inFlight, int held, Traffic traffic, Map<String, String> services)
            implements Message {
        public Beat {
            services = Map.copyOf(services);
        }

        @Override
        public String line() {
            var line = new StringBuilder();
            line.append(MARK).append("beat ").append(inFlight);
            if (held >= 0) {
                line.append('+').append(held); // a supervisor that knows no hold never sees it
            }
            line.append(' ').append(traffic.word());
            services.forEach((name, up) -> line.append(' ').append(name).append('=').append(up));
            return line.toString();
        }
    }

    /** It ends, and so many requests had no end by then. */
    record Cut(int requests) implements Message {
        @Override
        public String line() {
            return MARK + "cut " + requests;
        }
    }

    /** It can't start and ends with this code. */
    record Failed(int exitCode, String text) implements Message {
        @Override
        public String line() {
            String escaped = text.strip().replace("\\", "\\\\").replace("\n", "\\n");
            return MARK + "failed " + exitCode + " " + escaped;
        }
    }

    /** Without the end of the line. */
    String line();

    /** What {@code line} says, its mark left out; null for what is no message. */
    static @Nullable Message parse(String line) {
        String[] words = line.split(" ", -1);
        try {
            return switch (words[0]) {
                case "ready" -> new Ready();
                case "unready" -> new Unready(line.substring("unready ".length()));
                case "beat" -> beat(words);
                case "cut" -> new Cut(Integer.parseInt(words[1]));
                case "failed" -> new Failed(Integer.parseInt(words[1]), unescape(line, words));
                default -> null;
            };
        } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
            return null;
        }
    }

    private static Beat beat(String[] words) {
        Map<String, String> services = new HashMap<>();
        for (String service : List.of(words).subList(3, words.length)) {
            int equals = service.indexOf('=');
            services.put(service.substring(0, Math.max(0, equals)), service.substring(equals + 1));
        }
        String[] requests = words[1].split("\\+", 2);
        int held = requests.length > 1 ? Integer.parseInt(requests[1]) : -1;
        return new Beat(Integer.parseInt(requests[0]), held, Traffic.parse(words[2]), services);
    }

    private static String unescape(String line, String[] words) {
        String escaped = line.substring(words[0].length() + words[1].length() + 2);
        var text = new StringBuilder();
        for (int i = 0; i < escaped.length(); i++) {
            char c = escaped.charAt(i);
            if (c == '\\' && i + 1 < escaped.length()) {
                i++;
                c = escaped.charAt(i) == 'n' ? '\n' : escaped.charAt(i);
            }
            text.append(c);
        }
        return text.toString();
    }
}
