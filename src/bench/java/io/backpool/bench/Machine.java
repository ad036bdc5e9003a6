package io.backpool.bench;

import io.backpool.testkit.Command;
import io.backpool.testkit.Httpd;
import io.undertow.Version;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Where and with what was measured. */
final class Machine {
    private Machine() {}

    static Map<String, String> facts(boolean quick) {
        Map<String, String> facts = new LinkedHashMap<>();
        facts.put("date", LocalDate.now(ZoneOffset.UTC).toString());
        facts.put("run", quick ? "quick" : "full");
        facts.put("cores", Integer.toString(Runtime.getRuntime().availableProcessors()));
        facts.put("processor", value(Path.of("/proc/cpuinfo"), "model name\\s*: (.*)"));
        facts.put("memory", value(Path.of("/proc/meminfo"), "MemTotal: *(.*)"));
        facts.put("kernel", System.getProperty("os.version"));
        facts.put("java", System.getProperty("java.runtime.version"));
        facts.put("undertow", Version.getVersionString());
        facts.put("tomcat", org.apache.catalina.util.ServerInfo.getServerNumber());
        facts.put("jetty", org.eclipse.jetty.util.Jetty.VERSION);
        facts.put("httpd", says(Httpd.program(), "-v").replaceFirst("(?s).*Apache/(\\S+).*", "$1"));
        facts.put("nginx", says("nginx", "-v").replaceFirst("(?s).*nginx/(\\S+).*", "$1"));
        facts.put("python", says("/usr/bin/python3", "-V").replace("Python ", "").trim());
        return facts;
    }

    /** The feature version of a Java, 0 if it does not say. */
    static int feature(Path java) {
        try {
            Path release = java.toRealPath().resolve("../../release").normalize();
            return Integer.parseInt(value(release, "JAVA_VERSION=\"(\\d+).*"));
        } catch (IOException | NumberFormatException e) {
            return 0;
        }
    }

    private static String value(Path file, String line) {
        try {
            return Files.readAllLines(file).stream()
                    .filter(text -> text.matches(line))
                    .map(text -> text.replaceFirst(line, "$1"))
                    .findFirst()
                    .orElse("unknown");
        } catch (IOException e) {
            return "unknown";
        }
    }

    private static String says(String program, String flag) {
        return Command.run(Path.of("."), List.of(program, flag)).output();
    }
}
