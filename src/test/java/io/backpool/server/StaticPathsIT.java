package io.backpool.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.backpool.app.showcase.Showcase;
import io.backpool.testkit.AjpPacket;
import io.backpool.testkit.RawSocket;
import io.backpool.testkit.TestServices;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Ways out of {@code /static}, in hundreds of spellings, over HTTP and AJP. */
class StaticPathsIT {
    private static final List<String> DOTS =
            List.of(
                    "..",
                    ".%2e",
                    "%2e%2e",
                    "%2E%2E",
                    "%252e%252e",
                    "%25252e%25252e",
                    "..;",
                    "..;a=b",
                    ".%00.",
                    "..%00",
                    "%c0%ae%c0%ae",
                    "%e0%80%ae%e0%80%ae",
                    "%f0%80%80%ae",
                    "%u002e%u002e",
                    "%ef%bc%8e%ef%bc%8e",
                    "...",
                    "....",
                    ". .",
                    ".%20.",
                    "..%20",
                    "..%09",
                    "%2e",
                    ".",
                    "");
    private static final List<String> SLASHES =
            List.of(
                    "/",
                    "//",
                    "/./",
                    "%2f",
                    "%2F",
                    "%252f",
                    "%5c",
                    "%5C",
                    "\\",
                    "%255c",
                    "%c0%af",
                    "%e0%80%af",
                    "%c1%9c",
                    "%u2215",
                    "%ef%bc%8f",
                    "/;/",
                    "/%00/",
                    ":");
    private static final List<String> TARGETS =
            List.of("etc/passwd", "backend.yaml", "META-INF/MANIFEST.MF", "data/ajp-secret");

    @TempDir static Path directory;

    private static TestMember member;

    @BeforeAll
    static void open() {
        member =
                TestMember.openWith(
                        Map.of(),
                        resources -> {
                            try {
                                return new Showcase().start(new TestServices(directory));
                            } catch (Exception e) {
                                throw new IllegalStateException(e);
                            }
                        });
    }

    @AfterAll
    static void close() {
        member.close();
    }

    @Test
    void noSpellingLeadsOutOfTheFolder() {
        List<String> paths = new ArrayList<>();
        for (String dots : DOTS) {
            for (String slash : SLASHES) {
                for (String target : TARGETS) {
                    paths.add("/static/" + (dots + slash).repeat(6) + target);
                    paths.add("/static" + slash + (dots + slash).repeat(2) + target);
                }
                paths.add("/static/" + dots + slash);
            }
        }
        assertThat(paths).hasSizeGreaterThan(3000);
        paths.forEach(StaticPathsIT::assertThatThereIsNothing);
    }

    @Test
    void aNameIsItsOwnSpellingOnly() {
        assertThat(http("/static/hello.txt")).startsWith("HTTP/1.1 200 ");
        assertThat(ajp("/static/hello.txt")).startsWith("200\n");
        for (String name :
                List.of(
                        "HELLO.TXT",
                        "Hello.txt",
                        "hello.TXT",
                        "hello.txt.",
                        "hello.txt..",
                        "hello.txt%20",
                        "hello.txt%00",
                        "hello.txt%00.css",
                        "hello.txt%0a",
                        "hello.txt/",
                        "hello.txt/.",
                        "hello.txt//",
                        "hello.txt%2f",
                        "hello.txt\\",
                        "hello.txt%5c",
                        "hello.txt::$DATA",
                        "hello.txt~",
                        "hello~1.txt",
                        "hello.txt.br",
                        "hello.txt.gz",
                        ".hello.txt",
                        "hello.tx%CC%88t",
                        "%EF%BD%88ello.txt",
                        "hello%u002etxt",
                        "hello%252etxt")) {
            assertThatThereIsNothing("/static/" + name);
        }
    }

    @Test
    void aNameMayBeVeryLong() {
        for (int length : new int[] {255, 256, 4096, 50_000}) {
            assertThatThereIsNothing("/static/" + "a".repeat(length));
            assertThatThereIsNothing("/static/" + "a/".repeat(length / 2) + "hello.txt");
            assertThatThereIsNothing("/static/" + "../".repeat(length / 3) + "etc/passwd");
        }
    }

    @Test
    void noFolderIsListed() {
        for (String folder :
                List.of(
                        "/static",
                        "/static/",
                        "/static//",
                        "/static/.",
                        "/static/*",
                        "/static/?C=M")) {
            assertThat(http(folder) + ajp(folder)).doesNotContain("hello.txt", "manifest.json");
        }
    }

    /**
     * Files come from the jar: what lies in the working directory, or a link there, is not asked.
     */
    @Test
    void noFileOfTheWorkingDirectoryIsServed() throws Exception {
        Path folder = Files.createDirectories(Path.of("static"));
        Path link = folder.resolve("link.txt");
        try {
            Files.createSymbolicLink(link, Path.of("/etc/passwd"));
            assertThatThereIsNothing("/static/link.txt");
        } finally {
            Files.deleteIfExists(link);
            Files.delete(folder);
        }
    }

    /** {@code /static..} and the like are names, which the showcase greets. */
    private static void assertThatThereIsNothing(String path) {
        assertThat(http(path))
                .as(path)
                .matches("(?s)HTTP/1\\.1 (4(00|04|31) |200 .*\r\n\r\nHello, ).*")
                .doesNotContain("root:", "Manifest-Version", "max-age");
        assertThat(ajp(path))
                .as(path)
                .matches("(?s)(4(00|04|31)\n|200\n.*\n\nHello, |500\n\n!close$|$).*")
                .doesNotContain("root:", "Manifest-Version", "max-age");
    }

    private static String http(String path) {
        return RawSocket.exchange(
                member.httpPort(),
                "GET " + path + " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    }

    private static String ajp(String path) {
        try (RawSocket socket = RawSocket.connect(member.ajpPort())) {
            byte[] request = AjpPacket.get(path, 0).secret(TestMember.SECRET).end();
            return AjpPacket.answer(socket.send(request).readUntil(AjpPacket::isWhole));
        }
    }
}
