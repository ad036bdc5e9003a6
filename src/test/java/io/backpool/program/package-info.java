/** The promises about members that are any other program. */
@NullMarked
package io.backpool.program;

import org.jspecify.annotations.NullMarked;
