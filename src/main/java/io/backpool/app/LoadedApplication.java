package io.backpool.app;

import io.backpool.config.AppConfig;
import io.backpool.config.AppSettings;
import io.backpool.config.ConfigException;
import io.undertow.server.HttpHandler;
import java.io.IOException;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.function.Supplier;
import java.util.jar.JarFile;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The one application of this process, from its jar to its end: found, started once, closed once.
 * Used by the thread that starts and stops the pool.
 *
 * <p>While the application is created, started and closed, the thread's context class loader is the
 * application's own, as its libraries expect. Code that makes threads that call the application
 * makes them {@link #within} it too.
 */
public final class LoadedApplication implements Application {
    private final Application application;

    /** Closed after the application; null where the application is in our own. */
    private final @Nullable URLClassLoader ownLoader;

    private boolean started;
    private boolean closed;

    private LoadedApplication(Application application, @Nullable URLClassLoader ownLoader) {
        this.application = application;
        this.ownLoader = ownLoader;
    }

    /** One that is in our own class path. */
    public static LoadedApplication builtIn(Application application) {
        return new LoadedApplication(application, null);
    }

    /**
     * Finds the application and creates it, without starting it.
     *
     * @param copies of the jar and of what its manifest's {@code Class-Path} names, to be loaded in
     *     its place; none: the jar is loaded from where it lies
     * @param builtIn what is served where {@code config} names nothing
     * @throws ApplicationException if there is none, several, or it can't be created
     */
    public static LoadedApplication load(
            AppConfig config, List<Path> copies, Supplier<Application> builtIn) {
        Path jar = config.jar();
        String name = config.className();
        if (jar == null) {
            return builtIn(
                    name == null ? builtIn.get() : create(named(name, ourLoader(), "class path")));
        }
        AppClassLoader loader = open(jar, copies.isEmpty() ? List.of(jar) : copies);
        try {
            Class<?> type =
                    name == null ? announced(jar, loader) : named(name, loader, jar.toString());
            MissingClasses.check(copies.isEmpty() ? jar : copies.get(0), jar, loader, type);
            return new LoadedApplication(within(loader, () -> create(type)), loader);
        } catch (ApplicationException e) {
            closeAfter(e, loader);
            throw e;
        }
    }

    /**
     * @throws ApplicationException if the application does not start; its classes are let go then
     * @throws ConfigException if its settings are wrong; likewise
     */
    @Override
    public HttpHandler start(Services services) {
        try {
            HttpHandler handler = within(classLoader(), () -> start(application, services));
            started = true;
            return handler;
        } catch (ApplicationException | ConfigException e) {
            throw letGo(e);
        }
    }

    /** Closes what was never started. */
    private <E extends RuntimeException> E letGo(E failure) {
        try {
            close();
        } catch (ApplicationException e) {
            failure.addSuppressed(e);
        }
        return failure;
    }

    /**
     * Closes the application if it was started, and then its class loader; the second call does
     * nothing.
     *
     * @throws ApplicationException if the application throws; its class loader is closed even then
     */
    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        ApplicationException failure =
                started ? within(classLoader(), () -> close(application)) : null;
        if (ownLoader != null) {
            failure = closeAfter(failure, ownLoader);
        }
        if (failure != null) {
            throw failure;
        }
    }

    /**
     * Reads its settings as it would at its start, if it says what they are read into.
     *
     * @throws ConfigException if they are wrong; its class loader is closed then
     * @throws ApplicationException if nothing can be read into that type; likewise
     */
    public LoadedApplication checkSettings(AppSettings settings) {
        try {
            Class<?> type = within(application::configType);
            if (type != null) {
                settings.as(type);
            }
            return this;
        } catch (ConfigException e) {
            throw letGo(e);
        } catch (RuntimeException | LinkageError e) {
            throw letGo(new ApplicationException(nameOf(application) + ": " + e, e));
        }
    }

    private static AppClassLoader open(Path jar, List<Path> files) {
        if (!Files.isRegularFile(files.get(0))) {
            throw new ApplicationException(
                    "app.jar: " + jar + " is not a file. Does the path start where you think?",
                    null);
        }
        try (var readable = new JarFile(files.get(0).toFile())) {
            List<URL> urls = new ArrayList<>();
            for (Path file : files) {
                urls.add(file.toUri().toURL());
            }
            return new AppClassLoader(urls, ourLoader());
        } catch (MalformedURLException e) {
            throw new IllegalStateException(e);
        } catch (IOException e) {
            throw new ApplicationException(
                    "app.jar: " + jar + " can't be read as a jar (" + e.getMessage() + ")", e);
        }
    }

    /** The one that the jar names for ServiceLoader; what our own class path names is not asked. */
    private static Class<?> announced(Path jar, ClassLoader loader) {
        List<? extends Class<?>> found;
        try {
            found =
                    ServiceLoader.load(Application.class, loader).stream()
                            .map(ServiceLoader.Provider::type)
                            .filter(type -> type.getClassLoader() == loader)
                            .toList();
        } catch (ServiceConfigurationError | LinkageError e) {
            throw new ApplicationException(
                    "app.jar: "
                            + jar
                            + " names an application that can't be used: "
                            + e.getMessage()
                            + ". It must be a public class that implements "
                            + Application.class.getName()
                            + " and has a public constructor without parameters",
                    e);
        }
        if (found.isEmpty()) {
            throw new ApplicationException(
                    "app.jar: "
                            + jar
                            + " names no application. Put the name of its class into"
                            + " META-INF/services/"
                            + Application.class.getName()
                            + ", or say it in app.class",
                    null);
        }
        if (found.size() > 1) {
            throw new ApplicationException(
                    "app.jar: "
                            + jar
                            + " names "
                            + found.size()
                            + " applications. Set app.class to one of "
                            + found.stream().map(Class::getName).collect(Collectors.joining(", ")),
                    null);
        }
        return found.get(0);
    }

    private static Class<?> named(String name, ClassLoader loader, String where) {
        try {
            return Class.forName(name, false, loader);
        } catch (ClassNotFoundException e) {
            throw new ApplicationException(
                    "app.class: there is no "
                            + name
                            + " in "
                            + where
                            + ". Is its package part of the name, and its jar in app.jar?",
                    e);
        } catch (LinkageError e) {
            throw new ApplicationException("app.class: " + name + " can't be loaded: " + e, e);
        }
    }

    private static Application create(Class<?> type) {
        if (!Application.class.isAssignableFrom(type)) {
            throw new ApplicationException(
                    "app.class: "
                            + type.getName()
                            + " is no application, it must implement "
                            + Application.class.getName(),
                    null);
        }
        try {
            return (Application) type.getConstructor().newInstance();
        } catch (java.lang.reflect.InvocationTargetException e) {
            Throwable cause = e.getCause() == null ? e : e.getCause();
            throw new ApplicationException(
                    "The constructor of " + type.getName() + " failed: " + cause, cause);
        } catch (ReflectiveOperationException e) {
            throw new ApplicationException(
                    "app.class: "
                            + type.getName()
                            + " must be a public class that is not abstract, with a public"
                            + " constructor without parameters",
                    e);
        } catch (LinkageError e) {
            throw new ApplicationException(type.getName() + " can't be loaded: " + e, e);
        }
    }

    private static HttpHandler start(Application application, Services services) {
        HttpHandler handler;
        try {
            handler = application.start(services);
        } catch (ConfigException e) {
            throw e; // What it found in app.config.
        } catch (Exception | LinkageError e) {
            throw new ApplicationException(nameOf(application) + " did not start: " + e, e);
        }
        if (handler == null) {
            throw new ApplicationException(
                    nameOf(application)
                            + " did not start: its start() returned null instead of a handler",
                    null);
        }
        return handler;
    }

    private static @Nullable ApplicationException close(Application application) {
        try {
            application.close();
            return null;
        } catch (Exception | LinkageError e) {
            return new ApplicationException(nameOf(application) + " failed to close: " + e, e);
        }
    }

    /** Closes the loader; what fails is added to {@code failure}, or is the failure. */
    private static @Nullable ApplicationException closeAfter(
            @Nullable ApplicationException failure, URLClassLoader loader) {
        try {
            loader.close();
        } catch (IOException e) {
            if (failure == null) {
                return new ApplicationException("app.jar: can't be closed: " + e.getMessage(), e);
            }
            failure.addSuppressed(e);
        }
        return failure;
    }

    private static <T extends @Nullable Object> T within(ClassLoader loader, Supplier<T> step) {
        Thread thread = Thread.currentThread();
        ClassLoader before = thread.getContextClassLoader();
        thread.setContextClassLoader(loader);
        try {
            return step.get();
        } finally {
            thread.setContextClassLoader(before);
        }
    }

    /**
     * Runs a step with the application's class loader as the thread's. Threads that begin in it
     * keep it.
     */
    public <T extends @Nullable Object> T within(Supplier<T> step) {
        return within(classLoader(), step);
    }

    /** The application's; ours, where it is in our own class path. */
    public ClassLoader classLoader() {
        return ownLoader == null ? ourLoader() : ownLoader;
    }

    private static ClassLoader ourLoader() {
        return LoadedApplication.class.getClassLoader();
    }

    private static String nameOf(Application application) {
        return "The application " + application.getClass().getName();
    }
}
