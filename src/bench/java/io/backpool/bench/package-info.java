/** bin/bench: Backpool beside its peers, measured on one machine in one run. Not in the product. */
@NullMarked
package io.backpool.bench;

import org.jspecify.annotations.NullMarked;
