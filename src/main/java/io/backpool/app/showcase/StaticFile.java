package io.backpool.app.showcase;

import io.undertow.io.IoCallback;
import io.undertow.io.Sender;
import io.undertow.server.HttpServerExchange;
import io.undertow.server.handlers.resource.RangeAwareResource;
import io.undertow.server.handlers.resource.Resource;
import io.undertow.util.DateUtils;
import io.undertow.util.ETag;
import io.undertow.util.MimeMappings;
import java.io.File;
import java.net.URL;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.Date;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One representation of a file, held in memory; immutable. Undertow's null for what it has not. */
@SuppressWarnings({"JavaUtilDate", "NullAway"}) // what Undertow's interface asks for
final class StaticFile implements RangeAwareResource {
    private final String path;
    private final String type;
    private final @Nullable String encoding;
    private final byte[] content;
    private final Instant lastModified;
    private final ETag etag;

    /**
     * @param encoding as in Content-Encoding; null: none
     */
    StaticFile(
            String path,
            String type,
            @Nullable String encoding,
            byte[] content,
            Instant lastModified) {
        this.path = path;
        this.type = type;
        this.encoding = encoding;
        this.content = content;
        this.lastModified = lastModified;
        this.etag = new ETag(false, hash(content).substring(0, 16));
    }

    @Nullable String encoding() {
        return encoding;
    }

    byte[] content() {
        return content.clone();
    }

    /** SHA-256, in hexadecimal digits. */
    static String hash(byte[] content) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e); // every Java has it
        }
    }

    @Override
    public void serve(Sender sender, HttpServerExchange exchange, IoCallback done) {
        sender.send(ByteBuffer.wrap(content), done);
    }

    @Override
    public void serveRange(
            Sender sender, HttpServerExchange exchange, long start, long end, IoCallback done) {
        int length = Math.toIntExact(end - start + 1);
        sender.send(ByteBuffer.wrap(content, Math.toIntExact(start), length), done);
    }

    @Override
    public boolean isRangeSupported() {
        return true;
    }

    @Override
    public ETag getETag() {
        return etag;
    }

    @Override
    public Date getLastModified() {
        return Date.from(lastModified);
    }

    @Override
    public String getLastModifiedString() {
        return DateUtils.toDateString(getLastModified());
    }

    @Override
    public String getContentType(MimeMappings mappings) {
        return type;
    }

    @Override
    public Long getContentLength() {
        return (long) content.length;
    }

    @Override
    public String getPath() {
        return path;
    }

    @Override
    public String getName() {
        return path.substring(path.lastIndexOf('/') + 1);
    }

    @Override
    public String getCacheKey() {
        return path + " " + etag;
    }

    @Override
    public boolean isDirectory() {
        return false;
    }

    @Override
    public List<Resource> list() {
        return List.of();
    }

    @Override
    public @Nullable File getFile() {
        return null;
    }

    @Override
    public @Nullable Path getFilePath() {
        return null;
    }

    @Override
    public @Nullable File getResourceManagerRoot() {
        return null;
    }

    @Override
    public @Nullable Path getResourceManagerRootPath() {
        return null;
    }

    @Override
    public @Nullable URL getUrl() {
        return null;
    }
}
