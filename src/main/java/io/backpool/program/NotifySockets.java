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
 * Opens a {@link NotifySocket} for each run. One thread receives for all. Java has no datagrams on
 * unix sockets, so they are Netty's, by epoll. Safe for all threads.
 */
final class NotifySockets implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(NotifySockets.class);

    private static final Path FOLDER = Path.of("data", "notify");

    /** Bytes of sun_path, see unix(7), without the zero at its end. */
    private static final int LONGEST_PATH = 107;

    /** In bytes; systemd takes no longer one either. */
    private static final int LONGEST_MESSAGE = 4096;

    /** Null: Netty's library can't be loaded here. */
    private final @Nullable EventLoopGroup group;

    NotifySockets() {
        if (Epoll.isAvailable()) {
            var thread = new DefaultThreadFactory("notify", true);
            group = new MultiThreadIoEventLoopGroup(1, thread, EpollIoHandler.newFactory());
        } else {
            group = null;
            LOG.warn(
                    "programs get no NOTIFY_SOCKET, so the pool only looks whether they are ready:"
                            + " {}",
                    String.valueOf(Epoll.unavailabilityCause()));
        }
    }

    /**
     * Opens the socket of one run; where there can be none, which is logged, nothing is heard.
     *
     * @param changed called when the program says that it is ready, or stops
     */
    NotifySocket open(String route, Runnable changed) {
        var socket = new NotifySocket(FOLDER.resolve(route).toAbsolutePath(), changed);
        if (group != null) {
            try {
                bind(socket, group);
            } catch (IOException e) {
                LOG.warn("{} - gets no NOTIFY_SOCKET: {}", route, e.getMessage());
                socket.close();
            }
        }
        return socket;
    }

    private static void bind(NotifySocket socket, EventLoopGroup group) throws IOException {
        Path file = socket.file();
        if (file.toString().getBytes(StandardCharsets.UTF_8).length > LONGEST_PATH) {
            throw new IOException("its path has more than 107 bytes: " + file);
        }
        Files.createDirectories(socket.directory());
        Files.setPosixFilePermissions(
                socket.directory(), PosixFilePermissions.fromString("rwx------"));
        Files.deleteIfExists(file); // of a pool that was killed
        ChannelFuture bound =
                new Bootstrap()
                        .group(group)
                        .channel(EpollDomainDatagramChannel.class)
                        .option(ChannelOption.ALLOCATOR, UnpooledByteBufAllocator.DEFAULT)
                        .option(
                                ChannelOption.RECVBUF_ALLOCATOR,
                                new FixedRecvByteBufAllocator(LONGEST_MESSAGE))
                        .handler(
                                new SimpleChannelInboundHandler<DomainDatagramPacket>() {
                                    @Override
                                    protected void channelRead0(
                                            ChannelHandlerContext context,
                                            DomainDatagramPacket packet) {
                                        socket.heard(
                                                packet.content().toString(StandardCharsets.UTF_8));
                                    }
                                })
                        .bind(new DomainSocketAddress(file.toFile()))
                        .awaitUninterruptibly();
        Channel channel = bound.channel();
        if (!bound.isSuccess()) {
            throw new IOException(file + ": " + bound.cause().getMessage());
        }
        socket.opened(
                () -> {
                    var unused = channel.close();
                });
    }

    @Override
    public void close() {
        if (group != null) {
            var unused = group.shutdownGracefully();
        }
    }
}
