/** The promises about child processes. */
@NullMarked
package io.backpool.process;

import org.jspecify.annotations.NullMarked;
