package io.backpool.observe;

/**
 * What a member has to do at one moment. What members share is the same for each of them.
 *
 * @param queue requests that wait for their turn
 * @param limit how many may do blocking work at once; 0: no limit
 * @param threads busy with blocking work
 * @param maxThreads that there may be
 * @param memory bytes of the heap in use
 * @param maxMemory bytes that the heap may have
 */
public record Load(int queue, int limit, int threads, int maxThreads, long memory, long maxMemory) {
    public static final Load NONE = new Load(0, 0, 0, 0, 0, 0);
}
