/**
 * What we tell people to write down: the httpd, Nginx and HAProxy configurations that match ours.
 */
@NullMarked
package io.backpool.proxyconf;

import org.jspecify.annotations.NullMarked;
