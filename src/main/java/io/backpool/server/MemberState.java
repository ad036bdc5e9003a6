package io.backpool.server;

/** Where a member is in its life; the pool moves it, health and metrics show it. */
public enum MemberState {
    /** Listeners are not open yet. */
    STARTING,
    /** Listeners are open, httpd does not know or trust it yet. */
    JOINING,
    /** In the rotation. */
    SERVING,
    /** Its application says that it can't serve now; httpd sends nothing. */
    UNREADY,
    /** httpd sends no new clients; every request that comes is still served. */
    DRAINING,
    /** Not ready for anyone; requests in flight are still served. */
    LEAVING,
    /** Listeners are closed. */
    STOPPED;

    /** Whether httpd's health check should find the member ready. */
    public boolean isReady() {
        return this == JOINING || this == SERVING || this == DRAINING;
    }
}
