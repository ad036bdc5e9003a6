package io.backpool.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.backpool.config.AppConfig;
import io.backpool.config.AppSettings;
import io.backpool.testkit.AppJar;
import io.backpool.testkit.TestServices;
import io.undertow.server.HttpHandler;
import java.io.IOException;
import java.lang.ref.WeakReference;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Jars as developers make them, right and wrong. */
class LoadedApplicationTest {
    private static final String SERVICE = "META-INF/services/" + Application.class.getName();
    private static final Services NO_SERVICES = new TestServices(Path.of("target", "none"));

    @TempDir private Path directory;

    @Test
    void withoutJarAndClassTheBuiltInOneIsServed() {
        var builtIn = new Counting();
        try (var loaded = load(null, null, builtIn)) {
            assertThat(loaded.start(NO_SERVICES)).isSameAs(builtIn.handler);
        }
    }

    @Test
    void anApplicationIsStartedOnceAndClosedOnce() {
        var application = new Counting();
        var loaded = load(null, null, application);
        loaded.start(NO_SERVICES);
        loaded.close();
        loaded.close();
        assertThat(application.started).hasValue(1);
        assertThat(application.closed).hasValue(1);
    }

    @Test
    void anApplicationThatWasNeverStartedIsNotClosed() {
        var application = new Counting();
        load(null, null, application).close();
        assertThat(application.closed).hasValue(0);
    }

    @Test
    void aJarsOnlyApplicationIsFoundWithoutItsName() throws Exception {
        Path jar = jar("one.jar", List.of("demo.One"), source("One", ""));
        try (var loaded = load(jar, null)) {
            HttpHandler handler = loaded.start(NO_SERVICES);
            assertThat(handler.getClass().getName()).startsWith("demo.One");
            assertThat(handler.getClass().getClassLoader())
                    .isNotSameAs(Application.class.getClassLoader());
        }
    }

    @Test
    void aClassIsFoundByNameInTheJarWithoutAServiceFile() throws Exception {
        Path jar = jar("named.jar", List.of(), source("Named", ""));
        try (var loaded = load(jar, "demo.Named")) {
            assertThat(loaded.start(NO_SERVICES)).isNotNull();
        }
    }

    @Test
    void aClassIsFoundByNameOnOurOwnClassPath() {
        try (var loaded = load(null, Plain.class.getName())) {
            assertThat(loaded.start(NO_SERVICES)).isNotNull();
        }
    }

    @Test
    void itsLibrariesFindItsClassLoaderAsTheThreads() throws Exception {
        Path jar =
                jar(
                        "context.jar",
                        List.of("demo.Context"),
                        source(
                                "Context",
                                "{ if (Thread.currentThread().getContextClassLoader() !="
                                        + " Context.class.getClassLoader()) throw new"
                                        + " IllegalStateException(); }"));
        ClassLoader before = Thread.currentThread().getContextClassLoader();
        load(jar, null).close();
        assertThat(Thread.currentThread().getContextClassLoader()).isSameAs(before);
    }

    @Test
    void itsOwnVersionOfALibraryIsUsed() throws Exception {
        Path jar =
                jar(
                        "own.jar",
                        List.of("demo.Own"),
                        source("Own", "{ tools.jackson.core.Version.ofTheApplication(); }"),
                        "package tools.jackson.core; public class Version {"
                                + " public static void ofTheApplication() {} }");
        load(jar, null).close();
    }

    @Test
    void whatIsOursAndNotOfTheApiIsNotSeen() throws Exception {
        Path jar =
                jar(
                        "hidden.jar",
                        List.of("demo.Hidden"),
                        source(
                                "Hidden",
                                "{ try { Class.forName(\"tools.jackson.core.Version\"); throw new"
                                        + " IllegalStateException(); } catch"
                                        + " (ClassNotFoundException e) {} }"));
        load(jar, null).close();
    }

    @Test
    void slf4jIsOursUnlessTheApplicationBringsAProvider() throws Exception {
        String slf4j = "package org.slf4j; public class LoggerFactory { public static int own; }";
        String user =
                "{ try { Class.forName(\"org.slf4j.LoggerFactory\").getField(\"own\");"
                        + " throw new IllegalStateException(\"own\"); }"
                        + " catch (ReflectiveOperationException e) {} }";
        Path ours = jar("ours.jar", List.of("demo.Ours"), source("Ours", user), slf4j);
        load(ours, null).close();
        String provider = "package org.slf4j.impl; public class StaticLoggerBinder {}";
        Path own = jar("own.jar", List.of("demo.Brings"), source("Brings", user), slf4j, provider);
        refused(own, null, "IllegalStateException: own");
    }

