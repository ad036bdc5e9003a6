/**
 * What everyone on an exchange may know of it: who answers, over which protocol, and what a problem
 * looks like. Knows nothing but Undertow.
 */
@NullMarked
package io.backpool.exchange;

import org.jspecify.annotations.NullMarked;
