/**
 * What the services know of engines in other processes: whether they do what they are asked for,
 * and how many threads wait for one that opens them.
 */
@NullMarked
package io.backpool.engine;

import org.jspecify.annotations.NullMarked;
