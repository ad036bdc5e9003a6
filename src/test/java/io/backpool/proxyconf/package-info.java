/** The printed configurations, as text and against the servers that they are for. */
@NullMarked
package io.backpool.proxyconf;

import org.jspecify.annotations.NullMarked;
