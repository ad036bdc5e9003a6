package io.backpool.server;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;

/** Clients of one address in a {@link Simulation}, and what they saw. */
final class SimulatedClients {
    final InetAddress address;
    final Work work;

    /** When each was sent and how long it took, in milliseconds. */
    final List<double[]> served = new ArrayList<>();

    final List<double[]> refused = new ArrayList<>();

    /** When the last one is sent. */
    long untilNanos;

    long count;

    /** What one request needs: processor time, in between asleep. */
    record Work(double cpuMillis, double sleepMillis) {}

    SimulatedClients(String address, Work work) {
        try {
            this.address = InetAddress.getByName(address);
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException(e);
        }
        this.work = work;
    }

    /** Those that were sent in between. */
    int served(double fromMillis, double untilMillis) {
        return in(served, fromMillis, untilMillis).length;
    }

    int refused(double fromMillis, double untilMillis) {
        return in(refused, fromMillis, untilMillis).length;
    }

    int refused() {
        return refused.size();
    }

    /** Of the time that it took to be served, in milliseconds. */
    double servedP99() {
        return percentile(served, 0.99);
    }

    /** The same of being refused, for any part of them, from 0 to 1. */
    double refusedMillis(double part) {
        return percentile(refused, part);
    }

    private static double percentile(List<double[]> list, double part) {
        double[] sorted = in(list, 0, Double.MAX_VALUE);
        return sorted.length == 0 ? 0 : sorted[(int) (part * (sorted.length - 1))];
    }

    private static double[] in(List<double[]> list, double fromMillis, double untilMillis) {
        return list.stream()
                .filter(one -> one[0] >= fromMillis && one[0] < untilMillis)
                .mapToDouble(one -> one[1])
                .sorted()
                .toArray();
    }

    @Override
    public String toString() {
        return "%d served, p99 %.0f ms; %d refused, p99 %.0f ms"
                .formatted(served.size(), servedP99(), refused(), refusedMillis(0.99));
    }
}
