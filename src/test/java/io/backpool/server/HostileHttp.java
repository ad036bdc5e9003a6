package io.backpool.server;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;

/** Requests that no front end should send, the same ones at every run. */
final class HostileHttp {
    private static final String GET = "GET /a?b=c HTTP/1.1\r\nHost: a\r\nX-One: two\r\n\r\n";
    private static final String POST =
            "POST /b HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello";
    private static final String CHUNKED =
            "PUT /c HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                    + "5\r\nhello\r\n00a;x=y\r\n, world!!!\r\n0\r\nX-Late: 1\r\n\r\n";
    private static final List<String> RIGHT =
            List.of(
                    GET,
                    POST,
                    CHUNKED,
                    "HEAD /d HTTP/1.0\r\n\r\n",
                    "OPTIONS * HTTP/1.1\r\nHost: [::1]:80\r\nConnection: keep-alive\r\n\r\n",
                    "GET http://a:80/e HTTP/1.1\r\nHost: a:80\r\nAccept:\r\n\r\n");

    private static final List<String> CODINGS =
            List.of(
                    "chunked",
                    "Chunked",
                    " chunked",
                    "\tchunked\t",
                    "\u000bchunked",
                    "chunked\u000b",
                    "xchunked",
                    "chunkedx",
                    "chunked, chunked",
                    "chunked,",
                    ", chunked",
                    "chunked, identity",
                    "identity, chunked",
                    "identity",
                    "gzip",
                    "gzip, chunked",
                    "chunked;q=1",
                    "chunked; a",
                    "\"chunked\"",
                    "chu nked",
                    "chu\r\n nked",
                    "\r\n chunked",
                    "chunked\r\n ,x",
                    "chunked\0",
                    "",
                    "none");
    private static final List<String> CODING_NAMES =
            List.of(
                    "Transfer-Encoding:",
                    "transfer-encoding:",
                    "Transfer-Encoding :",
                    "Transfer-Encoding\t:",
                    " Transfer-Encoding:",
                    "Transfer_Encoding:",
                    "Transfer-Encoding\r:",
                    "Transfer-Encoding\0:",
                    "Transfer-Encoding",
                    ":",
                    "X: y\nTransfer-Encoding:",
                    "X: y\rTransfer-Encoding:",
                    "X: y\r\r\nTransfer-Encoding:",
                    "Transfer-Encoding: x\r\nTransfer-Encoding:",
                    "Content-Length: 3\r\nTransfer-Encoding:");
    private static final List<String> LENGTHS =
            List.of(
                    "0",
                    "5",
                    "05",
                    "0000000005",
                    "+5",
                    "-5",
                    "-0",
                    " 5",
                    "5 ",
                    "5\t",
                    "5x",
                    "0x5",
                    "5, 5",
                    "5,5",
                    "5;5",
                    "5.0",
                    "5e0",
                    "5 5",
                    "\"5\"",
                    "",
                    "five",
                    "\u00b5",
                    "9223372036854775807",
                    "9223372036854775808",
                    "18446744073709551621",
                    "99999999999999999999999",
                    "5\r\n 5",
                    "5\r\nContent-Length: 5",
                    "5\r\nContent-Length: 6",
                    "0\r\nContent-Length: 5",
                    "5\0",
                    "5\u000b");
    private static final List<String> SIZES =
            List.of(
                    "5",
                    "05",
                    "5;",
                    "5;a=b",
                    "5 ;a",
                    "5 ",
                    " 5",
                    "5x",
                    "0x5",
                    "+5",
                    "-5",
                    "5,5",
                    "",
                    ";",
                    "4",
                    "6",
                    "5.",
                    "5\0",
                    "5\t",
                    "5\r",
                    "fffffff",
                    "7fffffffffffffff",
                    "ffffffffffffffff",
                    "10000000000000005",
                    "g",
                    "\u00ff",
                    "5;\"\n\"",
                    "5\n5");
    private static final List<String> LINES =
            List.of(
                    "GET / HTTP/1.1",
                    "get / HTTP/1.1",
                    "GET  / HTTP/1.1",
                    "GET /  HTTP/1.1",
                    "GET\t/\tHTTP/1.1",
                    " GET / HTTP/1.1",
                    "GET / HTTP/1.1 ",
                    "GET /",
                    "GET",
                    "",
                    "GET / ",
                    "GET / http/1.1",
                    "GET / HTTP/1",
                    "GET / HTTP/1.",
                    "GET / HTTP/1.1.1",
                    "GET / HTTP/01.1",
                    "GET / HTTP/1.10",
                    "GET / HTTPS/1.1",
                    "GET / FTP/1.1",
                    "GET / HTTP /1.1",
                    "GET /a b HTTP/1.1",
                    "GET a HTTP/1.1",
                    "GET * HTTP/1.1",
                    "GET ?x HTTP/1.1",
                    "GET a:80 HTTP/1.1",
                    "GET //evil/ HTTP/1.1",
                    "GET /../../x HTTP/1.1",
                    "GET /%2e%2e/x HTTP/1.1",
                    "GET /%00 HTTP/1.1",
                    "GET /%zz HTTP/1.1",
                    "GET /% HTTP/1.1",
                    "GET /%u0041 HTTP/1.1",
                    "GET /%c0%af HTTP/1.1",
                    "GET /#x HTTP/1.1",
                    "GET /;a=b;c HTTP/1.1",
                    "GET /?a=b&&=&c HTTP/1.1",
                    "GET http://a HTTP/1.1",
                    "GET http://a/ HTTP/1.1",
                    "GET HTTP://A/ HTTP/1.1",
                    "GET http://a/x?y HTTP/1.1",
                    "GET http://b/ HTTP/1.1",
                    "GET http://a:81/ HTTP/1.1",
                    "GET http://u@a/ HTTP/1.1",
                    "GET http:/// HTTP/1.1",
                    "GET http://[::1/ HTTP/1.1",
                    "GET https://a/ HTTP/1.1",
                    "GET ftp://a/ HTTP/1.1",
                    "CONNECT a:80 HTTP/1.1",
                    "CONNECT / HTTP/1.1",
                    "TRACE / HTTP/1.1",
                    "OPTIONS * HTTP/1.1",
                    "POST / HTTP/1.1",
                    "DELETE / HTTP/1.1",
                    "BREW / HTTP/1.1",
                    "G".repeat(64) + " / HTTP/1.1",
                    "G".repeat(5000) + " / HTTP/1.1");
    private static final List<String> HOSTS =
            List.of(
                    "Host: a",
                    "Host: a:80",
                    "Host: a:",
                    "Host:",
                    "Host: a b",
                    "Host: a, b",
                    "Host: a/b",
                    "Host: a@b",
                    "Host: a:b",
                    "Host: a:80:80",
                    "Host: [::1]",
                    "Host: [::1",
                    "Host: http://a",
                    "Host: a\r\nHost: a",
                    "Host: a\r\nhost: b",
                    "Host: a\r\n b",
                    "Host : a",
                    "X: y",
                    "Host: a\0b",
                    "Host: a?b",
                    "Host: a#b",
                    "Host: <a>",
                    "Host: \u00e4");

