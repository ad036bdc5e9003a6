/**
 * Unix sockets for XNIO 3.8, which knows TCP only. In XNIO's own package, because its event loops
 * register no channel and call no handler of any other.
 */
@NullMarked
package org.xnio.nio;

import org.jspecify.annotations.NullMarked;
