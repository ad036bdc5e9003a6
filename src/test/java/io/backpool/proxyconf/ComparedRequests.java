package io.backpool.proxyconf;

import static io.backpool.proxyconf.ThroughHttpd.utf8;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Requests of every kind of byte, size, method and answer, by what the table calls them. */
final class ComparedRequests {
    private final Map<String, String> requests = new LinkedHashMap<>();

    private ComparedRequests() {}

    static Map<String, String> all() {
        var compared = new ComparedRequests();
        compared.addTargets();
        compared.addHeaders();
        compared.addMethods();
        compared.addAnswers();
        return compared.requests;
    }

    private void addTargets() {
        for (String text : words("a|b {} ^ ` \" <> \\ [] '*!$() ;,:@ ~ ?/")) {
            get("query `" + text + "`", "/whoami?q=" + text);
        }
        get("query `ü`", "/whoami?q=" + utf8("ü"));
        get("query, a byte that is no UTF-8", "/whoami?q=\u00ff");
        get("query `%01%0A%00`", "/whoami?q=%01%0A%00");
        get("query `%zz`", "/whoami?q=%zz");
        get("query `a#b`", "/whoami?q=a#b");
        get("query with a control character", "/whoami?q=\u0001");
        for (String path :
                words(
                        "a|b {} ^ ` \" <> a\\b [] '*!$() ,:@ %41 %7e %2F a%2fb %5C %25"
                                + " %2525 %252F %3B %3F %23 %20 a+b %0A %00 %zz"
                                + " a;b=c a;b=c/ ./a a/../b %2e%2e/a a/..%2Fb a//b a#b")) {
            get("path `/" + path + "`", "/" + path);
        }
        get("path `//whoami`", "//whoami");
        get("path `/ü`", "/" + utf8("ü"));
        get("path `/%C3%BC`", "/%C3%BC");
        get("path `/%FC`", "/%FC");
        get("an address of 14,000 bytes", "/whoami?q=" + "x".repeat(14_000));
        get("an address of 60,000 bytes", "/whoami?q=" + "x".repeat(60_000));
        get("an address of 70,000 bytes", "/whoami?q=" + "x".repeat(70_000));
        add("`http://a/whoami` as address", "GET http://a/whoami HTTP/1.1", "Host: a");
        for (String host :
                List.of(
                        "A.Example",
                        "a:80",
                        "a:8080",
                        "[::1]",
                        "my_host",
                        "a.",
                        "a:",
                        "a:99999",
                        "a b",
                        "")) {
            add("`Host: " + host + "`", "GET /whoami HTTP/1.1", "Host: " + host);
        }
        add("`Host` in UTF-8", "GET /whoami HTTP/1.1", "Host: " + utf8("ü.example"));
        add("HTTP/1.0 without Host", "GET /whoami HTTP/1.0");
    }

    private void addHeaders() {
        header("ü", utf8("ü"));
        header("a byte that is no UTF-8", "\u00ff");
        header("a tab", "a\tb");
        header("blanks around and within", "  a  b  ");
        header("nothing", "");
        header("a control character", "a\u0001b");
        header("8,000 bytes", "x".repeat(8_000));
        header("14,000 bytes", "x".repeat(14_000));
        header("60,000 bytes", "x".repeat(60_000));
        add("a header twice", "GET /whoami HTTP/1.1", "Host: a", "X-Test: 1", "X-Test: 2");
        add("a header `X_Test`", "GET /whoami HTTP/1.1", "Host: a", "X_Test: 1");
        add("a header ``!#$%&'*+-.^`|~``", "GET /whoami HTTP/1.1", "Host: a", "!#$%&'*+-.^`|~: 1");
        add("a header on two lines", "GET /whoami HTTP/1.1", "Host: a", "X-Test: 1\r\n 2");
        add(
                "`Connection: close, X-Test`",
                "GET /whoami HTTP/1.1",
                "Host: a",
                "Connection: close, X-Test",
                "X-Test: 1");
        add("`TE: trailers`", "GET /whoami HTTP/1.1", "Host: a", "TE: trailers");
        add("`Via`", "GET /whoami HTTP/1.1", "Host: a", "Via: 1.1 other");
        add(
                "`Range` and `If-Range`",
                "GET /whoami HTTP/1.1",
                "Host: a",
                "Range: bytes=0-1",
                "If-Range: \"a\"");
        add("`Authorization`", "GET /whoami HTTP/1.1", "Host: a", "Authorization: Bearer a");
        add("two `Cookie`", "GET /whoami HTTP/1.1", "Host: a", "Cookie: a=1", "Cookie: b=2");
        add(
                "`Cookie` with quotes and commas",
                "GET /whoami HTTP/1.1",
                "Host: a",
                "Cookie: a=\"1,2\"; b={\"x\":1}");
        add(
                "`Cookie` in UTF-8",
                "GET /whoami HTTP/1.1",
                "Host: a",
                "Cookie: a=" + utf8("ü") + "; b=1");
        add(
                "100 headers",
                "GET /whoami HTTP/1.1",
                IntStream.range(0, 98).mapToObj(k -> "X-" + k + ": 1"));
        add(
                "101 headers",
                "GET /whoami HTTP/1.1",
                IntStream.range(0, 99).mapToObj(k -> "X-" + k + ": 1"));
    }

