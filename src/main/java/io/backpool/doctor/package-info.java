/**
 * Compares the pool's settings with what httpd's configuration says, what httpd itself says, and
 * what comes through it.
 */
@NullMarked
package io.backpool.doctor;

import org.jspecify.annotations.NullMarked;
