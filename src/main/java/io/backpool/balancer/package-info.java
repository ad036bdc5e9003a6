/**
 * What httpd knows of us: the client of its balancer-manager, and the loop that brings httpd's view
 * of our members to what we want.
 */
@NullMarked
package io.backpool.balancer;

import org.jspecify.annotations.NullMarked;
