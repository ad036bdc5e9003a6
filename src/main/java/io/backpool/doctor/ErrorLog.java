package io.backpool.doctor;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Explains the codes of httpd's error log that have to do with members. Used by one thread. */
final class ErrorLog {
    private static final Pattern CODE = Pattern.compile("^(?:\\[([^\\]]*)])?.*?\\b(AH\\d{5})\\b");

    private static final Map<String, Meaning> MEANINGS =
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
                            "AH01171",
                            "no member in the balancer: a vhost has a copy of it that nobody joins",
                            "no directive of mod_proxy in that <VirtualHost>: RewriteRule"
                                    + " \"^/(.*)$\" \"balancer://app/$1\" [P]"),
                    meaning(
                            "AH10187",
                            "balancer-manager was asked without a Referer of its own host",
                            "no RequestHeader unset Referer and no changed Host before it"),
                    meaning(
                            "AH10163",
                            "a member was refused: no free place, or no module for its scheme",
                            "ProxySet growth=N, N at least pool.members"),
                    meaning(
                            "AH10164",
                            "a member was refused: no free place, or no module for its scheme",
                            "ProxySet growth=N, N at least pool.members"),
                    meaning(
                            "AH10508",
                            "a path with %3F was refused by a RewriteRule",
                            "nothing, or ProxyPass with declared members"),
                    meaning(
                            "AH00484",
                            "MaxRequestWorkers was reached: clients waited or were reset",
                            "MaxRequestWorkers above the number of clients"));

    private ErrorLog() {}

    static List<Finding> examine(Path file) {
        Map<String, Integer> counts = new LinkedHashMap<>();
        Map<String, Last> last = new LinkedHashMap<>();
        try (BufferedReader lines = Files.newBufferedReader(file, StandardCharsets.ISO_8859_1)) {
            int number = 0;
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                number++;
                Matcher code = CODE.matcher(line);
                if (code.find() && MEANINGS.containsKey(code.group(2))) {
                    counts.merge(code.group(2), 1, Integer::sum);
                    last.put(code.group(2), new Last(number, time(code)));
                }
            }
        } catch (IOException e) {
            throw new DoctorException(
                    "cannot read " + file + ": is the path right, and may you read it?", e);
        }
        List<Finding> findings = new ArrayList<>();
        counts.forEach(
                (code, count) -> {
                    Meaning meaning = MEANINGS.getOrDefault(code, new Meaning("", ""));
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

    private static String time(Matcher line) {
        return line.group(1) == null ? "an unknown time" : line.group(1);
    }

    private static Map.Entry<String, Meaning> meaning(String code, String what, String remedy) {
        return Map.entry(code, new Meaning(what, remedy));
    }

    private record Last(int line, String time) {}

    private record Meaning(String what, String remedy) {}
}
