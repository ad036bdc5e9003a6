/** The supervisor's promises. */
@NullMarked
package io.backpool.supervisor;

import org.jspecify.annotations.NullMarked;