    private void addMethods() {
        for (String method :
                words("POST PUT PATCH DELETE OPTIONS TRACE CONNECT PROPFIND FOO get")) {
            add("`" + method + " /whoami`", method + " /whoami HTTP/1.1", "Host: a");
        }
        add("`OPTIONS *`", "OPTIONS * HTTP/1.1", "Host: a");
        for (int size : new int[] {0, 1, 9000, 100_000}) {
            requests.put(
                    "`POST`, " + size + " bytes",
                    "POST /echo HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: "
                            + size
                            + "\r\n\r\n"
                            + "b".repeat(size));
        }
        String chunked =
                "POST /echo HTTP/1.1\r\n"
                        + "Host: a\r\n"
                        + "Connection: close\r\n"
                        + "Transfer-Encoding: chunked\r\n";
        requests.put("`POST`, chunked", chunked + "\r\n3\r\nabc\r\n0\r\n\r\n");
        requests.put(
                "`POST`, chunked with a trailer",
                chunked + "Trailer: X-Test\r\n\r\n3\r\nabc\r\n0\r\nX-Test: 1\r\n\r\n");
        requests.put(
                "`GET` with a body",
                "GET /whoami HTTP/1.1\r\n"
                        + "Host: a\r\n"
                        + "Connection: close\r\n"
                        + "Content-Length: 3\r\n\r\n"
                        + "abc");
        requests.put(
                "`Content-Length` and `Transfer-Encoding`",
                chunked + "Content-Length: 3\r\n\r\n3\r\nabc\r\n0\r\n\r\n");
    }

    private void addAnswers() {
        add("`HEAD` of an answer with a length", "HEAD /bytes/100 HTTP/1.1", "Host: a");
        add("`HEAD` of a stream", "HEAD /events HTTP/1.1", "Host: a");
        get("an empty answer", "/bytes/0");
        get("an answer in chunks", "/stream/3?every=1ms");
        get("an answer's header of 15,000 bytes", "/headers/15000");
        get("an answer's header of 60,000 bytes", "/headers/60000");
        add("`Range: bytes=0-3`", "GET /static/hello.txt HTTP/1.1", "Host: a", "Range: bytes=0-3");
        add(
                "`Range: bytes=999-`",
                "GET /static/hello.txt HTTP/1.1",
                "Host: a",
                "Range: bytes=999-");
        add("`Range`, two", "GET /static/hello.txt HTTP/1.1", "Host: a", "Range: bytes=0-0,2-2");
        add("`If-None-Match: *`", "GET /static/hello.txt HTTP/1.1", "Host: a", "If-None-Match: *");
        add("`If-Match: \"x\"`", "GET /static/hello.txt HTTP/1.1", "Host: a", "If-Match: \"x\"");
        add(
                "`If-Modified-Since`",
                "GET /static/hello.txt HTTP/1.1",
                "Host: a",
                "If-Modified-Since: Fri, 01 Jan 2100 00:00:00 GMT");
        add(
                "`Accept-Encoding: gzip`",
                "GET /static/index.html HTTP/1.1",
                "Host: a",
                "Accept-Encoding: gzip");
    }

    private void get(String name, String target) {
        add(name, "GET " + target + " HTTP/1.1", "Host: a");
    }

    private void header(String what, String value) {
        add("a header with " + what, "GET /whoami HTTP/1.1", "Host: a", "X-Test: " + value);
    }

    private void add(String name, String line, String... headers) {
        add(name, line, Stream.of(headers));
    }

    private void add(String name, String line, Stream<String> headers) {
        requests.put(name, request(line, headers.toArray(String[]::new)));
    }

    static String request(String line, String... headers) {
        List<String> all = List.of(headers);
        String lines = all.stream().map(header -> header + "\r\n").collect(Collectors.joining());
        String host = lines.contains("Host:") || line.endsWith("1.0") ? "" : "Host: a\r\n";
        String close = lines.contains("Connection:") ? "" : "Connection: close\r\n";
        return line + "\r\n" + host + close + lines + "\r\n";
    }

    private static String[] words(String words) {
        return words.split(" ");
    }
}
