package io.backpool.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.backpool.config.ConfigReader;
import io.undertow.connector.ByteBufferPool;
import io.undertow.connector.PooledByteBuffer;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.junit.jupiter.api.Test;

class ServerResourcesTest {
    private static final Executor THREAD_EACH = task -> new Thread(task).start();

    /** As virtual threads do: each lives for one request. */
    @Test
    void aBufferOfAThreadThatIsGoneServesTheNext() {
        try (var resources = ServerResources.open(ConfigReader.read(null, Map.of(), Map.of()))) {
            ByteBufferPool buffers = resources.buffers();
            PooledByteBuffer first = buffers.allocate();
            ByteBuffer memory = first.getBuffer();

            CompletableFuture.runAsync(first::close, THREAD_EACH).join();

            ByteBuffer next =
                    CompletableFuture.supplyAsync(() -> used(buffers), THREAD_EACH).join();
            assertThat(next).isSameAs(memory);
        }
    }

    private static ByteBuffer used(ByteBufferPool buffers) {
        try (PooledByteBuffer pooled = buffers.allocate()) {
            return pooled.getBuffer();
        }
    }
}
