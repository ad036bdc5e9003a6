package io.backpool.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.backpool.server.SimulatedClients.Work;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What becomes of many clients on two simulated processors, with the default bound of 100 ms, on
 * threads and on virtual threads.
 */
class OverloadTest {
    private static final Work QUICK = new Work(5, 0);
    private static final Work SLOW = new Work(500, 0);
    private static final double CAPACITY = 400;

    @ParameterizedTest
    @CsvSource({
        "1, 1",
        "16, 1",
        "64, 1",
        "256, 1",
        "256, 100",
        "256, 250",
        "1, 0",
        "16, 0",
        "64, 0",
        "256, 0",
        "64, 3",
        "16, 20"
    })
    void aFixedNumberOfClientsIsNeverRefused(int clients, double rampOrWork) {
        for (boolean virtual : new boolean[] {false, true}) {
            double ramp = rampOrWork > 50 ? rampOrWork : 1;
            double work = rampOrWork > 50 ? 1 : rampOrWork;
            Simulation two = two(virtual);
            SimulatedClients flow = two.closed("10.0.0.1", clients, ramp, new Work(work, 0));
            two.run(4);
            assertThat(flow.refused()).as(flow.toString()).isZero();
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void norIsOneThatHasToShareTheProcessorsWithOthers(boolean virtual) {
        Simulation two = two(virtual).neighbours(4);
        SimulatedClients flow = two.closed("10.0.0.1", 256, 100, new Work(1, 0));
        two.run(5);
        assertThat(flow.refused()).as(flow.toString()).isZero();
    }

    /** While they came, the processes had a tenth of the processors. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void norForLongIfThatLookedLikeAFlood(boolean virtual) {
        Simulation two = two(virtual).slow(0, 400);
        SimulatedClients flow = two.closed("10.0.0.1", 256, 200, new Work(1, 0));
        two.run(8);
        assertThat(flow.refused(2000, 8000)).as(flow.toString()).isZero();
    }

    @ParameterizedTest
    @CsvSource({"1000, true", "3000, true", "32, false"})
    void clientsThatOnlySleepAreNeverRefused(int clients, boolean virtual) {
        Simulation two = two(virtual);
        SimulatedClients flow =
                two.closed("10.0.0.1", clients, clients / 4.0, new Work(0.05, 1000));
        two.run(5);
        assertThat(flow.refused()).as(flow.toString()).isZero();
    }

    @ParameterizedTest
    @CsvSource({"8, 4, 2000, 300", "12, 8, 3000, 300", "40, 4, 2000, 300", "40, 8, 500, 450"})
    void whereAllThreadsSleepTheOthersAreRefusedPastTheBound(
            int clients, int threads, int sleep, double slowest) {
        Simulation two = new Simulation(7, 2).server(false, threads);
        SimulatedClients flow = two.closed("10.0.0.1", clients, 1, new Work(0.1, sleep));
        two.run(8);
        assertThat(flow.served(0, 8000)).isGreaterThanOrEqualTo(threads * (8000 / sleep - 1));
        assertThat(flow.refused()).isPositive();
        assertThat(flow.refusedMillis(0)).as("quickest refusal").isGreaterThanOrEqualTo(100);
        // The last: a trial of the end of the overload takes 300 ms.
        assertThat(flow.refusedMillis(1)).as("slowest refusal").isLessThanOrEqualTo(slowest);
    }

    /** What was foretold from the flood is not true of them. */
    @Test
    void norAreTheyRefusedSoonerAfterAFloodOfQuickOnes() {
        Simulation two = new Simulation(7, 2).server(false, 4);
        two.open("10.0.0.1", 4 * CAPACITY, 0, 1000, QUICK);
        SimulatedClients flow = two.open("10.0.0.2", 12, 2000, 8000, new Work(0.1, 2000));
        two.run(11);
        assertThat(flow.refused()).isPositive();
        assertThat(flow.refusedMillis(0)).as("quickest refusal").isGreaterThanOrEqualTo(100);
    }

    @ParameterizedTest
    @CsvSource({
        "2, false, 1",
        "3, false, 1",
        "4, false, 1",
        "2, true, 1",
        "3, true, 1",
        "4, true, 1",
        "8, false, 1",
        "8, true, 1",
        "2, false, 4",
        "4, false, 4",
        "2, true, 4",
        "4, true, 4"
    })
    void ofAFloodWhatCanBeServedIsServedSoonAndTheRestIsRefusedAtOnce(
            double times, boolean virtual, int processes) {
        var two = new Simulation(7, 2).servers(processes, virtual, virtual ? 10_000 : 32);
        SimulatedClients flow = two.open("10.0.0.1", times * CAPACITY, 0, 10_000, QUICK);
        two.run(11);
        assertThat(flow.served(0, 10_000) / 10.0).isGreaterThanOrEqualTo(0.92 * CAPACITY);
        assertThat(flow.servedP99()).as(flow.toString()).isLessThanOrEqualTo(200);
        assertThat(flow.refusedMillis(0.99)).as(flow.toString()).isLessThanOrEqualTo(50);
    }

    /** Five begin in a bound. */
    @Test
    void ofAFloodOfLongOnesToo() {
        Simulation two = two(true);
        SimulatedClients flow = two.open("10.0.0.1", 100, 0, 10_000, new Work(40, 0));
        two.run(11);
        assertThat(flow.served(0, 10_000) / 10.0).isGreaterThanOrEqualTo(0.92 * 50);
        assertThat(flow.servedP99()).as(flow.toString()).isLessThanOrEqualTo(250);
        assertThat(flow.refusedMillis(0.99)).as(flow.toString()).isLessThanOrEqualTo(50);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void besideANeighbourThatBurnsBothProcessors(boolean virtual) {
        Simulation two = two(virtual).neighbours(2);
        SimulatedClients flow = two.open("10.0.0.1", 2 * CAPACITY, 0, 10_000, QUICK);
        two.run(11);
        // Two virtual threads run at a time, two neighbours do.
        assertThat(flow.served(0, 10_000) / 10.0).isGreaterThanOrEqualTo(0.9 * CAPACITY / 2);
        assertThat(flow.servedP99()).as(flow.toString()).isLessThanOrEqualTo(250);
        assertThat(flow.refusedMillis(0.99)).as(flow.toString()).isLessThanOrEqualTo(50);
    }

    /** It stands still for half of each tenth of a second, so that is added to a refusal. */
    @ParameterizedTest
    @CsvSource({"false, 7", "true, 7", "true, 31"})
    void withHalfAProcessor(boolean virtual, long seed) {
        Simulation half = new Simulation(seed, 1).server(virtual, virtual ? 10_000 : 16).quota(0.5);
        SimulatedClients flow = half.open("10.0.0.1", 200, 0, 10_000, QUICK);
        half.run(11);
        assertThat(flow.served(0, 10_000) / 10.0).isGreaterThanOrEqualTo(0.92 * CAPACITY / 4);
        assertThat(flow.servedP99()).as(flow.toString()).isLessThanOrEqualTo(250);
        assertThat(flow.refusedMillis(0.99)).as(flow.toString()).isLessThanOrEqualTo(125);
    }

    @ParameterizedTest
    @CsvSource({"0.6, false", "0.9, false", "0.6, true", "0.9, true"})
    void quickOnesStayQuickBesideSlowOnes(double load, boolean virtual) {
        double perSecond = load * 2000 / (0.9 * 5 + 0.1 * 500);
        Simulation two = two(virtual);
        SimulatedClients quick = two.open("10.0.0.1", 0.9 * perSecond, 0, 20_000, QUICK);
        two.open("10.0.0.2", 0.1 * perSecond, 0, 20_000, SLOW);
        two.run(21);
        assertThat(quick.servedP99()).as(quick.toString()).isLessThanOrEqualTo(250);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aSecondAfterAPauseOfASecondAllIsWell(boolean virtual) {
        Simulation two = two(virtual).freeze(3000, 1000);
        SimulatedClients flow = two.open("10.0.0.1", 0.7 * CAPACITY, 0, 10_000, QUICK);
        SimulatedClients fixed = two.closed("10.0.0.2", 2, 1, new Work(1, 0));
        two.run(11);
        assertThat(flow.refused(5000, 10_000)).as(flow.toString()).isZero();
        assertThat(fixed.refused(5000, 11_000)).as(fixed.toString()).isZero();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aSecondAfterAFloodNoneIsRefused(boolean virtual) {
        Simulation two = two(virtual);
        two.open("10.0.0.1", 4 * CAPACITY, 0, 5000, QUICK);
        SimulatedClients after = two.open("10.0.0.1", 0.7 * CAPACITY, 5000, 10_000, QUICK);
        two.run(11);
        assertThat(after.refused(6000, 10_000)).as(after.toString()).isZero();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aGreedyClientStarvesNoOther(boolean virtual) {
        Simulation two = two(virtual);
        two.open("10.0.0.1", 4 * CAPACITY, 0, 10_000, QUICK);
        SimulatedClients modest = two.open("10.0.0.2", 20, 0, 10_000, QUICK);
        two.run(11);
        assertThat(modest.served(500, 10_000))
                .as(modest.toString())
                .isGreaterThan(9 * modest.refused(500, 10_000));
    }

    private static Simulation two(boolean virtual) {
        return new Simulation(7, 2).server(virtual, virtual ? 10_000 : 32);
    }
}