    @Test
    void aLibraryThatIsMissingIsNamedBeforeTheFirstRequest() throws Exception {
        Path jar =
                jar(
                        "lacks.jar",
                        List.of("demo.Lacks"),
                        source("Lacks", "Object later() { return new other.Library[0]; }"),
                        "package other; public class Library {}");
        load(jar, null).close();
        try (var files = FileSystems.newFileSystem(jar)) {
            Files.delete(files.getPath("other", "Library.class"));
        }
        refused(jar, null, "lacks.jar lacks other.Library, which demo.Lacks uses");
    }

    @Test
    void whatALibraryInTheJarCanDoWithoutMayBeMissing() throws Exception {
        Path jar =
                jar(
                        "optional.jar",
                        List.of("demo.Optional"),
                        source("Optional", "Object later() { return new other.Library(); }"),
                        "package other; public class Library { Object later() { return new"
                                + " extra.Extra(); } }",
                        "package extra; public class Extra {}");
        try (var files = FileSystems.newFileSystem(jar)) {
            Files.delete(files.getPath("extra", "Extra.class"));
        }
        load(jar, null).close();
    }

    @Test
    void nothingKeepsItsClassesWhenItIsClosed() throws Exception {
        Path jar = jar("gone.jar", List.of("demo.Gone"), source("Gone", ""));
        WeakReference<ClassLoader> loader = loadedAndClosed(jar);
        for (int i = 0; i < 50 && loader.get() != null; i++) {
            System.gc();
        }
        assertThat(loader.get()).isNull();
    }

    private static WeakReference<ClassLoader> loadedAndClosed(Path jar) {
        try (var loaded = load(jar, null)) {
            loaded.start(NO_SERVICES);
            return new WeakReference<>(loaded.classLoader());
        }
    }

    @Test
    void closingLetsGoOfTheJar() throws Exception {
        Path jar = jar("late.jar", List.of("demo.Late"), source("Late", ""), source("Later", ""));
        var loaded = load(jar, null);
        ClassLoader loader = loaded.start(NO_SERVICES).getClass().getClassLoader();
        assertThat(loader.getResource("demo/Later.class")).isNotNull();
        loaded.close();
        assertThat(loader.getResource("demo/Later.class")).isNull();
    }

    @Test
    void aMissingJarIsNamed() {
        refused(directory.resolve("gone.jar"), null, "app.jar: ", "gone.jar is not a file");
    }

    @Test
    void aFileThatIsNoJarIsRefused() throws Exception {
        Path text = Files.writeString(directory.resolve("text.jar"), "not a zip");
        refused(text, null, "app.jar: ", "can't be read as a jar");
    }

    @Test
    void aDirectoryIsRefused() {
        refused(directory, null, "app.jar: ", "is not a file");
    }

    @Test
    void aJarWithoutAnApplicationSaysHowToNameOne() throws Exception {
        Path jar = jar("none.jar", List.of(), source("Unnamed", ""));
        refused(jar, null, "names no application", SERVICE, "app.class");
    }

    @Test
    void aJarWithTwoApplicationsAsksWhich() throws Exception {
        Path jar =
                jar(
                        "two.jar",
                        List.of("demo.First", "demo.Second"),
                        source("First", ""),
                        source("Second", ""));
        refused(jar, null, "Set app.class to one of", "demo.First", "demo.Second");
        load(jar, "demo.Second").close();
    }

    @Test
    void aServiceFileThatNamesAMissingClassIsRefused() throws Exception {
        Path jar = jar("typo.jar", List.of("demo.Typo"), source("Right", ""));
        refused(jar, null, "can't be used", "demo.Typo");
    }

    @Test
    void aServiceThatIsNoApplicationIsRefused() throws Exception {
        Path jar = jar("other.jar", List.of("demo.Other"), "package demo; public class Other {}");
        refused(jar, null, "can't be used", "demo.Other");
    }

    @Test
    void aMissingClassSaysWhereItWasLookedFor() throws Exception {
        Path jar = jar("some.jar", List.of(), source("Some", ""));
        refused(jar, "Some", "app.class: there is no Some in ", "some.jar", "package");
        refused(null, "demo.Some", "app.class: there is no demo.Some in class path", "app.jar");
    }

