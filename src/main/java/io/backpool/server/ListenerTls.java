package io.backpool.server;

import io.backpool.config.TlsConfig;
import io.backpool.config.TlsFileException;
import io.backpool.config.TlsFiles;
import io.undertow.connector.ByteBufferPool;
import io.undertow.protocols.ssl.UndertowXnioSsl;
import java.io.IOException;
import java.lang.ref.WeakReference;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xnio.ChannelListener;
import org.xnio.IoUtils;
import org.xnio.OptionMap;
import org.xnio.Options;
import org.xnio.Sequence;
import org.xnio.SslClientAuthMode;
import org.xnio.StreamConnection;
import org.xnio.Xnio;
import org.xnio.XnioExecutor;
import org.xnio.conduits.AbstractStreamSinkConduit;
import org.xnio.conduits.StreamSinkConduit;
import org.xnio.ssl.SslConnection;

/**
 * TLS of listeners, with certificates as its files have them: a thread of its own looks once a
 * second whether they changed. Connections that are open keep what they have. Safe for all threads.
 */
final class ListenerTls implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ListenerTls.class);
    private static final long LOOK_SECONDS = 1;

    /** A record of TLS and what frames it. */
    static final int BUFFER_SIZE = 17 * 1024;

    private final TlsConfig config;
    private final long handshakeMillis;
    private final UndertowXnioSsl xnio;
    private final OptionMap options;

    /**
     * Handshakes compute here, so that they neither wait for handlers nor hold up an event loop.
     */
    private final ScheduledExecutorService threads;

    private final ScheduledFuture<?> looks;

    private volatile TlsFiles files;

    /** What the files were like when they were read last, and at the last look; of one thread. */
    private String read;

    private String seen;

    private ListenerTls(
            TlsConfig config, Duration handshake, int threadCount, ByteBufferPool buffers) {
        this.config = config;
        this.handshakeMillis = handshake.toMillis();
        this.read = state();
        this.seen = read;
        this.files = TlsFiles.read(config, Instant.now());
        this.threads =
                Executors.newScheduledThreadPool(
                        threadCount,
                        task -> {
                            var thread = new Thread(task, "backpool-tls");
                            thread.setDaemon(true);
                            return thread;
                        });
        this.options =
                OptionMap.builder()
                        .set(Options.SSL_ENABLED_PROTOCOLS, Sequence.of("TLSv1.3", "TLSv1.2"))
                        .set(
                                Options.SSL_CLIENT_AUTH_MODE,
                                config.clientCa() == null
                                        ? SslClientAuthMode.NOT_REQUESTED
                                        : SslClientAuthMode.REQUIRED)
                        .getMap();
        this.xnio =
                new UndertowXnioSsl(
                        Xnio.getInstance(ListenerTls.class.getClassLoader()),
                        OptionMap.EMPTY,
                        buffers,
                        TlsContexts.ofListener(files),
                        threads);
        this.looks =
                threads.scheduleWithFixedDelay(
                        this::look, LOOK_SECONDS, LOOK_SECONDS, TimeUnit.SECONDS);
    }

    /**
     * Reads the files.
     *
     * @param handshake the longest time that one may take
     * @param buffers of {@link #BUFFER_SIZE} at least
     * @throws TlsFileException if they can't be used
     */
    static ListenerTls open(
            TlsConfig config, Duration handshake, int threadCount, ByteBufferPool buffers) {
        return new ListenerTls(config, handshake, threadCount, buffers);
    }

    /** What is spoken inside of a connection that was accepted just now. */
    StreamConnection wrap(StreamConnection accepted) {
        accepted.getSinkChannel()
                .setConduit(new BoundedWait(accepted.getSinkChannel().getConduit()));
        SslConnection inside = xnio.wrapExistingConnection(accepted, options, false);
        // One that was closed meanwhile is not kept for this.
        var open = new WeakReference<>(inside);
        XnioExecutor.Key late =
                accepted.getIoThread()
                        .executeAfter(
                                () -> IoUtils.safeClose(open.get()),
                                handshakeMillis,
                                TimeUnit.MILLISECONDS);
        ChannelListener<SslConnection> done = connection -> late.remove();
        inside.getHandshakeSetter().set(done);
        return inside;
    }

    /** When the certificate in use expires. */
    Instant expires() {
        return files.expires();
    }

    /** Of this process when it asks one of its members. */
    SSLContext ofPool() {
        return TlsContexts.ofPool(files);
    }

    /** Takes up files that changed, once they stay as they are: they are several. */
    private void look() {
        String now = state();
        boolean isStill = now.equals(seen);
        seen = now;
        if (!isStill || now.equals(read)) {
            return;
        }
        read = now;
        try {
            TlsFiles changed = TlsFiles.read(config, Instant.now());
            xnio.updateSSLContext(TlsContexts.ofListener(changed));
            files = changed;
            LOG.info(
                    "{} was read again, its certificate expires at {}",
                    config.use().section(),
                    changed.expires());
        } catch (RuntimeException | Error e) { // Anything that is thrown would end the looks.
            LOG.error(
                    "{} has changed and can't be used, the certificate that expires at {} stays in"
                            + " use: {}",
                    config.use().section(),
                    files.expires(),
                    e.getMessage() == null ? e.toString() : e.getMessage());
        }
    }

    private String state() {
        return Stream.of(config.certificate(), config.key(), config.clientCa())
                .filter(Objects::nonNull)
                .map(ListenerTls::state)
                .collect(Collectors.joining(" "));
    }

    private static String state(Path file) {
        try {
            BasicFileAttributes now = Files.readAttributes(file, BasicFileAttributes.class);
            return now.lastModifiedTime() + "/" + now.size() + "/" + now.fileKey();
        } catch (IOException e) {
            return "absent";
        }
    }

    /**
     * A blocked writer sees soon that its connection was closed. Undertow's TLS waits without a
     * limit, also where it was given one.
     */
    private static final class BoundedWait extends AbstractStreamSinkConduit<StreamSinkConduit> {
        BoundedWait(StreamSinkConduit next) {
            super(next);
        }

        @Override
        public void awaitWritable() throws IOException {
            super.awaitWritable(AnswerConduit.AWAIT_MILLIS, TimeUnit.MILLISECONDS);
        }
    }

    @Override
    public void close() {
        looks.cancel(false);
        threads.shutdownNow();
    }
}
