package io.backpool;

import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.IntPredicate;
import org.junit.jupiter.api.Test;

/** Rooms (packages) import rooms of lower floors (layers) only, and none of their own floor. */
class FloorsTest {
    private static final Map<String, Integer> FLOORS =
            Map.ofEntries(
                    Map.entry("cli", 6),
                    Map.entry("local", 5),
                    Map.entry("supervisor", 5),
                    Map.entry("program", 5),
                    Map.entry("pool", 4),
                    Map.entry("process", 4),
                    Map.entry("observe", 3),
                    Map.entry("doctor", 3),
                    Map.entry("server", 2),
                    Map.entry("balancer", 2),
                    Map.entry("proxyconf", 2),
                    Map.entry("app", 2),
                    Map.entry("service", 1),
                    Map.entry("exchange", 1),
                    Map.entry("engine", 0),
                    Map.entry("config", 0));

    private static final JavaClasses MAIN =
            new ClassFileImporter()
                    .withImportOption(new ImportOption.DoNotIncludeTests())
                    .importPackages("io.backpool");

    @Test
    void importsGoDownstairsOnly() {
        var wrong = new TreeMap<String, Set<String>>();
        for (JavaClass origin : MAIN) {
            for (Dependency dependency : origin.getDirectDependenciesFromSelf()) {
                JavaClass target = dependency.getTargetClass();
                if (target.getPackageName().startsWith("io.backpool")
                        && !room(origin).equals(room(target))
                        && floor(target) >= floor(origin)) {
                    wrong.computeIfAbsent(rule(origin, target), rule -> new TreeSet<>())
                            .add("\n  " + dependency.getDescription());
                }
            }
        }
        assertThat(wrong)
                .as("a room imports rooms of lower floors only: architecture.md, floors")
                .isEmpty();
    }

    /** What is not allowed, and where such code may be. */
    private static String rule(JavaClass origin, JavaClass target) {
        return "\n%s (floor %d) may not use %s (floor %d). What needs both goes to one of %s, which hands it in by a constructor; what both need, to one of %s"
                .formatted(
                        room(origin),
                        floor(origin),
                        room(target),
                        floor(target),
                        rooms(floor -> floor > floor(target)),
                        rooms(floor -> floor < floor(origin)));
    }

    private static Set<String> rooms(IntPredicate isThere) {
        var rooms = new TreeSet<>(FLOORS.keySet());
        rooms.removeIf(room -> !isThere.test(FLOORS.getOrDefault(room, -1)));
        return rooms;
    }

    @Test
    void noPackageIsPartOfACycle() {
        slices().matching("io.backpool.(**)")
                .should()
                .beFreeOfCycles()
                .because("what two packages need of each other goes to a room below both")
                .check(MAIN);
    }

    @Test
    void onlyObserveKnowsMicrometerButForTheApplicationsRegistry() {
        var wrong = new TreeSet<String>();
        for (JavaClass origin : MAIN) {
            for (Dependency dependency : origin.getDirectDependenciesFromSelf()) {
                if (dependency.getTargetClass().getPackageName().startsWith("io.micrometer")
                        && !room(origin).equals("observe")
                        && !dependency
                                .getTargetClass()
                                .getName()
                                .equals("io.micrometer.core.instrument.MeterRegistry")) {
                    wrong.add(dependency.getDescription());
                }
            }
        }
        assertThat(wrong)
                .as("only observe uses Micrometer: offer a stats() record, which observe reads")
                .isEmpty();
    }

    @Test
    void everyRoomSaysWhatItIsAndIsNullMarked() {
        List<String> packages = MAIN.stream().map(JavaClass::getPackageName).distinct().toList();
        for (String name : packages) {
            assertThat(MAIN.contain(name + ".package-info"))
                    .as("%s lacks a package-info.java: two lines on its subject, @NullMarked", name)
                    .isTrue();
            assertThat(
                            MAIN.get(name + ".package-info")
                                    .isAnnotatedWith("org.jspecify.annotations.NullMarked"))
                    .as("the package-info.java of %s lacks @NullMarked", name)
                    .isTrue();
        }
    }

    private static String room(JavaClass type) {
        String inside = type.getPackageName().substring("io.backpool".length());
        String room = inside.isEmpty() ? "" : inside.substring(1).split("\\.")[0];
        assertThat(FLOORS)
                .as(
                        "%s is in no room: use one of these, or give its own a floor here and in"
                                + " architecture.md",
                        type.getName())
                .containsKey(room);
        return room.equals("service") ? inside.substring(1) : room;
    }

    private static int floor(JavaClass type) {
        return FLOORS.get(room(type).split("\\.")[0]);
    }
}
