package io.backpool.doctor;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.format.DateTimeParseException;
import java.time.temporal.ChronoField;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Explains the codes of httpd's error log that have to do with members. Used by one thread. */
final class ErrorLog {
    private static final Pattern CODE = Pattern.compile("^(?:\\[([^\\]]*)])?.*?\\b(AH\\d{5})\\b");

    private static final Map<String, Explanation> MEANINGS =
            Map.ofEntries(
                    meaning(
                            "AH00957",
                            "httpd can't connect to a member",
                            "java -jar backend.jar status: does it run, and on that port?"),
                    meaning(
                            "AH01114",
                            "httpd can't connect to a member, and makes no second try",
                            "java -jar backend.jar status: does it run, and on that port?"),
                    meaning(
                            "AH02454",
                            "httpd can't connect to a member's unix socket",
                            "the line itself says why. Permission denied: pool.socket-group, the"
                                    + " directories above, SELinux (ausearch -m avc -c httpd) or"
                                    + " AppArmor; no such file: pool.sockets, or httpd's own /tmp;"
                                    + " refused: does the member run?"),
                    meaning(
                            "AH00959",
                            "a member was put into error, for retry= seconds",
                            "retry=1 and a health check at its BalancerMember"),
                    meaning(
                            "AH00898",
                            "a request failed between httpd and a member",
                            "the line itself says why; ttl= below limits.idle-timeout if the"
                                    + " connection was closed"),
                    meaning(
                            "AH01102",
                            "a member closed the connection before it answered",
                            "ttl= below limits.idle-timeout; timeout= not below"
                                    + " limits.request-timeout"),
                    meaning(
                            "AH00992",
                            "an AJP member closed the connection: the secret is wrong, or it died",
                            "secret=${BACKPOOL_AJP_SECRET} and Include of ajp-secret.conf"),
                    meaning(
                            "AH00878",
                            "an AJP member closed the connection: the secret is wrong, or it died",
                            "secret=${BACKPOOL_AJP_SECRET} and Include of ajp-secret.conf"),
                    meaning(
                            "AH01170",
                            "every member was in error or out: clients got 503",
                            "java -jar backend.jar status: which members are in?"),
                    meaning(
                            "AH01171",
                            "the balancer has no member at all: none has joined, or a virtual host"
                                    + " has a copy of the balancer that members can't join",
                            "java -jar backend.jar status: has the pool joined there? If it has, no"
                                    + " directive of mod_proxy in that <VirtualHost>: RewriteRule"
                                    + " \"^/(.*)$\" \"balancer://app/$1\" [P]"),
                    meaning(
                            "AH10163",
                            "a member was refused: httpd can't read its URL",
                            "the line names the URL, which is not one that the pool adds: who else"
                                    + " uses balancer-manager?"),
                    meaning(
                            "AH10164",
                            "a member was refused: the balancer has no free place",
                            "ProxySet growth=N, N at least pool.members"),
                    meaning(
                            "AH10508",
                            "a path with %3F was refused by a RewriteRule",
                            "nothing, or ProxyPass with declared members"),
                    meaning(
                            "AH00484",
                            "MaxRequestWorkers was reached: clients waited or were reset",
                            "MaxRequestWorkers above the number of clients"));

    /** Their connections come from no client; whether a member is in is looked at directly. */
    private static final Pattern HEALTH_CHECK =
            Pattern.compile("AH00957: HC(OH|TCP|CPING): attempt");

    /** {@code Sat Nov 21 03:12:07.123456 2026}, in httpd's time zone. */
    private static final DateTimeFormatter TIME =
            new DateTimeFormatterBuilder()
                    .appendPattern("EEE MMM d HH:mm:ss")
                    .appendFraction(ChronoField.NANO_OF_SECOND, 0, 9, true)
                    .appendPattern(" yyyy")
                    .toFormatter(Locale.ENGLISH);

    private final Instant since;
    private final Map<String, Integer> counts = new LinkedHashMap<>();
    private final Map<String, Last> last = new LinkedHashMap<>();

    private ErrorLog(Instant since) {
        this.since = since;
    }

    /**
     * Reads a log.
     *
     * @param since what was written before is left out; a line without a time is as old as the one
     *     before it
     */
    static List<Finding> examine(Path file, Instant since) {
        var log = new ErrorLog(since);
        try (BufferedReader lines = Files.newBufferedReader(file, StandardCharsets.ISO_8859_1)) {
            log.read(lines);
        } catch (IOException e) {
            throw DoctorException.unreadable(file, e);
        }
        return log.findings(file);
    }

    private void read(BufferedReader lines) throws IOException {
        boolean recent = true;
        int number = 0;
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            number++;
            Matcher code = CODE.matcher(line);
            boolean found = code.find();
            Instant time = found ? time(code.group(1)) : null;
            recent = time == null ? recent : !time.isBefore(since);
            if (found
                    && recent
                    && MEANINGS.containsKey(code.group(2))
                    && !HEALTH_CHECK.matcher(line).find()) {
                counts.merge(code.group(2), 1, Integer::sum);
                String said = code.group(1) == null ? "an unknown time" : code.group(1);
                last.put(code.group(2), new Last(number, said));
            }
        }
    }

    /** Null: that is no time. */
    private static @Nullable Instant time(@Nullable String text) {
        if (text == null) {
            return null;
        }
        try {
            return LocalDateTime.parse(text, TIME).atZone(ZoneId.systemDefault()).toInstant();
        } catch (DateTimeParseException e) {
            return null;
        }
    }

    private List<Finding> findings(Path file) {
        List<Finding> findings = new ArrayList<>();
        counts.forEach(
                (code, count) -> {
                    Explanation meaning = Objects.requireNonNull(MEANINGS.get(code));
                    Last where = last.getOrDefault(code, new Last(0, ""));
                    findings.add(
                            new Finding(
                                    code,
                                    file + ":" + where.line(),
                                    count
                                            + (count == 1 ? " line" : " lines")
                                            + " of it, the last of "
                                            + where.time(),
                                    "It says: " + meaning.what() + ".",
                                    meaning.remedy()));
                });
        return findings;
    }

    /** Of each code that is looked for, in their order. */
    static Stream<Explanation> explanations() {
        return MEANINGS.values().stream().sorted(Comparator.comparing(Explanation::id));
    }

    private static Map.Entry<String, Explanation> meaning(String code, String what, String remedy) {
        return Map.entry(code, new Explanation(code, what, "", remedy));
    }

    private record Last(int line, String time) {}
}
