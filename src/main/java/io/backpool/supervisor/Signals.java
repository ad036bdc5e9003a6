package io.backpool.supervisor;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Signals that mean something to the pool. By reflection, since the JDK has no other class for it
 * than {@code sun.misc.Signal}, which the compiler does not let pass. TERM and INT stay the JVM's.
 */
public final class Signals {
    private static final Logger LOG = LoggerFactory.getLogger(Signals.class);

    private Signals() {}

    /** Runs {@code task} at each {@code HUP}, {@code TTIN}, ..., on a thread of the JVM's. */
    public static void on(String name, Runnable task) {
        try {
            Class<?> signal = Class.forName("sun.misc.Signal");
            Class<?> handler = Class.forName("sun.misc.SignalHandler");
            Object ours =
                    Proxy.newProxyInstance(
                            Signals.class.getClassLoader(),
                            new Class<?>[] {handler},
                            (proxy, method, arguments) -> {
                                if (method.getName().equals("handle")) {
                                    task.run();
                                }
                                return null;
                            });
            signal.getMethod("handle", signal, handler)
                    .invoke(null, signal.getConstructor(String.class).newInstance(name), ours);
        } catch (InvocationTargetException e) {
            // Taken by the JVM itself: -Xrs, or the shell's nohup.
            LOG.debug("SIG{} stays what it is: {}", name, String.valueOf(e.getCause()));
        } catch (ReflectiveOperationException e) {
            LOG.warn("SIG{} has no effect on this Java", name);
        }
    }

    /** Lets it pass without effect. */
    public static void ignore(String name) {
        on(name, () -> {});
    }
}