    @Test
    void aClassThatIsNoApplicationIsRefused() {
        refused(null, "java.lang.String", "no application", Application.class.getName());
    }

    @Test
    void aClassThatNobodyCanCreateIsRefused() throws Exception {
        String needsMore =
                "package demo; public class Needs extends One { public Needs(int n) {} }";
        String isAbstract = "package demo; public abstract class Half extends One {}";
        Path jar = jar("uncreatable.jar", List.of(), source("One", ""), needsMore, isAbstract);
        for (String name : List.of("demo.Needs", "demo.Half")) {
            refused(jar, name, name, "public constructor without parameters");
        }
    }

    @Test
    void aConstructorThatThrowsKeepsItsCause() throws Exception {
        Path jar =
                jar(
                        "throws.jar",
                        List.of("demo.Throws"),
                        source(
                                "Throws",
                                "{ if (true) throw new IllegalStateException(\"no db\"); }"));
        assertThatThrownBy(() -> load(jar, null))
                .isInstanceOf(ApplicationException.class)
                .hasMessageContaining("The constructor of demo.Throws failed")
                .hasMessageContaining("no db")
                .hasCauseInstanceOf(IllegalStateException.class);
    }

    @Test
    void aStaticInitialiserThatThrowsIsNamed() throws Exception {
        Path jar =
                jar(
                        "static.jar",
                        List.of("demo.Static"),
                        source("Static", "static int n = Integer.parseInt(\"x\");"));
        refused(jar, null, "demo.Static can't be loaded", "ExceptionInInitializerError");
    }

    @Test
    void aStartThatThrowsKeepsItsCauseAndIsNotClosed() {
        var application = new Counting();
        application.failure = new IOException("no licence");
        var loaded = load(null, null, application);
        assertThatThrownBy(() -> loaded.start(NO_SERVICES))
                .isInstanceOf(ApplicationException.class)
                .hasMessageContaining("did not start")
                .hasMessageContaining("no licence")
                .hasCause(application.failure);
        loaded.close();
        assertThat(application.closed).hasValue(0);
    }

    @Test
    void aStartThatReturnsNothingIsRefused() {
        @SuppressWarnings("NullAway")
        Application application = services -> null;
        assertThatThrownBy(() -> load(null, null, application).start(NO_SERVICES))
                .isInstanceOf(ApplicationException.class)
                .hasMessageContaining("returned null");
    }

    @Test
    void aCloseThatThrowsIsReportedOnce() {
        var application = new Counting();
        var loaded = load(null, null, application);
        loaded.start(NO_SERVICES);
        application.failure = new IOException("disk full");
        assertThatThrownBy(loaded::close)
                .isInstanceOf(ApplicationException.class)
                .hasMessageContaining("failed to close")
                .hasCause(application.failure);
        loaded.close();
    }

    private void refused(@Nullable Path jar, @Nullable String className, String... parts) {
        assertThatThrownBy(() -> load(jar, className))
                .isInstanceOf(ApplicationException.class)
                .message()
                .contains(parts);
    }

    private static LoadedApplication load(@Nullable Path jar, @Nullable String className) {
        return load(jar, className, new Counting());
    }

    private static LoadedApplication load(
            @Nullable Path jar, @Nullable String className, Application builtIn) {
        return LoadedApplication.load(
                new AppConfig(jar, className, List.of(), null, AppSettings.none()),
                List.of(),
                () -> builtIn);
    }

    private static String source(String name, String body) {
        return """
        package demo;

        public class %s implements io.backpool.app.Application {
            %s

            @Override
            public io.undertow.server.HttpHandler start(io.backpool.app.Services services) {
                return exchange -> {};
            }
        }
        """
                .formatted(name, body);
    }

    private Path jar(String name, List<String> providers, String... sources) throws IOException {
        return AppJar.make(directory, name, providers, sources);
    }

    /** On our own class path. */
    public static final class Plain implements Application {
        @Override
        public HttpHandler start(Services services) {
            return exchange -> {};
        }
    }

    private static final class Counting implements Application {
        final HttpHandler handler = exchange -> {};
        final AtomicInteger started = new AtomicInteger();
        final AtomicInteger closed = new AtomicInteger();
        @Nullable IOException failure;

        @Override
        public HttpHandler start(Services services) throws IOException {
            fail();
            started.incrementAndGet();
            return handler;
        }

        @Override
        public void close() throws IOException {
            closed.incrementAndGet();
            fail();
        }

        private void fail() throws IOException {
            if (failure != null) {
                throw failure;
            }
        }
    }
}
