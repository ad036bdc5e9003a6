package io.backpool.server;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;

/** Those of Java 21 and later, by name, since this is compiled for Java 17. */
final class VirtualThreads {
    /** {@code Thread.isVirtual}; null before Java 21. */
    private static final @Nullable MethodHandle IS_VIRTUAL = isVirtual();

    private VirtualThreads() {}

    private static @Nullable MethodHandle isVirtual() {
        try {
            return MethodHandles.publicLookup()
                    .findVirtual(Thread.class, "isVirtual", MethodType.methodType(boolean.class));
        } catch (NoSuchMethodException | IllegalAccessException e) {
            return null;
        }
    }

    /** Whether this Java has them. */
    static boolean exist() {
        return IS_VIRTUAL != null;
    }

    /** Whether the calling thread is one. */
    static boolean isCurrent() {
        try {
            return IS_VIRTUAL != null && (boolean) IS_VIRTUAL.invokeExact(Thread.currentThread());
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }

    /** Runs each task on one of its own. */
    static ExecutorService executor() {
        try {
            return (ExecutorService)
                    MethodHandles.publicLookup()
                            .findStatic(
                                    Executors.class,
                                    "newVirtualThreadPerTaskExecutor",
                                    MethodType.methodType(ExecutorService.class))
                            .invoke();
        } catch (Throwable e) {
            throw new IllegalStateException("Java 21 or later has virtual threads", e);
        }
    }
}