    private final Set<String> all = new LinkedHashSet<>();

    private HostileHttp() {}

    static List<byte[]> streams() {
        var hostile = new HostileHttp();
        hostile.addLists();
        hostile.addBytesEverywhere();
        hostile.addCuts();
        hostile.addFloods();
        hostile.addAccidents();
        List<byte[]> streams = new ArrayList<>();
        hostile.all.forEach(s -> streams.add(s.getBytes(StandardCharsets.ISO_8859_1)));
        return streams;
    }

    private void addLists() {
        for (String version : List.of("1.1", "1.0")) {
            String head = "POST / HTTP/" + version + "\r\nHost: a\r\n";
            for (String name : CODING_NAMES) {
                all.add(head + name + " chunked\r\n\r\n0\r\n\r\n");
            }
            for (String coding : CODINGS) {
                all.add(head + "Transfer-Encoding: " + coding + "\r\n\r\n0\r\n\r\n");
                for (String length : List.of("0", "5", "x")) {
                    String field = "Content-Length: " + length + "\r\n";
                    String codings = "Transfer-Encoding: " + coding + "\r\n";
                    all.add(head + field + codings + "\r\n0\r\n\r\n");
                    all.add(head + codings + field + "\r\n0\r\n\r\n");
                }
                all.add(
                        head
                                + "Transfer-Encoding: chunked\r\nTransfer-Encoding: "
                                + coding
                                + "\r\n\r\n0\r\n\r\n");
            }
            LENGTHS.forEach(
                    length -> all.add(head + "Content-Length: " + length + "\r\n\r\nhello"));
        }
        for (String size : SIZES) {
            String head = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
            all.add(head + size + "\r\nhello\r\n0\r\n\r\n");
            all.add(head + "5\r\nhello\r\n" + size + "\r\nhello\r\n0\r\n\r\n");
            all.add(head + size + "\nhello\n0\n\n");
            all.add(head + "0\r\n" + size + "\r\n\r\n");
        }
        LINES.forEach(line -> all.add(line + "\r\nHost: a\r\n\r\n"));
        HOSTS.forEach(host -> all.add("GET / HTTP/1.1\r\n" + host + "\r\n\r\n"));
        HOSTS.forEach(host -> all.add("GET http://a/ HTTP/1.1\r\n" + host + "\r\n\r\n"));
        for (int version = 0; version < 100; version++) {
            String line = " / HTTP/" + version / 10 + "." + version % 10 + "\r\nHost: a\r\n";
            all.add("GET" + line + "\r\n");
            all.add("POST" + line + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
        }
    }

    /** Each of the 256 bytes in each kind of place. */
    private void addBytesEverywhere() {
        for (char c = 0; c < 256; c++) {
            all.add("G" + c + "T / HTTP/1.1\r\nHost: a\r\n\r\n");
            all.add("GET /a" + c + "b HTTP/1.1\r\nHost: a\r\n\r\n");
            all.add("GET /?a" + c + "b HTTP/1.1\r\nHost: a\r\n\r\n");
            all.add("GET / HTTP/1.1" + c + "\r\nHost: a\r\n\r\n");
            all.add("GET / HTTP/1.1\r" + c + "Host: a\r\n\r\n");
            all.add("GET / HTTP/1.1\r\nHost: a\r\nX" + c + "Y: b\r\n\r\n");
            all.add("GET / HTTP/1.1\r\nHost: a\r\n" + c + ": b\r\n\r\n");
            all.add("GET / HTTP/1.1\r\nHost: a\r\nX: a" + c + "b\r\n\r\n");
            all.add("GET / HTTP/1.1\r\nHost: a\r\nX: a\r\n" + c + "b\r\n\r\n");
            all.add("GET / HTTP/1.1\r\nHost: a" + c + "b\r\n\r\n");
            all.add(c + POST);
        }
    }

    /** Ends after each byte; and what comes next is taken for the rest. */
    private void addCuts() {
        for (String right : List.of(GET, POST, CHUNKED)) {
            for (int i = 0; i < right.length(); i++) {
                all.add(right.substring(0, i));
                all.add(right.substring(0, i) + right.substring(i + 1));
                all.add(right.substring(0, i) + right.charAt(i) + right.substring(i));
            }
        }
        int chunks = CHUNKED.indexOf("\r\n\r\n") + 4;
        for (int i = chunks; i < CHUNKED.length(); i++) {
            for (String other : List.of("\0", "\r", "\n", "\r\n", " ", "f", "0", ";", "-", "z")) {
                all.add(CHUNKED.substring(0, i) + other + CHUNKED.substring(i + 1));
                all.add(CHUNKED.substring(0, i) + other + CHUNKED.substring(i));
            }
        }
    }

    private void addFloods() {
        String head = "GET / HTTP/1.1\r\nHost: a\r\n";
        for (int lines : new int[] {99, 100, 199, 200, 1000, 100_000}) {
            all.add(head + "X: y\r\n".repeat(lines) + "\r\n");
        }
        for (int bytes : new int[] {8000, 9000, 16_384, 20_000, 1_000_000}) {
            all.add(head + "X: " + "y".repeat(bytes) + "\r\n\r\n");
            all.add(head + "X".repeat(bytes) + ": y\r\n\r\n");
            all.add("GET /" + "x".repeat(bytes) + " HTTP/1.1\r\nHost: a\r\n\r\n");
            all.add("GET /?" + "&".repeat(bytes) + " HTTP/1.1\r\nHost: a\r\n\r\n");
            all.add(head + "X: y" + "\r\n y".repeat(bytes / 4) + "\r\n\r\n");
        }
        for (int count : new int[] {999, 1000, 2000}) {
            all.add("GET /?" + "a=b&".repeat(count) + "c HTTP/1.1\r\nHost: a\r\n\r\n");
        }
        String post = "POST / HTTP/1.1\r\nHost: a\r\n";
        all.add(post + "Content-Length: 1000\r\n\r\n" + "x".repeat(1000));
        all.add(post + "Content-Length: 1001\r\n\r\n" + "x".repeat(1001));
        String chunked = post + "Transfer-Encoding: chunked\r\n\r\n";
        all.add(chunked + "1\r\nx\r\n".repeat(1000) + "0\r\n\r\n");
        all.add(chunked + "1\r\nx\r\n".repeat(1001) + "0\r\n\r\n");
        all.add(chunked + "0".repeat(10_000) + "\r\n\r\n");
        all.add(chunked + "0\r\n" + "X: y\r\n".repeat(10_000) + "\r\n");
        all.add(chunked + "1;" + "x".repeat(100_000) + "\r\nx\r\n0\r\n\r\n");
    }

    /** What is right, with one to three accidents. */
    private void addAccidents() {
        var random = new Random(20_261_121);
        String bytes = "\0\t\r\n :;,/?%+-.*0159afAF\"'\u007f\u0080\u00ff";
        for (int i = 0; i < 1500; i++) {
            var text = new StringBuilder(RIGHT.get(random.nextInt(RIGHT.size())));
            for (int accidents = 1 + random.nextInt(3); accidents > 0; accidents--) {
                int at = random.nextInt(text.length());
                int to = at + 1 + random.nextInt(Math.min(8, text.length() - at));
                String odd = "" + bytes.charAt(random.nextInt(bytes.length()));
                switch (random.nextInt(6)) {
                    case 0 -> text.replace(at, to, odd);
                    case 1 -> text.insert(at, odd);
                    case 2 -> text.delete(at, Math.min(to, text.length() - 1));
                    case 3 -> text.insert(at, text.substring(at, to));
                    case 4 -> text.insert(at, "\r\n");
                    default -> text.insert(at, RIGHT.get(random.nextInt(RIGHT.size())));
                }
            }
            all.add(text.toString());
        }
    }
}
