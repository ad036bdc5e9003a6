package io.backpool.observe;

import io.undertow.util.StatusCodes;

/**
 * Why the pool refuses what an operator asked for: the same status, words and remedy in HTTP
 * answers, on the command line and in the log. {@code %s} are filled in.
 */
public enum ControlError {
    NO_SUCH_MEMBER(StatusCodes.NOT_FOUND, "No member has the route %s", "The routes are %s"),
    NO_RESTART_YET(StatusCodes.NOT_FOUND, "There was no restart yet", "Begin one: restart"),
    BAD_VALUE(StatusCodes.BAD_REQUEST, "%s: was %s", "It must be %s"),
    CANNOT_SCALE(StatusCodes.CONFLICT, "%s", "Choose another number of members"),
    LAST_MEMBER(
            StatusCodes.CONFLICT,
            "%s is the last member that serves",
            "Start or resume another one first, or use --force and lose requests"),
    FRONT_END_DOWN(
            StatusCodes.CONFLICT,
            "The front end %s does not answer",
            "Bring it back, or go on without telling it: --without %s"),
    FRONT_END_AWAY(StatusCodes.CONFLICT, "The front end %s does not answer", "Bring it back"),
    NO_SUCH_FRONT_END(StatusCodes.BAD_REQUEST, "No front end is named %s", "The names are: %s"),
    NO_PLACE(
            StatusCodes.CONFLICT,
            "The members are declared in the file of the front end %s, which has no place for one"
                    + " more",
            "Say membership: join there, or restart without --surge"),
    RESTART_RUNNING(
            StatusCodes.CONFLICT, "A restart is running", "Wait for its end; status shows it"),
    UPGRADE_RUNNING(
            StatusCodes.CONFLICT, "An upgrade is running", "Wait for its end; status shows it"),
    CHANGE_RUNNING(
            StatusCodes.CONFLICT, "Another change is running", "Wait for its end; status shows it"),
    NO_UPGRADE(
            StatusCodes.CONFLICT,
            "Members that are programs can't be handed to another process of the pool",
            "Stop the pool, and start the new one"),
    FIRST_PROCESS(
            StatusCodes.CONFLICT,
            "The pool is process 1 of its container, which ends with it",
            "Start a container of the new image beside this one, then stop this one"),
    STILL_STARTING(
            StatusCodes.CONFLICT, "The members are still starting", "Wait until they are ready"),
    PAUSED(StatusCodes.CONFLICT, "The pool is paused", "End that first: resume, without a route"),
    HOLDING(
            StatusCodes.CONFLICT,
            "Requests wait in the members",
            "Let them in first: resume, without a route"),
    CANNOT_HOLD(
            StatusCodes.CONFLICT,
            "In members that are programs no request can wait",
            "Use pause without --hold"),
    STOPPING(StatusCodes.CONFLICT, "The pool is stopping", "Start it again"),
    ONE_PROCESS(
            StatusCodes.CONFLICT,
            "The members share one process and can't be restarted one by one",
            "Set pool.processes: true and start the pool again"),
    NOT_HERE(
            StatusCodes.CONFLICT,
            "This is the admin listener of one member",
            "Ask the pool's own, on the port admin.port"),
    NO_SUCH_MESSAGE(
            StatusCodes.NOT_FOUND, "No dead message has the id %s", "queue list shows them"),
    QUEUE_AWAY(StatusCodes.SERVICE_UNAVAILABLE, "The queue's engine failed: %s", "Try again later"),
    BUSY(StatusCodes.SERVICE_UNAVAILABLE, "The pool does not answer", "See its log"),
    NO_WEIGHT(
            StatusCodes.CONFLICT,
            "The pool gives its members no weights in httpd",
            "Set pool.slow-start or pool.ejection, and a balancer; or restart without --weight"),
    NO_EARLIER_VERSION(
            StatusCodes.CONFLICT, "There is no earlier version to go back to", "Use --to JAR");

    private final int status;
    private final String message;
    private final String remedy;

    ControlError(int status, String message, String remedy) {
        this.status = status;
        this.message = message;
        this.remedy = remedy;
    }

    /** An exception that says so; the arguments fill message and remedy, in this order. */
    public ControlException of(Object... arguments) {
        return new ControlException(status, (message + ". " + remedy + ".").formatted(arguments));
    }
}
