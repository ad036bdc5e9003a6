package io.backpool.proxyconf;

/**
 * The numbers of mpm_event for so many clients at once. Where all threads of a child are busy httpd
 * closes connections that idle, so there is a thread for each client; but httpd takes its threads
 * in turn, and each that was started costs a little at every request, so there are not many more.
 *
 * @param clients 1 to 10,000
 */
record MpmThreads(int clients) {
    private static final int STEP = 64;
    private static final int MOST_PER_CHILD = 512;
    private static final int LEAST_WORKERS = 2048;

    /** Beside as many that serve, those that finish their requests after a graceful restart. */
    private static final int GENERATIONS = 4;

    /** ThreadsPerChild and ThreadLimit; a child is to stand all clients alone, if it can. */
    int perChild() {
        return Math.min(MOST_PER_CHILD, roundedUp(clients, STEP));
    }

    /** StartServers. */
    int atFirst() {
        return Math.max(2, roundedUp(clients, perChild()) / perChild());
    }

    /** MaxRequestWorkers. */
    int workers() {
        return Math.max(LEAST_WORKERS, roundedUp(2 * clients, perChild()))
                / perChild()
                * perChild();
    }

    /** ServerLimit. */
    int serverLimit() {
        return GENERATIONS * (workers() / perChild());
    }

    private static int roundedUp(int number, int step) {
        return (number + step - 1) / step * step;
    }
}
