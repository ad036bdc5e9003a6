package io.backpool.server;

import java.io.IOException;
import org.xnio.OptionMap;
import org.xnio.Options;
import org.xnio.Xnio;
import org.xnio.XnioWorker;

/** A worker with one event loop. */
final class TestWorker {
    private TestWorker() {}

    static XnioWorker open(String name) throws IOException {
        return Xnio.getInstance(TestWorker.class.getClassLoader())
                .createWorker(
                        OptionMap.builder()
                                .set(Options.WORKER_NAME, name)
                                .set(Options.WORKER_IO_THREADS, 1)
                                .set(Options.WORKER_TASK_CORE_THREADS, 1)
                                .set(Options.WORKER_TASK_MAX_THREADS, 1)
                                .getMap());
    }
}
