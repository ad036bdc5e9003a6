import com.google.cloud.tools.jib.api.Containerizer;
import com.google.cloud.tools.jib.api.Jib;
import com.google.cloud.tools.jib.api.JibContainerBuilder;
import com.google.cloud.tools.jib.api.TarImage;
import com.google.cloud.tools.jib.api.buildplan.AbsoluteUnixPath;
import com.google.cloud.tools.jib.api.buildplan.FileEntriesLayer;
import com.google.cloud.tools.jib.api.buildplan.FilePermissions;
import com.google.cloud.tools.jib.api.buildplan.Platform;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Packs the image: each folder below the first argument becomes a layer, so that a new version of ours
 * changes the last one only. Other arguments: version, tar file. Called by {@code src/image/build}.
 */
public final class Image {
    private static final String DATA = "/var/lib/backpool";

    /** A number, for who looks whether it is root can't read our /etc/passwd. */
    private static final String USER = "10001:10001";

    private Image() {}

    public static void main(String[] args) throws Exception {
        Path layers = Path.of(args[0]);
        String version = args[1];
        Path tar = Path.of(args[2]);
        JibContainerBuilder image =
                Jib.fromScratch()
                        .setPlatforms(Set.of(new Platform(architecture(), "linux")))
                        .setEntrypoint("/usr/bin/tini", "-e", "143", "--", "/usr/bin/backpool")
                        .setProgramArguments("serve")
                        .setUser(USER)
                        .setWorkingDirectory(AbsoluteUnixPath.get(DATA))
                        .setVolumes(AbsoluteUnixPath.get(DATA))
                        .setEnvironment(
                                Map.of("PATH", "/opt/java/bin:/usr/bin:/bin", "LC_ALL", "C.UTF-8"))
                        .setLabels(
                                Map.of(
                                        "org.opencontainers.image.title", "Backpool",
                                        "org.opencontainers.image.version", version,
                                        "org.opencontainers.image.licenses", "Apache-2.0"))
                        .setCreationTime(Instant.now());
        for (String layer : List.of("runtime", "backpool")) {
            image.addFileEntriesLayer(layer(layer, layers.resolve(layer)));
        }
        Path cache = layers.resolve("cache");
        image.containerize(
                Containerizer.to(TarImage.at(tar).named("backpool:" + version.replace('+', '-')))
                        .setBaseImageLayersCache(cache)
                        .setApplicationLayersCache(cache)
                        .setOfflineMode(true));
    }

    private static FileEntriesLayer layer(String name, Path folder) throws IOException {
        FileEntriesLayer.Builder layer = FileEntriesLayer.builder().setName(name);
        try (Stream<Path> tops = Files.list(folder)) {
            for (Path top : tops.sorted().toList()) {
                layer.addEntryRecursive(
                        top,
                        AbsoluteUnixPath.get("/" + top.getFileName()),
                        (file, target) -> permissions(file),
                        FileEntriesLayer.DEFAULT_MODIFICATION_TIME_PROVIDER,
                        (file, target) -> target.toString().equals(DATA) ? USER : "0:0");
            }
        }
        return layer.build();
    }

    private static FilePermissions permissions(Path file) {
        try {
            return FilePermissions.fromPosixFilePermissions(Files.getPosixFilePermissions(file));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String architecture() {
        String name = System.getProperty("os.arch");
        return name.equals("aarch64") ? "arm64" : name;
    }
}
