package io.backpool.server;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * What a stream of bytes says in HTTP/1.1, read after RFC 9110 and 9112 and by no code of the
 * server's. What a member reads all the same, because Undertow does so before a handler can look,
 * is read here as well and called by its name: nothing else may be. Used by one thread.
 */
final class StrictHttp {
    static final int MAX_HEAD = 8192;
    static final int MAX_LINES = 200;
    static final int MAX_BODY = 1000;
    static final int LONG_METHOD = 32;

    /** What is not HTTP, and is served: the list in operations.md, "What is refused". */
    enum Lax {
        FOLDED_LINE,
        UNKNOWN_VERSION,
        CHUNK_LINE_ENDS_WITH_LF,
        CHUNK_SIZE_FOLLOWED_BY_ANYTHING,
        CHUNK_LINE_WITHOUT_SIZE_IS_THE_LAST,
        CHUNK_FOLLOWED_BY_ANYTHING,
        TRAILER_OF_ANY_FORM
    }

    /** What comes after the requests that are served. */
    enum End {
        /** Nothing, or what nobody reads any more. */
        QUIET,
        /** What is answered by 4xx or 5xx, and by a close. */
        REFUSED,
        /** The same within a body, or in place of one: a close may be all that comes. */
        BROKEN_BODY,
        /** A request that is not whole. */
        CUT
    }

    /**
     * A request as its server must see it.
     *
     * @param lax what is wrong with it
     * @param unclear whether the RFC lets a server refuse it
     */
    record Request(String method, String target, String body, Set<Lax> lax, boolean unclear) {}

    private static final class Malformed extends RuntimeException {
        private static final long serialVersionUID = 1;
    }

    private static final class Incomplete extends RuntimeException {
        private static final long serialVersionUID = 1;
    }

    private static final String TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
    private static final String ESCAPE = "%[0-9A-Fa-f]{2}";
    private static final String HOST =
            "[A-Za-z0-9._~!$&'()*+,;=-]*(?::\\+?\\d*)?|\\[[0-9A-Fa-f:.]+](?::\\+?\\d*)?";
    private static final String TARGET = "[A-Za-z0-9._~!$&'()*+,;=:@/?-]*";

    private final String stream;
    private int position;
    private Set<Lax> lax = EnumSet.noneOf(Lax.class);
    private boolean unclear;
    private boolean inBody;

    final List<Request> requests = new ArrayList<>();
    End end = End.QUIET;

    private StrictHttp(byte[] stream) {
        this.stream = new String(stream, StandardCharsets.ISO_8859_1);
    }

    static StrictHttp read(byte[] stream) {
        var read = new StrictHttp(stream);
        try {
            boolean goesOn = true;
            while (goesOn && read.position < read.stream.length()) {
                goesOn = read.request();
            }
        } catch (Malformed e) {
            boolean nothing = read.position == read.stream.length();
            read.end = read.inBody || nothing ? End.BROKEN_BODY : End.REFUSED;
        } catch (Incomplete e) {
            read.end = End.CUT;
        }
        return read;
    }

    /** Reads one; whether the connection goes on behind it. */
    private boolean request() {
        lax = EnumSet.noneOf(Lax.class);
        unclear = false;
        inBody = false;
        while (stream.startsWith("\r\n", position)) {
            unclear = true; // RFC 9112, 2.2: should be ignored
            position += 2;
        }
        int start = position;
        String[] line = line().split(" ", -1);
        require(line.length == 3 && line[0].matches(TOKEN));
        String method = line[0];
        String target = line[1];
        version(line[2]);
        boolean old = line[2].equals("HTTP/1.0");
        List<String[]> fields = fields();
        unclear |= method.length() > LONG_METHOD;
        boolean folded = lax.contains(Lax.FOLDED_LINE); // counts as the one line that it becomes
        require((folded || position - start <= MAX_HEAD) && fields.size() <= MAX_LINES);
        require(!method.equals("CONNECT") && !method.equals("TRACE"));
        target(method, target, fields, old);
        String body = body(fields, old);
        requests.add(new Request(method, target, body, lax, unclear));
        List<String> connection = values(fields, "connection");
        if (connection.stream().anyMatch(value -> !value.matches("(?i)close|keep-alive"))) {
            unclear = true;
        }
        boolean close = connection.stream().anyMatch(value -> value.equalsIgnoreCase("close"));
        boolean keep = connection.stream().anyMatch(value -> value.equalsIgnoreCase("keep-alive"));
        return old ? keep : !close;
    }

    private void version(String version) {
        require(version.matches("HTTP/\\d\\.\\d"));
        require(!version.equals("HTTP/0.9") && !version.equals("HTTP/2.0"));
        if (!version.equals("HTTP/1.1") && !version.equals("HTTP/1.0")) {
            lax.add(Lax.UNKNOWN_VERSION);
        }
    }

