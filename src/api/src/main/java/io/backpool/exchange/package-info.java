/**
 * What everyone on an exchange may know of it: who answers, over which protocol, and what a problem
 * looks like; and small helpers for handlers: routes, parameters, JSON. What needs more wants a
 * framework: one that brings Undertow handlers fits as it is.
 */
@NullMarked
package io.backpool.exchange;

import org.jspecify.annotations.NullMarked;
