/**
 * The cache: one computation a key, kept in this JVM, in Redis or in Memcached. An engine that
 * fails costs time, never a request.
 */
@NullMarked
package io.backpool.service.cache;

import org.jspecify.annotations.NullMarked;
