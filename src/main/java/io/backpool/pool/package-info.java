/**
 * The pool: which members there are, what each is to do, and every change of that. Starts no
 * process and opens no port of a member itself: kinds of members do, behind {@link Member}.
 */
@NullMarked
package io.backpool.pool;

import org.jspecify.annotations.NullMarked;
