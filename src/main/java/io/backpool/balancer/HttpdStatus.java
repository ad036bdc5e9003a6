package io.backpool.balancer;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What {@code server-status?auto} of an httpd tells of its own threads at one moment ({@code
 * mod_status.c}). Immutable.
 *
 * @param busy threads that serve a request
 * @param idle threads that wait for one
 * @param generation which run of its configuration this is: another one after each reload and start
 * @param scoreboard threads by state, in apache_exporter's words; all of its states are there
 */
public record HttpdStatus(long busy, long idle, String generation, Map<String, Long> scoreboard) {
    private static final Map<Integer, String> STATES =
            Map.ofEntries(
                    Map.entry((int) '_', "idle"),
                    Map.entry((int) 'S', "startup"),
                    Map.entry((int) 'R', "read"),
                    Map.entry((int) 'W', "reply"),
                    Map.entry((int) 'K', "keepalive"),
                    Map.entry((int) 'D', "dns"),
                    Map.entry((int) 'C', "closing"),
                    Map.entry((int) 'L', "logging"),
                    Map.entry((int) 'G', "graceful_stop"),
                    Map.entry((int) 'I', "idle_cleanup"),
                    Map.entry((int) '.', "open_slot"));

    public HttpdStatus {
        scoreboard = Map.copyOf(scoreboard);
    }

    /** Null: that is not {@code server-status?auto}. */
    static @Nullable HttpdStatus parse(byte[] body) {
        Map<String, String> fields =
                new String(body, StandardCharsets.UTF_8)
                        .lines()
                        .map(line -> line.split(": ", 2))
                        .filter(pair -> pair.length == 2)
                        .collect(Collectors.toMap(pair -> pair[0], pair -> pair[1], (a, b) -> a));
        List<Long> workers = new ArrayList<>();
        for (String name : List.of("BusyWorkers", "IdleWorkers")) {
            String value = fields.getOrDefault(name, "");
            if (!value.matches("\\d{1,9}")) {
                return null;
            }
            workers.add(Long.parseLong(value));
        }
        Map<String, Long> threads = new TreeMap<>();
        STATES.values().forEach(state -> threads.put(state, 0L));
        fields.getOrDefault("Scoreboard", "")
                .chars()
                .mapToObj(STATES::get)
                .forEach(state -> threads.computeIfPresent(String.valueOf(state), (s, n) -> n + 1));
        return new HttpdStatus(workers.get(0), workers.get(1), generation(fields), threads);
    }

    /** A short word that goes into a route: it only has to differ. */
    private static String generation(Map<String, String> fields) {
        String began = fields.getOrDefault("RestartTime", "");
        return began.isEmpty() ? "" : Integer.toUnsignedString(began.hashCode(), 36);
    }
}
