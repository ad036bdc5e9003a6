/**
 * Tells the outside how the pool is: metrics and the admin listener. The only importer of
 * Micrometer.
 */
@NullMarked
package io.backpool.observe;

import org.jspecify.annotations.NullMarked;
