package io.backpool.exchange;

/**
 * The client's mistake: where a handler throws it before its answer has begun, the client gets 400
 * with a problem document whose detail is the message. Nothing is logged. It has no stack.
 */
public final class BadRequestException extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private static final int LONGEST_SHOWN = 40;

    /**
     * Says what to do.
     *
     * @param detail for the client; names nothing that it must not know
     */
    public BadRequestException(String detail) {
        super(detail, null, false, false);
    }

    /**
     * Says what was wrong: {@code limit: was 'x', must be a whole number from 1 to 10}.
     *
     * @param name of the parameter or field
     * @param found what it was; a long one is shown in part
     * @param allowed what it must be
     */
    public BadRequestException(String name, String found, String allowed) {
        this(name + ": was '" + shown(found) + "', must be " + allowed);
    }

    private static String shown(String found) {
        return found.length() <= LONGEST_SHOWN ? found : found.substring(0, LONGEST_SHOWN) + "...";
    }
}
