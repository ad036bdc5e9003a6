package io.backpool.balancer;

import java.net.URI;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Something wrong with the places that httpd has for members, which no request to its
 * balancer-manager can put right. Immutable.
 *
 * @param route of the member that suffers
 * @param what is wrong
 * @param why it matters
 * @param remedy what to do
 */
public record SeatFault(Kind kind, String route, String what, String why, String remedy) {

    /** What is wrong, in short. */
    public enum Kind {
        /** One member has two places, so another has lost its own. */
        DUPLICATE("listed twice"),
        /** Two addresses have one route, and both are in use. */
        ROUTE_TAKEN("its route is in use at another address");

        private final String label;

        Kind(String label) {
            this.label = label;
        }

        public String label() {
            return label;
        }
    }

    /**
     * What is wrong with these places.
     *
     * @param routes of the pool's members
     */
    public static List<SeatFault> of(Balancer seen, Collection<String> routes) {
        List<SeatFault> faults = new ArrayList<>();
        Map<URI, Integer> places = new LinkedHashMap<>();
        Map<String, Set<URI>> inUse = new LinkedHashMap<>();
        Map<URI, String> owners = new LinkedHashMap<>();
        for (BalancerMember member : seen.members()) {
            places.merge(member.url(), 1, Integer::sum);
            owners.put(member.url(), member.route());
            if (!member.isOut() && routes.contains(member.route())) {
                inUse.computeIfAbsent(member.route(), route -> new TreeSet<>()).add(member.url());
            }
        }
        places.forEach(
                (url, count) -> {
                    if (count > 1) {
                        faults.add(duplicate(seen, owners.getOrDefault(url, ""), url, count));
                    }
                });
        inUse.forEach(
                (route, urls) -> {
                    if (urls.size() > 1) {
                        faults.add(taken(seen, route, urls));
                    }
                });
        return faults;
    }

    private static SeatFault duplicate(Balancer seen, String route, URI url, int count) {
        return new SeatFault(
                Kind.DUPLICATE,
                route,
                "balancer://%s lists %s %d times".formatted(seen.name(), url, count),
                "httpd wrote it over the places of other members, as it does with members that are"
                        + " added after a reload: clients with a session reach the wrong member.",
                "stop httpd, delete slotmem-shm-*.persist in its DefaultRuntimeDir and start it"
                        + " again, on what java -jar backend.jar conf apache prints: that declares"
                        + " a place for each member");
    }

    private static SeatFault taken(Balancer seen, String route, Set<URI> urls) {
        return new SeatFault(
                Kind.ROUTE_TAKEN,
                route,
                "balancer://%s has the route %s at %s"
                        .formatted(
                                seen.name(),
                                route,
                                String.join(" and ", urls.stream().map(URI::toString).toList())),
                "Clients with a session reach either.",
                "another pool.route-prefix for one of two pools in this balancer; a member that is"
                        + " no more: disable it in balancer-manager");
    }
}
