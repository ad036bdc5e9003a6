package io.backpool.supervisor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.backpool.testkit.AppJar;
import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is copied, what a copy is called, and what becomes of one that was damaged. */
class LauncherTest {
    @TempDir Path directory;

    @Test
    void theSameContentIsTheSameCopyAndAnotherOneIsNot() throws IOException {
        Path jar = jar("a.jar", "A", null);
        Copy first = copy(jar);
        assertThat(copy(jar("b.jar", "A", null)).folder()).isEqualTo(first.folder());
        assertThat(first.files()).hasSize(1);
        jar("a.jar", "B", null);
        assertThat(copy(jar).folder()).isNotEqualTo(first.folder());
        assertThat(Files.mismatch(first.files().get(0), directory.resolve("b.jar"))).isEqualTo(-1);
    }

    @Test
    void whatTheManifestNamesIsCopiedToo() throws IOException {
        Files.createDirectories(directory.resolve("lib/classes/x"));
        Files.writeString(directory.resolve("lib/classes/x/some.txt"), "text");
        jar("lib/b.jar", "B", "../c.jar gone.jar http://elsewhere/d.jar");
        jar("c.jar", "C", "a.jar");
        Path jar = jar("a.jar", "A", "lib/b.jar lib/classes/");
        Copy copy = copy(jar);
        assertThat(copy.originals().stream().map(path -> path.getFileName().toString()))
                .containsExactly("a.jar", "b.jar", "c.jar", "classes");
        assertThat(Copy.files(copy.folder())).isEqualTo(copy.files());
        try (var inside = FileSystems.newFileSystem(copy.files().get(3))) {
            assertThat(inside.getPath("x/some.txt")).hasContent("text");
        }
        assertThat(copy(jar).folder()).isEqualTo(copy.folder());
    }

    @Test
    void aDamagedCopyIsMadeAgainUnlessItsOriginalHasChanged() throws IOException {
        Path jar = jar("a.jar", "A", null);
        Copy copy = copy(jar);
        Path file = copy.files().get(0);
        byte[] good = Files.readAllBytes(file);
        byte[] bad = good.clone();
        bad[bad.length / 2] ^= 1;
        Files.write(file, bad);
        assertThat(copy.files().get(0)).hasBinaryContent(good);
        Files.delete(file);
        assertThat(copy.files().get(0)).hasBinaryContent(good);

        Files.write(file, new byte[3]);
        jar("a.jar", "B", null);
        assertThatThrownBy(copy::files)
                .isInstanceOf(IOException.class)
                .hasMessageContaining(jar + " is not what it was");
        assertThat(halfMade(copy)).isEmpty();
    }

    @Test
    void whatAJarIsFollowsFromItsContent() throws IOException {
        Path ours = jar("x.jar", "A", null);
        manifest(ours, "Main-Class: io.backpool.cli.Main");
        Path shop = AppJar.make(directory, "shop.jar", List.of("Shop"), "class Shop {}");
        assertThat(ClassPath.isBackend(ours)).isTrue();
        assertThat(ClassPath.isBackend(shop)).isFalse();
        assertThat(ClassPath.announcesApplication(shop)).isTrue();
        assertThat(ClassPath.announcesApplication(ours)).isFalse();
        Path text = Files.writeString(directory.resolve("text"), "no jar");
        assertThatThrownBy(() -> ClassPath.isBackend(text))
                .hasMessageContaining(text + " can't be read as a jar");
        assertThatThrownBy(() -> ClassPath.isBackend(directory.resolve("gone.jar")))
                .hasMessageContaining("gone.jar is not a file");
    }

    @Test
    void aVersionIsTheSameForTheSameJars() throws IOException {
        Path jar = jar("a.jar", "A", null);
        manifest(jar, "Implementation-Version: 1.4.2");
        Copy ours = copy(jar);
        Version version = Version.of(ours, null);
        assertThat(version.hash()).isEqualTo(ours.hash().substring(0, 10));
        assertThat(version).hasToString("1.4.2 (" + version.hash() + ")");
        Copy shop = copy(jar("shop.jar", "Shop", null));
        assertThat(Version.of(ours, shop).hash()).isNotIn(version.hash(), shop.hash());
        assertThat(Version.of(ours, shop)).isEqualTo(Version.of(ours, shop));
        assertThat(Version.of(ours, shop).release()).isNull();
    }

    @Test
    void aScaleThatOutgrowsTheMemorySaysSo() {
        assertThat(Memory.excess(List.of(), List.of(2, 2))).isNull();
        assertThat(Memory.excess(List.of(), List.of(2, 2, 4, 4)))
                .contains("90% of the memory, not 60%");
        assertThat(Memory.excess(List.of("-Xmx1g"), List.of(1, 1))).isNull();
    }

    private Copy copy(Path jar) throws IOException {
        Path cache = Files.createDirectories(directory.resolve("cache"));
        return Copy.make(cache, Launch.APPLICATION, ClassPath.of(jar));
    }

    private static List<Path> halfMade(Copy copy) throws IOException {
        try (Stream<Path> files = Files.list(copy.folder())) {
            return files.filter(file -> file.getFileName().toString().startsWith("."))
                    .collect(Collectors.toList());
        }
    }

    private Path jar(String name, String type, @Nullable String classPath) throws IOException {
        Path made = AppJar.make(directory, "made.jar", List.of(), "class " + type + " {}");
        if (classPath != null) {
            manifest(made, "Class-Path: " + classPath);
        }
        Path jar = directory.resolve(name);
        Files.createDirectories(jar.getParent());
        return Files.move(made, jar, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    }

    private static void manifest(Path jar, String line) throws IOException {
        try (var inside = FileSystems.newFileSystem(jar)) {
            Files.createDirectories(inside.getPath("META-INF"));
            Files.writeString(
                    inside.getPath("META-INF/MANIFEST.MF"),
                    "Manifest-Version: 1.0\r\n" + line + "\r\n");
        }
    }
}
