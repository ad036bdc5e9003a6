package io.backpool.proxyconf;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The same request to the member itself and through the printed httpd over each protocol. What
 * differs is a row of the table in operations.md, which is what this test finds, row by row.
 */
class WhatHttpdChangesIT {
    private static final Path DOCUMENT = Path.of("src", "site", "markdown", "operations.md");

    /** Copied into the document when what is printed there is right. */
    private static final Path FOUND = Path.of("target", "what-httpd-changes.md");

    private static final String BEGIN =
            "<!-- what httpd changes: found by WhatHttpdChangesIT -->\n";
    private static final String END = "<!-- /what httpd changes -->";
    private static final List<String> FRONTS = List.of("direct", "http", "ajp", "h2c");
    private static final Pattern LENGTH = Pattern.compile("(?i)\r\ncontent-length: (\\d+)");
    private static final Pattern CHUNKED =
            Pattern.compile("(?i)\r\ntransfer-encoding: chunked\r\n");

    /** Httpd's, a random number without leading zeros, so of any length. */
    private static final Pattern BOUNDARY =
            Pattern.compile("(?<=^|\r\n)--[0-9a-f]{1,16}(?=\r\n|--)");

    private static final Pattern OWN_PORT =
            Pattern.compile("(?<=^127\\.0\\.0\\.1|^localhost):\\d+");
    private static final int LONGEST_SHOWN = 60;

    @TempDir static Path directory;
    private static ThroughHttpd site;

    @BeforeAll
    static void start() throws Exception {
        site = ThroughHttpd.start(directory, 1, List.of(), List.of(), "");
    }

    @AfterAll
    static void stop() throws Exception {
        site.close();
    }

    @Test
    void theTableSaysWhatDiffers() throws IOException {
        var table = new StringBuilder("| Request | To the member | HTTP | AJP | h2c |\n");
        table.append("|---|---|---|---|---|\n");
        ComparedRequests.all().forEach((name, request) -> addRow(table, name, seen(request)));
        statuses()
                .forEach(
                        (seen, those) ->
                                addRow(table, "an answer " + String.join(", ", those), seen));

        Files.writeString(FOUND, table);
        String document = Files.readString(DOCUMENT);
        assertThat(
                        document.substring(
                                document.indexOf(BEGIN) + BEGIN.length(), document.indexOf(END)))
                .isEqualTo(table.toString());
    }

    private static void addRow(StringBuilder table, String name, List<String> seen) {
        if (seen.stream().distinct().count() > 1) {
            table.append("| ").append(name);
            seen.forEach(one -> table.append(" | ").append(cell(one)));
            table.append(" |\n");
        }
    }

    /** The ranges of statuses with which the same happens. */
    private static Map<List<String>, List<String>> statuses() {
        Map<List<String>, List<String>> all = new LinkedHashMap<>();
        List<String> last = List.of();
        int first = 0;
        for (int status = 200; status <= 600; status++) {
            String own = String.valueOf(status);
            List<String> seen =
                    status == 600
                            ? List.of("the end")
                            : seen(
                                            ComparedRequests.request(
                                                    "GET /status/" + status + " HTTP/1.1",
                                                    "Host: a"))
                                    .stream()
                                    .map(one -> one.replace(own, "the same"))
                                    .toList();
            if (!seen.equals(last)) {
                if (first > 0) {
                    all.computeIfAbsent(last, any -> new ArrayList<>())
                            .add(first == status - 1 ? "" + first : first + "-" + (status - 1));
                }
                first = status;
                last = seen;
            }
        }
        return all;
    }

    private static List<String> seen(String request) {
        return FRONTS.stream().map(front -> seen(front, request)).toList();
    }

    /** What of the request arrived, and what of the answer. */
    private static String seen(String front, String request) {
        String answer;
        try {
            answer = site.send("127.0.0.1", front, request);
        } catch (AssertionError e) {
            return "no answer";
        }
        if (!answer.startsWith("HTTP/1.")) {
            return answer.isEmpty() ? "closed" : "no HTTP/1";
        }
        String status = answer.substring(9, 12);
        String body = body(answer);
        if (body.startsWith("{") && body.contains("\"parameters\"")) {
            return status
                    + " "
                    + arrived(
                            new JsonMapper().readTree(body.getBytes(StandardCharsets.ISO_8859_1)));
        }
        if (body.contains("\"requestId\"")) {
            return status + ", problem document";
        }
        Matcher length = LENGTH.matcher(answer);
        return status
                + (body.startsWith("<!DOCTYPE HTML PUBLIC") ? " by httpd" : " " + shown(body))
                + (status.startsWith("2") && !body.contains("--boundary") && length.find()
                        ? ", " + length.group(1)
                        : "");
    }

    /** Without chunks, which differ in how their sizes are written. */
    private static String body(String answer) {
        int end = answer.indexOf("\r\n\r\n") + 4;
        String rest = answer.substring(end);
        if (!CHUNKED.matcher(answer.substring(0, end)).find()) {
            return BOUNDARY.matcher(rest).replaceAll("--boundary");
        }
        var body = new StringBuilder();
        while (!rest.isEmpty()) {
            int line = rest.indexOf("\r\n");
            int size = Integer.parseInt(rest.substring(0, line), 16);
            if (size == 0) {
                break;
            }
            body.append(rest, line + 2, line + 2 + size);
            rest = rest.substring(line + 2 + size + 2);
        }
        return body.toString();
    }

    private static String arrived(JsonNode seen) {
        Map<String, String> headers = new TreeMap<>();
        seen.get("headers")
                .properties()
                .forEach(
                        header ->
                                headers.put(
                                        header.getKey().toLowerCase(Locale.ROOT),
                                        header.getValue().toString()));
        headers.keySet()
                .removeIf(
                        name ->
                                name.startsWith("x-forwarded-")
                                        || name.equals("x-request-id")
                                        || name.equals("traceparent")
                                        || name.equals("connection")
                                        || name.equals("te"));
        List<String> names =
                headers.keySet().stream().filter(name -> name.matches("x-\\d+")).toList();
        if (!names.isEmpty()) {
            return names.size() + " of them";
        }
        headers.keySet().remove("host");
        return shown(
                "%s %s %s %s"
                        .formatted(
                                OWN_PORT.matcher(seen.get("host").asString()).replaceFirst(":port"),
                                seen.get("query").asString(),
                                seen.get("parameters"),
                                headers.isEmpty() ? "" : headers));
    }

    private static String shown(String text) {
        return text.length() <= LONGEST_SHOWN
                ? text
                : text.substring(0, LONGEST_SHOWN) + "... " + text.length();
    }

    private static String cell(String text) {
        var shown = new StringBuilder();
        for (char c : text.strip().toCharArray()) {
            shown.append(
                    c == '|'
                            ? "\\|"
                            : c < ' ' || c > '~'
                                    ? "\\x%02x".formatted((int) c)
                                    : String.valueOf(c));
        }
        return "`"
                + new String(
                        shown.toString().getBytes(StandardCharsets.US_ASCII),
                        StandardCharsets.US_ASCII)
                + "`";
    }
}
