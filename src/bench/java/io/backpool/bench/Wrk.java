package io.backpool.bench;

import io.backpool.testkit.Command;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * One kind of load by wrk: as fast as the answers come, over kept connections.
 *
 * @param ports asked by one thread each
 * @param body bytes to POST; 0: GET
 */
record Wrk(List<Integer> ports, String path, int connections, int body) {
    private static final Path SCRIPT = Path.of("src/bench/wrk.lua").toAbsolutePath();

    static Wrk get(int port, String path) {
        return new Wrk(List.of(port), path, 32, 0);
    }

    Wrk to(int port) {
        return new Wrk(List.of(port), path, connections, body);
    }

    Wrk connections(int wanted) {
        return new Wrk(ports, path, wanted, body);
    }

    Wrk posting(int bytes) {
        return new Wrk(ports, path, connections, bytes);
    }

    /**
     * What came of it. Failed are those without an answer, and those of status 400 and more.
     *
     * @param micros p50, p99, p99.9
     */
    record Outcome(long requests, double seconds, long failed, List<Double> micros) {
        double perSecond() {
            return requests / seconds;
        }
    }

    Outcome run(double seconds) {
        Map<String, String> environment = new HashMap<>();
        environment.put(
                "BENCH_PORTS",
                ports.stream().map(String::valueOf).collect(Collectors.joining(",")));
        environment.put("BENCH_METHOD", body == 0 ? "GET" : "POST");
        environment.put("BENCH_BODY", Integer.toString(body));
        String output =
                Command.run(
                                Path.of("."),
                                environment,
                                List.of(
                                        "wrk",
                                        "-t" + ports.size(),
                                        "-c" + connections,
                                        "-d" + Math.max(1, Math.round(seconds)) + "s",
                                        "--timeout=10s",
                                        "-s" + SCRIPT,
                                        "http://127.0.0.1:" + ports.get(0) + path))
                        .output();
        long[] fields =
                output.lines()
                        .filter(line -> line.startsWith("BENCH "))
                        .flatMap(line -> List.of(line.substring(6).split(" ")).stream())
                        .mapToLong(Long::parseLong)
                        .toArray();
        if (fields.length != 7 || fields[0] == 0 || fields[2] + fields[3] >= fields[0]) {
            throw new IllegalStateException("no answer to wrk on " + path + ":\n" + output);
        }
        return new Outcome(
                fields[0],
                fields[1] / 1e6,
                fields[2] + fields[3],
                List.of((double) fields[4], (double) fields[5], (double) fields[6]));
    }
}
