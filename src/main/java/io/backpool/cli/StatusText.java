package io.backpool.cli;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;

/** Puts {@code /status.json} into words. */
final class StatusText {
    private StatusText() {}

    /** One line a front end: {@code 127.0.0.1:9980/app: out (Drn Ok): why. Try: command}. */
    static String rotation(JsonNode member) {
        List<String> lines = new ArrayList<>();
        member.get("rotation")
                .properties()
                .forEach(
                        httpd ->
                                lines.add(
                                        "  "
                                                + httpd.getKey()
                                                + ": "
                                                + standing(
                                                        httpd.getValue(),
                                                        member.get("balancers")
                                                                .path(httpd.getKey())
                                                                .asString(""))));
        return String.join(System.lineSeparator(), lines);
    }

    /**
     * {@code in (Init Ok)}, {@code unknown: why}.
     *
     * @param flags in httpd's words
     */
    private static String standing(JsonNode standing, String flags) {
        var text = new StringBuilder(standing.get("state").asString());
        if (!flags.isEmpty() && !flags.equals("unknown")) {
            text.append(" (").append(flags).append(')');
        }
        if (!standing.get("why").isNull()) {
            text.append(": ").append(standing.get("why").asString());
        }
        if (!standing.get("remedy").isNull()) {
            text.append(". Try: ").append(standing.get("remedy").asString());
        }
        return text.toString();
    }

    /** Short, for a row of a table: {@code in}. */
    static String states(JsonNode member) {
        List<String> states = new ArrayList<>();
        member.get("rotation")
                .properties()
                .forEach(
                        httpd ->
                                states.add(
                                        httpd.getKey()
                                                + ": "
                                                + httpd.getValue().get("state").asString()
                                                + flags(member, httpd.getKey())));
        return states.isEmpty()
                ? "(no balancer configured)"
                : String.join(", ", states) + share(member);
    }

    private static String share(JsonNode member) {
        int share = member.path("share").asInt(100); // An older pool does not say.
        return member.path("ejected").asString("").isEmpty()
                ? share <= 0 || share == 100 ? "" : ", at %d%% of its share".formatted(share)
                : ", ejected";
    }

    private static String flags(JsonNode member, String frontEnd) {
        String flags = member.get("balancers").path(frontEnd).asString("");
        return flags.isEmpty() || flags.equals("unknown") ? "" : " (" + flags + ")";
    }

    /**
     * What {@code doctor} reported last: {@code doctor: 1 finding 5 min ago: ttl. Try: command}.
     */
    static String doctor(JsonNode status) {
        JsonNode last = status.path("doctor");
        if (!last.isObject()) {
            return "doctor: no result yet. Try: java -jar backend.jar doctor";
        }
        int findings = last.get("findings").asInt();
        String ago = ago(Duration.ofSeconds(last.get("secondsAgo").asLong()));
        if (findings == 0) {
            return "doctor: no findings " + ago;
        }
        List<String> ids = last.get("ids").valueStream().map(JsonNode::asString).toList();
        return "doctor: %s %s: %s. Try: java -jar backend.jar doctor --explain %s"
                .formatted(
                        findings == 1 ? "1 finding" : findings + " findings",
                        ago,
                        String.join(", ", ids),
                        String.join(",", ids));
    }

    private static String ago(Duration time) {
        if (time.toDays() >= 2) {
            return time.toDays() + " days ago";
        }
        if (time.toHours() >= 1) {
            return time.toHours() + " h ago";
        }
        return time.toMinutes() >= 1 ? time.toMinutes() + " min ago" : "less than a minute ago";
    }

    /** The pool in one sentence, and what to do next where there is something. */
    static List<String> verdict(JsonNode status) {
        JsonNode verdict = status.get("verdict");
        JsonNode command = verdict.get("command");
        String said = verdict.get("text").asString();
        String text = said.endsWith("?") ? said : said + ".";
        return command.isNull() ? List.of(text) : List.of(text, "Try: " + command.asString());
    }
}
