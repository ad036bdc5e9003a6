package io.backpool.reliability;

import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;

/**
 * Makes a list that fails shorter while it still fails: leaves out halves, quarters and so on, down
 * to single elements, until none can be left out (Zeller's ddmin).
 */
final class Shrinker {
    /** Whether this list fails as the whole did. */
    interface Failing<T> {
        boolean test(List<T> part) throws Exception;
    }

    private Shrinker() {}

    /**
     * @param mayGoOn asked before each trial; once false, what was reached is the result
     */
    static <T> List<T> shrink(List<T> failing, Failing<T> test, BooleanSupplier mayGoOn)
            throws Exception {
        List<T> shortest = failing;
        int parts = 2;
        while (shortest.size() > 1 && mayGoOn.getAsBoolean()) {
            List<T> shorter = withoutOne(shortest, parts, test, mayGoOn);
            if (shorter.size() < shortest.size()) {
                shortest = shorter;
                parts = Math.max(2, parts - 1);
            } else if (parts >= shortest.size()) {
                break;
            } else {
                parts = Math.min(shortest.size(), 2 * parts);
            }
        }
        return shortest;
    }

    /** The list without the first of its parts that it fails without; else itself. */
    private static <T> List<T> withoutOne(
            List<T> list, int parts, Failing<T> test, BooleanSupplier mayGoOn) throws Exception {
        int count = Math.min(parts, list.size());
        for (int part = 0; part < count && mayGoOn.getAsBoolean(); part++) {
            int from = list.size() * part / count;
            int to = list.size() * (part + 1) / count;
            List<T> rest = new ArrayList<>(list.subList(0, from));
            rest.addAll(list.subList(to, list.size()));
            if (test.test(rest)) {
                return rest;
            }
        }
        return list;
    }
}
