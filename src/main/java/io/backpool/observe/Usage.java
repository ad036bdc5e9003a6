package io.backpool.observe;

/**
 * What can be seen of a member's process from outside. Immutable.
 *
 * @param memory resident bytes, with its children's; what two of them share counts twice; 0:
 *     unknown
 * @param cpu seconds since its start, with its children's
 * @param health seconds that the last health check took; -1: there was none
 */
public record Usage(long memory, double cpu, double health) {
    public static final Usage NONE = new Usage(0, 0, -1);
}
