package io.backpool.doctor;

import io.backpool.config.BalancerConfig.Protocol;
import io.backpool.config.PoolConfig;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.GroupPrincipal;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The members' unix sockets: whether somebody listens, and whether httpd may connect. One thread.
 */
final class SocketChecks {
    private final PoolConfig pool;
    private final List<Finding> findings = new ArrayList<>();

    SocketChecks(PoolConfig pool) {
        this.pool = pool;
    }

    /**
     * @param httpd its configuration; null: not known
     */
    List<Finding> examine(Path directory, @Nullable HttpdConfig httpd) {
        searchable(directory);
        for (int index = 1; index <= pool.members(); index++) {
            for (Protocol protocol :
                    pool.hasAjp() ? List.of(Protocol.HTTP, Protocol.AJP) : List.of(Protocol.HTTP)) {
                socket(Objects.requireNonNull(pool.socket(protocol, index)), httpd);
            }
        }
        return findings;
    }

    private void searchable(Path directory) {
        for (Path path = directory; path != null; path = path.getParent()) {
            PosixFileAttributes file = attributes(path);
            if (file != null && !file.permissions().contains(PosixFilePermission.OTHERS_EXECUTE)) {
                findings.add(
                        FindingKind.SOCKET_DIRECTORY.at(
                                path.toString(),
                                "only its owner and group may search it",
                                "httpd's user can't reach what lies below: 503, AH02454.",
                                "chmod o+x "
                                        + path
                                        + ", or pool.sockets elsewhere, such as /run/backpool"));
            }
            if (path.equals(directory)
                    && file != null
                    && file.permissions().contains(PosixFilePermission.OTHERS_WRITE)) {
                findings.add(
                        FindingKind.SOCKET_DIRECTORY.at(
                                path.toString(),
                                "everybody may write to it",
                                "Another user can put a socket of its own in a member's place.",
                                "chmod o-w " + path));
            }
        }
        if (Stream.of("/tmp", "/var/tmp", "/home", "/root").anyMatch(directory::startsWith)) {
            add(
                    FindingKind.SOCKET_PRIVATE,
                    directory,
                    "services of systemd mostly have a /tmp of their own, and no /home",
                    "pool.sockets: /run/backpool, or PrivateTmp=no and ProtectHome=no in the unit"
                            + " of httpd");
        }
    }

    private void socket(Path path, @Nullable HttpdConfig httpd) {
        PosixFileAttributes file = attributes(path);
        if (file == null) {
            add(
                    FindingKind.SOCKET_MISSING,
                    path,
                    "there is no such socket",
                    "java -jar backend.jar status: does the pool run, and with this pool.sockets?");
            return;
        }
        String refused = refused(path);
        if (refused != null) {
            add(
                    FindingKind.SOCKET_SILENT,
                    path,
                    "no process accepts there: " + refused,
                    "java -jar backend.jar status: does the pool run? Is doctor run as its user?");
        } else if (httpd != null && isStartedByRoot(httpd)) {
            mayConnect(path, file, httpd);
        }
    }

    private static @Nullable String refused(Path path) {
        try (var channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            channel.configureBlocking(false); // a full queue is somebody who listens
            channel.connect(UnixDomainSocketAddress.of(path));
            return null;
        } catch (IOException e) {
            return String.valueOf(e.getMessage());
        }
    }

    private void mayConnect(Path path, PosixFileAttributes file, HttpdConfig httpd) {
        String group = httpd.last("group").map(it -> it.argument(0)).orElse("");
        boolean inGroup =
                file.permissions().contains(PosixFilePermission.GROUP_WRITE)
                        && is(group, path, file.group());
        boolean isOwner =
                httpd.last("user")
                        .filter(it -> it.argument(0).equals(file.owner().getName()))
                        .isPresent();
        if (!group.isEmpty() && !inGroup && !isOwner) {
            add(
                    FindingKind.SOCKET_MODE,
                    path,
                    "it is for %s and group %s, httpd's processes are in group %s"
                            .formatted(file.owner().getName(), groupOf(file), group),
                    "pool.socket-group: " + group);
        }
    }

    private static String groupOf(PosixFileAttributes file) {
        return file.permissions().contains(PosixFilePermission.GROUP_WRITE)
                ? file.group().getName()
                : "nobody";
    }

    /**
     * Whether the argument of {@code Group}, a name or {@code #} and a number, means this group.
     */
    private static boolean is(String argument, Path path, GroupPrincipal group) {
        try {
            return argument.startsWith("#")
                    ? argument.substring(1).equals(Files.getAttribute(path, "unix:gid").toString())
                    : FileSystems.getDefault()
                            .getUserPrincipalLookupService()
                            .lookupPrincipalByGroupName(argument)
                            .equals(group);
        } catch (IOException e) {
            return false;
        }
    }

    /** Only then do {@code User} and {@code Group} say what its processes are: see its PidFile. */
    private static boolean isStartedByRoot(HttpdConfig httpd) {
        Path root = Path.of(httpd.last("serverroot").map(it -> it.argument(0)).orElse("/"));
        String file = httpd.last("pidfile").map(it -> it.argument(0)).orElse("logs/httpd.pid");
        PosixFileAttributes pid = attributes(root.resolve(file));
        return pid != null && pid.owner().getName().equals("root");
    }

    private static @Nullable PosixFileAttributes attributes(Path path) {
        try {
            return Files.readAttributes(path, PosixFileAttributes.class);
        } catch (IOException e) {
            return null;
        }
    }

    private void add(FindingKind kind, Path where, String what, String remedy) {
        findings.add(kind.at(where.toString(), what, remedy));
    }
}