    private void target(String method, String target, List<String[]> fields, boolean old) {
        List<String> hosts = values(fields, "host");
        require(hosts.size() == 1 || (hosts.isEmpty() && old));
        unclear |= fields.size() > 127; // Undertow keeps no more of one name
        require(hosts.stream().allMatch(StrictHttp::isHost));
        unclear |= hosts.stream().anyMatch(host -> host.matches(".*:(\\+\\d+)?"));
        if (target.equals("*")) {
            require(method.equals("OPTIONS"));
            return;
        }
        String path = target;
        if (!target.startsWith("/")) {
            require(target.matches("(?i)[a-z]+://[^/?]+.*"));
            unclear |= !target.startsWith("http://");
            String authority = target.replaceFirst("^[a-zA-Z]+://", "").replaceFirst("[/?].*", "");
            require(isHost(authority));
            require(hosts.isEmpty() || hosts.get(0).equalsIgnoreCase(authority));
            unclear |= !hosts.contains(authority);
            path = target.replaceFirst("^[a-zA-Z]+://[^/?]+", "");
        }
        require(path.chars().allMatch(c -> c > ' ' && c != 0x7F));
        require(!path.split("\\?", 2)[0].contains("%00"));
        unclear |= !path.replaceAll(ESCAPE, "").matches(TARGET);
    }

    /** Name in lower case, and value. */
    private List<String[]> fields() {
        List<String[]> fields = new ArrayList<>();
        while (true) {
            String line = line();
            if (line.isEmpty()) {
                return fields;
            }
            if (line.startsWith(" ") || line.startsWith("\t")) {
                require(!fields.isEmpty());
                String[] last = fields.get(fields.size() - 1);
                lax.add(Lax.FOLDED_LINE);
                last[1] = (last[1] + " " + trim(line)).strip();
            } else {
                String[] field = line.split(":", 2);
                require(field.length == 2 && field[0].matches(TOKEN));
                field[0] = field[0].toLowerCase(Locale.ROOT);
                field[1] = trim(field[1]);
                fields.add(field);
            }
            require(line.indexOf('\0') < 0);
            unclear |= line.chars().anyMatch(c -> (c < ' ' && c != '\t') || c == 0x7F);
        }
    }

    private String body(List<String[]> fields, boolean old) {
        List<String> lengths = values(fields, "content-length");
        List<String> codings = values(fields, "transfer-encoding");
        if (!codings.isEmpty()) {
            require(lengths.isEmpty() && codings.size() == 1 && !old);
            require(codings.get(0).equalsIgnoreCase("chunked"));
            inBody = true;
            int start = position;
            String body = chunks();
            unclear |= position - start > MAX_BODY; // the framing counts
            return body;
        }
        if (lengths.isEmpty()) {
            return "";
        }
        require(lengths.size() == 1 && lengths.get(0).matches("\\d{1,18}"));
        long length = Long.parseLong(lengths.get(0));
        require(length <= MAX_BODY);
        return bytes((int) length);
    }

    private String chunks() {
        var body = new StringBuilder();
        while (true) {
            String line = chunkLine();
            String digits = line.replaceFirst("(?s)[^0-9A-Fa-f].*", "");
            if (digits.isEmpty()) {
                lax.add(Lax.CHUNK_LINE_WITHOUT_SIZE_IS_THE_LAST);
            } else if (!line.matches("[0-9A-Fa-f]+(?:[ \t]*;[^\0\n\r]*)?")) {
                lax.add(Lax.CHUNK_SIZE_FOLLOWED_BY_ANYTHING);
            }
            String significant = digits.replaceFirst("^0+(?=.)", "");
            require(significant.length() < 8);
            int size = significant.isEmpty() ? 0 : Integer.parseInt(significant, 16);
            require(body.length() + size <= MAX_BODY);
            if (size == 0) {
                trailers();
                return body.toString();
            }
            body.append(bytes(size));
            if (!chunkLine().isEmpty()) {
                lax.add(Lax.CHUNK_FOLLOWED_BY_ANYTHING);
            }
        }
    }

    private void trailers() {
        String line = chunkLine();
        while (!line.isEmpty()) {
            require(line.contains(":"));
            if (!line.matches(TOKEN + ":[^\0\r]*")) {
                lax.add(Lax.TRAILER_OF_ANY_FORM);
            }
            line = chunkLine();
        }
    }

    private String chunkLine() {
        int end = stream.indexOf('\n', position);
        if (end < 0) {
            throw new Incomplete();
        }
        String line = stream.substring(position, end);
        position = end + 1;
        if (line.endsWith("\r")) {
            return line.substring(0, line.length() - 1);
        }
        lax.add(Lax.CHUNK_LINE_ENDS_WITH_LF);
        return line;
    }

    private String bytes(int count) {
        if (position + count > stream.length()) {
            throw new Incomplete();
        }
        position += count;
        return stream.substring(position - count, position);
    }

    /** Up to CR LF, neither of which may stand alone. */
    private String line() {
        int end = stream.indexOf("\r\n", position);
        String line = stream.substring(position, end < 0 ? stream.length() : end);
        require(line.indexOf('\n') < 0);
        require(end < 0 ? line.indexOf('\r') < 0 || line.endsWith("\r") : line.indexOf('\r') < 0);
        if (end < 0) {
            throw new Incomplete();
        }
        position = end + 2;
        return line;
    }

    private static List<String> values(List<String[]> fields, String name) {
        return fields.stream().filter(field -> field[0].equals(name)).map(f -> f[1]).toList();
    }

    private static boolean isHost(String text) {
        return text.replaceAll(ESCAPE, "").matches(HOST);
    }

    private static String trim(String text) {
        return text.replaceAll("^[ \t]+|[ \t]+$", "");
    }

    private static void require(boolean condition) {
        if (!condition) {
            throw new Malformed();
        }
    }
}
