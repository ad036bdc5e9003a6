/**
 * What a developer writes against: an Application that returns an HttpHandler and is given
 * Services.
 */
@NullMarked
package io.backpool.app;

import org.jspecify.annotations.NullMarked;
