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
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** The house stands: imports go downstairs, and rooms on one floor do not import each other. */
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
        var wrong = new TreeSet<String>();
        for (JavaClass origin : MAIN) {
            for (Dependency dependency : origin.getDirectDependenciesFromSelf()) {
                JavaClass target = dependency.getTargetClass();
                if (target.getPackageName().startsWith("io.backpool")
                        && !room(origin).equals(room(target))
                        && floor(target) >= floor(origin)) {
                    wrong.add(dependency.getDescription());
                }
            }
        }
        assertThat(wrong).isEmpty();
    }

    @Test
    void noPackageIsPartOfACycle() {
        slices().matching("io.backpool.(**)").should().beFreeOfCycles().check(MAIN);
    }

    @Test
    void onlyObserveKnowsMicrometer() {
        var wrong = new TreeSet<String>();
        for (JavaClass origin : MAIN) {
            for (Dependency dependency : origin.getDirectDependenciesFromSelf()) {
                if (dependency.getTargetClass().getPackageName().startsWith("io.micrometer")
                        && !room(origin).equals("observe")) {
                    wrong.add(dependency.getDescription());
                }
            }
        }
        assertThat(wrong).isEmpty();
    }

    @Test
    void everyRoomSaysWhatItIsAndIsNullMarked() {
        List<String> packages = MAIN.stream().map(JavaClass::getPackageName).distinct().toList();
        for (String name : packages) {
            assertThat(MAIN.stream().map(JavaClass::getName)).contains(name + ".package-info");
            assertThat(
                            MAIN.get(name + ".package-info")
                                    .isAnnotatedWith("org.jspecify.annotations.NullMarked"))
                    .as(name)
                    .isTrue();
        }
    }

    private static String room(JavaClass type) {
        String inside = type.getPackageName().substring("io.backpool".length());
        String room = inside.isEmpty() ? "" : inside.substring(1).split("\\.")[0];
        assertThat(FLOORS).as("a floor for the room of " + type.getName()).containsKey(room);
        return room.equals("service") ? inside : room;
    }

    private static int floor(JavaClass type) {
        return FLOORS.get(room(type).startsWith(".service") ? "service" : room(type));
    }
}
