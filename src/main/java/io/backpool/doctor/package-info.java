/**
 * Compares the pool's settings with what httpd was told, what it says, and what comes through it.
 */
@NullMarked
package io.backpool.doctor;

import org.jspecify.annotations.NullMarked;
