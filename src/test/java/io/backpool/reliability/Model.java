package io.backpool.reliability;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** What the world should be. Knows nothing of the world itself. Used by one thread. */
final class Model {
    /** As many as httpd has places for. */
    static final int MOST_MEMBERS = 4;

    static final int FIRST_MEMBERS = 3;

    /** A crash loop waits longer and longer: a member is not killed more often in one run. */
    private static final int MOST_KILLS = 4;

    /** What one httpd and the way to it are like. */
    static final class Front {
        boolean up = true;

        /** {@code ok}, {@code slow}, {@code away}, {@code silent} or {@code password}. */
        String manager = "ok";

        boolean isWell() {
            return up && manager.equals("ok");
        }

        /** Whether the pool can tell it anything. */
        boolean canBeChanged() {
            return up && (manager.equals("ok") || manager.equals("slow"));
        }
    }

    final Setup setup;
    final Flags flags;
    final List<Front> fronts = new ArrayList<>();

    /** How many there are to be. */
    int members = FIRST_MEMBERS;

    /** By hand; routes. */
    final Set<String> drained = new TreeSet<>();

    /** Of the application that the pool runs, that lies on disk ("bad": unusable), ever made. */
    String version = "v1";

    String versionOnDisk = version;
    int versions = 1;

    /** Versions of members that run another one than the pool, by route. */
    final Map<String, String> canaries = new HashMap<>();

    /** {@code limits.body-size} that members have, that backend.yaml says. */
    boolean small;

    boolean smallOnDisk;
    boolean fileValid = true;

    boolean diskFull;
    boolean unread;

    /** What members ran before the last restart of all that changed something; null: nothing. */
    @Nullable Before before;

    /** Version, and whether {@link #small}. */
    record Before(String version, boolean small) {}

    private final Map<String, Integer> kills = new HashMap<>();

    Model(Setup setup, Flags flags) {
        this.setup = setup;
        this.flags = flags;
        setup.fronts().forEach(front -> fronts.add(new Front()));
    }

    List<String> routes() {
        return IntStream.rangeClosed(1, members).mapToObj(index -> "m" + index).toList();
    }

    List<String> inRotation() {
        return routes().stream().filter(route -> !drained.contains(route)).toList();
    }

    String versionOf(String route) {
        return canaries.getOrDefault(route, version);
    }

    Front front(String name) {
        return fronts.get(index(name));
    }

    /** Of {@code h1}: 0. */
    static int index(String name) {
        return Integer.parseInt(name.substring(1)) - 1;
    }

    List<String> frontNames() {
        return IntStream.rangeClosed(1, fronts.size()).mapToObj(index -> "h" + index).toList();
    }

    boolean everyFrontCanBeChanged() {
        return fronts.stream().allMatch(Front::canBeChanged);
    }

    /** Whether a change of settings or of the application waits for a restart. */
    boolean isPending() {
        return !versionOnDisk.equals(version)
                || smallOnDisk != small
                || !fileValid
                || !canaries.isEmpty();
    }

    /** Whether a process that is started from what is on disk now comes up. */
    boolean canStartAll() {
        return setup.processes() && fileValid && !versionOnDisk.equals("bad");
    }

    /** Whether a restart of all can do anything. */
    boolean canRoll() {
        return canStartAll() && everyFrontCanBeChanged();
    }

    /**
     * Whether this httpd notices by itself that a member leaves, or has no clients. It does by
     * health checks of our own members, which fail before they leave; a program's do not.
     */
    boolean notices(String front) {
        boolean ajp = setup.fronts().get(index(front)).protocol().equals("ajp");
        return !front(front).up || !(ajp || setup.programs());
    }

    void rolled(String ignored) {
        rollTo(versionOnDisk, smallOnDisk);
    }

    void rolledBack(String ignored) {
        Before target = Objects.requireNonNull(before);
        rollTo(target.version(), target.small());
    }

    private void rollTo(String nextVersion, boolean nextSmall) {
        if (!nextVersion.equals(version) || nextSmall != small) {
            before = new Before(version, small);
        }
        version = nextVersion;
        small = nextSmall;
        canaries.clear();
    }

    /** A pool that starts anew reads everything; a drain by hand stays. */
    void startedAnew(String ignored) {
        rolled("");
        before = null;
        scaled(Integer.toString(FIRST_MEMBERS));
        kills.clear();
    }

    void scaled(String size) {
        members = Integer.parseInt(size);
        drained.retainAll(routes());
        canaries.keySet().retainAll(routes());
    }

    void drained(String route) {
        drained.add(route);
    }

    void resumed(String route) {
        drained.remove(route);
    }

    private String newVersion() {
        versions++;
        return "v" + versions;
    }

    void canary(String route) {
        canaries.put(route, newVersion());
    }

    void canaryBack(String ignored) {
        canaries.clear();
    }

    /** The version of the canary becomes everyone's, and app.jar. */
    void canaryFinished(String ignored) {
        versionOnDisk = canaries.values().iterator().next();
        rolled("");
    }

    void edited(String how) {
        fileValid = !how.equals("bad");
        smallOnDisk = how.equals("small");
    }

    void gotJar(String how) {
        versionOnDisk = how.startsWith("new") ? newVersion() : "bad";
    }

    void full(String ignored) {
        diskFull = true;
    }

    void free(String ignored) {
        diskFull = false;
    }

    void unread(String ignored) {
        unread = true;
    }

    void read(String ignored) {
        unread = false;
    }

    void down(String front) {
        front(front).up = false;
    }

    void up(String front) {
        front(front).up = true;
    }

    /** The way to a manager, as {@code h1 slow}. */
    void way(String how) {
        String[] words = how.split(" ");
        front(words[0]).manager = words[1];
    }

    void wayBack(String front) {
        front(front).manager = "ok";
    }

    List<String> killable() {
        return setup.processes()
                ? routes().stream()
                        .filter(route -> kills.getOrDefault(route, 0) < MOST_KILLS)
                        .filter(this::othersServe)
                        .toList()
                : List.of();
    }

    void killed(String route) {
        kills.merge(route, 1, Integer::sum);
    }

    /** Those that serve clients beside this one. */
    Set<String> others(String route) {
        Set<String> others = new TreeSet<>(inRotation());
        others.remove(route);
        return others;
    }

    boolean othersServe(String route) {
        return !others(route).isEmpty();
    }
}
