package io.backpool.config;

import java.net.InetAddress;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * How the text of a setting becomes a value. Immutable.
 *
 * @param label what stands for the value in {@code --help}, such as {@code DURATION}
 * @param allowed what is allowed, to follow "was -5s, must be"
 * @param reader the value; throws {@link IllegalArgumentException} for text that is not allowed
 */
record ValueType<T>(String label, String allowed, Function<String, T> reader) {
    private static final Pattern DURATION = Pattern.compile("(\\d{1,9})(ms|s|m|h|d)");
    private static final Pattern SIZE = Pattern.compile("(\\d{1,9})([kmg]?)");
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_-]{1,32}");

    static final ValueType<Integer> PORT = integer(1, 65_535);

    static final ValueType<Duration> UP_TO_AN_HOUR =
            duration(Duration.ofSeconds(1), Duration.ofHours(1));

    static final ValueType<Boolean> BOOLEAN =
            new ValueType<>("", "true or false", ValueType::readBoolean);

    /** A name that is safe in a route, a cookie, a URL and an httpd directive. */
    static final ValueType<String> SAFE_NAME =
            new ValueType<>(
                    "NAME",
                    "1 to 32 letters, digits, '-' or '_'",
                    text -> matching(NAME, text).group());

    static final ValueType<String> TEXT =
            new ValueType<>(
                    "TEXT",
                    "text that is not empty",
                    text -> {
                        require(!text.isBlank());
                        return text;
                    });

    static final ValueType<Path> PATH =
            new ValueType<>(
                    "FILE",
                    "a path",
                    text -> {
                        require(!text.isBlank());
                        return Path.of(text);
                    });

    /** A numeric address: a name could mean another address tomorrow. */
    static final ValueType<InetAddress> ADDRESS =
            new ValueType<>("ADDRESS", "an IP address such as 127.0.0.1", ValueType::readAddress);

    /** Of balancer-manager. A password in it would stand in argv and logs. */
    static final ValueType<URI> MANAGER_URL =
            new ValueType<>(
                    "URL",
                    "an http or https URL such as http://127.0.0.1:9980/balancer-manager, without"
                            + " user, query or fragment",
                    ValueType::readManagerUrl);

    static final ValueType<URI> PUBLIC_URL =
            new ValueType<>(
                    "URL",
                    "an http or https URL without a path, such as https://shop.example",
                    text -> {
                        URI url = readManagerUrl(text);
                        require(url.getPath().isEmpty() || url.getPath().equals("/"));
                        return url;
                    });

    /** The texts of {@code --balancer}. {@link ConfigReader} takes them apart. */
    static final ValueType<List<String>> BALANCERS =
            new ValueType<>(
                    "URL[,name=app][,protocol=http][,membership=join][,user=U,password-file=F]",
                    "a list of sections with a manager each",
                    text -> text.isBlank() ? List.of() : List.of(text.strip().split("\\s+")));

    static final ValueType<TrustedPeer> TRUSTED_PEER =
            new ValueType<>(
                    "NETWORK|unix",
                    "a network such as 10.0.0.0/8, fd00::/8 or 10.1.2.3, or unix",
                    TrustedPeer::parse);

    static final ValueType<Concurrency> CONCURRENCY =
            new ValueType<>("adaptive|off|N", "adaptive, off or a number", Concurrency::parse);

    private static final String SEVERAL = "[,...]";

    /** Each as it is, but for a backslash before a comma or another backslash. */
    static final ValueType<List<String>> WORDS =
            new ValueType<>("WORD" + SEVERAL, "a list of words", ValueType::words);

    static final Pattern PATH_OF_URL = Pattern.compile("/[!-~&&[^\"'\\\\]]*");

    static final ValueType<String> URL_PATH =
            new ValueType<>(
                    "PATH",
                    "a path such as /healthz, with %XX for what is no letter",
                    text -> matching(PATH_OF_URL, text).group());

    static final ValueType<List<String>> URL_PATHS =
            new ValueType<>(
                    "PATH" + SEVERAL,
                    "a list of paths such as /users?limit=1, with %XX for what is no letter",
                    text -> {
                        List<String> paths = words(text);
                        paths.forEach(path -> matching(PATH_OF_URL, path));
                        return paths;
                    });

    private static final Pattern VARIABLE = Pattern.compile("(?s)[A-Za-z_][A-Za-z0-9_]*=[^\0]*");

    /** Each as {@code NAME=value}. */
    static final ValueType<List<String>> VARIABLES =
            new ValueType<>(
                    "NAME=VALUE" + SEVERAL,
                    "a section of NAME: value lines, each name of letters, digits and '_'",
                    text -> {
                        List<String> words = words(text);
                        words.forEach(word -> matching(VARIABLE, word));
                        return words;
                    });

    /** Whether a list in the file may stand for it. */
    boolean isList() {
        return label.endsWith(SEVERAL);
    }

    /** Whether its text may hold a password. */
    boolean isUrl() {
        return label.startsWith("URL");
    }

    /**
     * Where a service is.
     *
     * @param form what the whole text must match
     * @param allowed the same, for people
     */
    static ValueType<ServiceUrl> url(String form, String allowed) {
        Pattern pattern = Pattern.compile(form);
        return new ValueType<>(
                "URL", allowed, text -> new ServiceUrl(matching(pattern, text).group()));
    }

    private static List<String> words(String text) {
        List<String> words = new ArrayList<>();
        var word = new StringBuilder();
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '\\' && i + 1 < text.length()) {
                i++;
                word.append(text.charAt(i));
            } else if (c == ',') {
                words.add(word.toString());
                word.setLength(0);
            } else {
                word.append(c);
            }
        }
        words.add(word.toString());
        return words;
    }

    /** One of {@link #WORDS} as it stands in a list's text. */
    static String escaped(String word) {
        return word.replace("\\", "\\\\").replace(",", "\\,");
    }

    static ValueType<Integer> integer(int min, int max) {
        return new ValueType<>(
                "N",
                "a whole number from " + min + " to " + max,
                text -> {
                    int value = Integer.parseInt(text);
                    require(value >= min && value <= max);
                    return value;
                });
    }

    static ValueType<Duration> duration(Duration min, Duration max) {
        return new ValueType<>(
                "DURATION",
                "a duration such as 500ms, 30s or 5m, from " + write(min) + " to " + write(max),
                text -> {
                    Duration value = readDuration(text);
                    require(value.compareTo(min) >= 0 && value.compareTo(max) <= 0);
                    return value;
                });
    }

    static ValueType<Long> size(String min, String max) {
        long least = readSize(min);
        long most = readSize(max);
        return new ValueType<>(
                "SIZE",
                "a size in bytes such as 512, 64k or 16m, from " + min + " to " + max,
                text -> {
                    long value = readSize(text);
                    require(value >= least && value <= most);
                    return value;
                });
    }

    static <E extends Enum<E>> ValueType<E> choice(Class<E> type) {
        E[] constants = type.getEnumConstants();
        String names =
                Arrays.stream(constants).map(ValueType::write).collect(Collectors.joining(" | "));
        return new ValueType<>(
                names.replace(" ", ""),
                "one of " + names,
                text ->
                        Arrays.stream(constants)
                                .filter(constant -> write(constant).equals(text))
                                .findFirst()
                                .orElseThrow(IllegalArgumentException::new));
    }

    static <T> ValueType<List<T>> listOf(ValueType<T> element) {
        return new ValueType<>(
                element.label() + SEVERAL,
                "a list, each " + element.allowed(),
                text ->
                        text.isBlank()
                                ? List.of()
                                : words(text).stream()
                                        .map(String::strip)
                                        .map(element.reader())
                                        .toList());
    }

    /**
     * The shortest text that reads back as this duration: {@code 90s}, {@code 5m}, {@code 250ms}.
     */
    static String write(Duration value) {
        long millis = value.toMillis();
        if (millis % 1000 != 0) {
            return millis + "ms";
        }
        long seconds = millis / 1000;
        if (seconds != 0 && seconds % 86_400 == 0) {
            return seconds / 86_400 + "d";
        }
        if (seconds != 0 && seconds % 3600 == 0) {
            return seconds / 3600 + "h";
        }
        return seconds != 0 && seconds % 60 == 0 ? seconds / 60 + "m" : seconds + "s";
    }

    private static String write(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    private static Boolean readBoolean(String text) {
        require(text.equals("true") || text.equals("false"));
        return text.equals("true");
    }

    private static Duration readDuration(String text) {
        Matcher parts = matching(DURATION, text);
        long amount = Long.parseLong(parts.group(1));
        return switch (parts.group(2)) {
            case "ms" -> Duration.ofMillis(amount);
            case "s" -> Duration.ofSeconds(amount);
            case "m" -> Duration.ofMinutes(amount);
            case "h" -> Duration.ofHours(amount);
            default -> Duration.ofDays(amount);
        };
    }

    private static long readSize(String text) {
        Matcher parts = matching(SIZE, text);
        int shift = " kmg".indexOf(parts.group(2).isEmpty() ? " " : parts.group(2)) * 10;
        return Long.parseLong(parts.group(1)) << shift;
    }

    private static URI readManagerUrl(String text) {
        URI url = URI.create(text);
        require("http".equals(url.getScheme()) || "https".equals(url.getScheme()));
        require(url.getHost() != null && url.getRawUserInfo() == null && url.getPort() <= 65_535);
        require(url.getRawQuery() == null && url.getRawFragment() == null);
        return url;
    }

    private static InetAddress readAddress(String text) {
        InetAddress address = NumericAddress.parse(text);
        if (address == null) {
            throw new IllegalArgumentException();
        }
        return address;
    }

    /** The whole text as {@code pattern} takes it apart. */
    static Matcher matching(Pattern pattern, String text) {
        Matcher matcher = pattern.matcher(text);
        require(matcher.matches());
        return matcher;
    }

    /** Refuses a text. */
    static void require(boolean allowed) {
        if (!allowed) {
            throw new IllegalArgumentException();
        }
    }
}
