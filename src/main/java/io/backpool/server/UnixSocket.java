package io.backpool.server;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.FileSystemException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserPrincipalNotFoundException;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.xnio.IoUtils;

/**
 * A unix socket that is bound, with the rights that its file has. The file outlives a process that
 * is killed; the lock on the file beside it does not: who has the lock owns the socket. Used by the
 * thread that opens and closes the member.
 */
final class UnixSocket implements AutoCloseable {
    private final Path path;
    private final FileChannel lock;
    private final ServerSocketChannel channel;

    private UnixSocket(Path path, FileChannel lock, ServerSocketChannel channel) {
        this.path = path;
        this.lock = lock;
        this.channel = channel;
    }

    /**
     * Binds {@code path}, whose directory is made if absent. A file there without a listener any
     * more is replaced.
     *
     * @param group who may connect beside the process's own user; null: no one else
     * @param backlog connections that wait to be accepted
     * @throws ServerException if another process listens there, or it can't be bound
     */
    static UnixSocket bind(Path path, @Nullable String group, int backlog) {
        FileChannel lock = null;
        try {
            makeDirectory(Objects.requireNonNull(path.getParent()));
            lock =
                    FileChannel.open(
                            beside(path, ".lock"),
                            StandardOpenOption.CREATE,
                            StandardOpenOption.WRITE);
            if (!isFree(lock)) {
                throw new IOException("another process listens there. Is another backend running?");
            }
            return new UnixSocket(path, lock, bound(path, group, backlog));
        } catch (IOException | UnsupportedOperationException e) {
            IoUtils.safeClose(lock);
            throw new ServerException(
                    "Cannot listen on unix:%s (pool.sockets): %s".formatted(path, why(e)), e);
        }
    }

    /** httpd's user must be able to search it; who may connect, the sockets' own mode says. */
    private static void makeDirectory(Path directory) throws IOException {
        if (!Files.isDirectory(directory)) {
            Files.createDirectories(directory);
            Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
        }
    }

    private static boolean isFree(FileChannel lock) throws IOException {
        try {
            return lock.tryLock() != null;
        } catch (OverlappingFileLockException e) {
            return false;
        }
    }

    /** Under another name first: no one can connect before the file has its mode. */
    private static ServerSocketChannel bound(Path path, @Nullable String group, int backlog)
            throws IOException {
        Path unfinished = beside(path, ".new");
        Files.deleteIfExists(unfinished);
        ServerSocketChannel channel = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        try {
            channel.bind(UnixDomainSocketAddress.of(unfinished), backlog);
            var file = Files.getFileAttributeView(unfinished, PosixFileAttributeView.class);
            if (group != null) {
                give(file, group);
            }
            file.setPermissions(
                    PosixFilePermissions.fromString(group == null ? "rw-------" : "rw-rw----"));
            Files.move(unfinished, path, StandardCopyOption.ATOMIC_MOVE);
            return channel;
        } catch (IOException e) {
            IoUtils.safeClose(channel);
            Files.deleteIfExists(unfinished);
            throw e;
        }
    }

    private static void give(PosixFileAttributeView file, String group) throws IOException {
        var names = FileSystems.getDefault().getUserPrincipalLookupService();
        try {
            file.setGroup(names.lookupPrincipalByGroupName(group));
        } catch (UserPrincipalNotFoundException e) {
            throw new IOException("there is no group " + group + " (pool.socket-group)", e);
        } catch (FileSystemException e) {
            throw new IOException(
                    "the pool's user is not in the group %s (pool.socket-group): %s"
                            .formatted(group, e.getReason()),
                    e);
        }
    }

    private static Path beside(Path path, String suffix) {
        return path.resolveSibling(path.getFileName() + suffix);
    }

    private static String why(Exception e) {
        return e.getClass() == IOException.class ? String.valueOf(e.getMessage()) : e.toString();
    }

    ServerSocketChannel channel() {
        return channel;
    }

    /** Deletes the file, then gives up the right to it. Twice is harmless. */
    @Override
    public void close() {
        try {
            if (lock.isOpen()) {
                Files.deleteIfExists(path);
            }
        } catch (IOException e) {
            throw new ServerException("Cannot delete " + path + ": " + e, e);
        } finally {
            IoUtils.safeClose(channel, lock);
        }
    }
}
