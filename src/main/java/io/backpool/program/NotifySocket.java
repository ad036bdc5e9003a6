package io.backpool.program;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollDomainDatagramChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.unix.DomainDatagramPacket;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The socket on which one run says with sd_notify(3) that it is ready, or stops, and what it said.
 * Java has no datagrams on unix sockets, so it is Netty's, by epoll. Safe for all threads.
 */
final class NotifySocket extends SimpleChannelInboundHandler<DomainDatagramPacket>
        implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(NotifySocket.class);

    /** Bytes of sun_path, see unix(7), without the zero at its end. */
    private static final int LONGEST_PATH = 107;

    /** In bytes; systemd takes no longer one either. */
    private static final int LONGEST_MESSAGE = 4096;

    private static final int LONGEST_STATUS = 200;

    private final Path file;
    private final Runnable changed;

    /** Null: it is not open. */
    private volatile @Nullable Channel channel;

    private volatile boolean spoken;
    private volatile boolean ready;
    private volatile boolean stopping;
    private volatile String status = "";

    private NotifySocket(String route, Runnable changed) {
        this.file = Path.of("data", "notify", route, "socket").toAbsolutePath();
        this.changed = changed;
    }

    /** The thread that receives for all; null: there can be none here, which is logged. */
    static @Nullable EventLoopGroup thread() {
        if (Epoll.isAvailable()) {
            return new MultiThreadIoEventLoopGroup(
                    1, new DefaultThreadFactory("notify", true), EpollIoHandler.newFactory());
        }
        LOG.warn(
                "programs get no NOTIFY_SOCKET, so the pool only looks whether they are ready: {}",
                String.valueOf(Epoll.unavailabilityCause()));
        return null;
    }

    /**
     * The socket of one run; where there can be none, which is logged, nothing is heard.
     *
     * @param changed called when the program says that it is ready, or stops
     */
    static NotifySocket open(@Nullable EventLoopGroup thread, String route, Runnable changed) {
        var socket = new NotifySocket(route, changed);
        if (thread != null) {
            try {
                socket.bind(thread);
            } catch (IOException e) {
                LOG.warn("{} - gets no NOTIFY_SOCKET: {}", route, e.getMessage());
            }
        }
        return socket;
    }

    private void bind(EventLoopGroup thread) throws IOException {
        if (file.toString().getBytes(StandardCharsets.UTF_8).length > LONGEST_PATH) {
            throw new IOException(file + " has more than %d bytes".formatted(LONGEST_PATH));
        }
        Path directory = Files.createDirectories(file.resolveSibling(""));
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx------"));
        Files.deleteIfExists(file); // of a pool that was killed
        ChannelFuture bound =
                new Bootstrap()
                        .group(thread)
                        .channel(EpollDomainDatagramChannel.class)
                        .option(ChannelOption.ALLOCATOR, UnpooledByteBufAllocator.DEFAULT)
                        .option(
                                ChannelOption.RECVBUF_ALLOCATOR,
                                new FixedRecvByteBufAllocator(LONGEST_MESSAGE))
                        .handler(this)
                        .bind(new DomainSocketAddress(file.toFile()))
                        .awaitUninterruptibly();
        if (!bound.isSuccess()) {
            throw new IOException(file + ": " + bound.cause().getMessage());
        }
        channel = bound.channel();
    }

    /** Lines of {@code NAME=VALUE}; other names are nothing to us. */
    @Override
    protected void channelRead0(ChannelHandlerContext context, DomainDatagramPacket packet) {
        spoken = true;
        for (String line : packet.content().toString(StandardCharsets.UTF_8).split("\n")) {
            if (line.equals("READY=1") && !ready) {
                ready = true;
                changed.run();
            } else if (line.equals("STOPPING=1") && !stopping) {
                stopping = true;
                changed.run();
            } else if (line.startsWith("STATUS=")) {
                String text = line.substring("STATUS=".length()).replaceAll("\\p{Cntrl}", " ");
                status = text.substring(0, Math.min(text.length(), LONGEST_STATUS));
            }
        }
    }

    /** For NOTIFY_SOCKET; null: it is not open. */
    @Nullable String path() {
        return channel == null ? null : file.toString();
    }

    /** Whether the program has said that it stops. */
    boolean isStopping() {
        return stopping;
    }

    /** Why it is not ready, by what it says; null: it is, or says nothing. */
    @Nullable String notReady() {
        if (stopping) {
            return "has sent STOPPING=1";
        }
        return !spoken || ready
                ? null
                : "has not sent READY=1" + (status.isEmpty() ? "" : ", its status is: " + status);
    }

    @Override
    public void close() {
        Channel open = channel;
        if (open != null) {
            var unused = open.close();
        }
        try {
            Files.deleteIfExists(file);
            Files.deleteIfExists(file.resolveSibling(""));
        } catch (IOException e) {
            LOG.debug("{} can't be removed: {}", file, e.getMessage());
        }
    }
}
