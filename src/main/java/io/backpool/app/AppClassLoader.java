package io.backpool.app;

import java.net.URL;
import java.net.URLClassLoader;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The classes of an application's jar and of its libraries. Of this program it shows only the API
 * and what the API speaks of, so that versions of libraries do not clash. Safe for all threads.
 *
 * <p>Java's own classes come first, then those that both sides must share, then the application's.
 * SLF4J is this program's unless the application brings a provider of its own.
 */
final class AppClassLoader extends URLClassLoader {
    static {
        registerAsParallelCapable();
    }

    private static final List<String> SHARED =
            List.of(
                    "io.backpool.",
                    "io.undertow.",
                    "org.xnio.",
                    "org.jspecify.annotations.",
                    "io.micrometer.core.",
                    "io.micrometer.common.",
                    "io.micrometer.observation.");

    private static final String SLF4J = "org.slf4j.";

    private static final List<String> SLF4J_PROVIDERS =
            List.of(
                    "META-INF/services/org.slf4j.spi.SLF4JServiceProvider",
                    "org/slf4j/impl/StaticLoggerBinder.class");

    private final ClassLoader ours;
    private final boolean hasOwnSlf4j;

    /** Loads from {@code urls}, and what is shared from {@code ours}. */
    AppClassLoader(List<URL> urls, ClassLoader ours) {
        super("app.jar", urls.toArray(URL[]::new), getPlatformClassLoader());
        this.ours = ours;
        this.hasOwnSlf4j = SLF4J_PROVIDERS.stream().anyMatch(name -> findResource(name) != null);
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
        if (isShared(name)) {
            try {
                return ours.loadClass(name);
            } catch (ClassNotFoundException e) {
                // Such as a part of Undertow that this program does not have.
            }
        }
        return super.loadClass(name, resolve);
    }

    /** Whether there is such a class, without loading it. */
    boolean has(String name) {
        String file = name.replace('.', '/') + ".class";
        return getResource(file) != null || (isShared(name) && ours.getResource(file) != null);
    }

    private boolean isShared(String name) {
        return (name.startsWith(SLF4J) && !hasOwnSlf4j)
                || SHARED.stream().anyMatch(name::startsWith);
    }

    /** Its own before Java's: a provider that both name is the application's. */
    @Override
    public @Nullable URL getResource(String name) {
        URL own = findResource(name);
        return own == null ? super.getResource(name) : own;
    }
}
