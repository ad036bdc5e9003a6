package io.backpool.proxyconf;

import java.nio.file.Path;

/**
 * What the pool's settings don't say of a front end.
 *
 * @param protocol to the members
 * @param standalone a complete file that the server starts on, not a part for a distribution's
 * @param directory for the run-time files of a complete file
 * @param managerPort of httpd's loopback vhost with balancer-manager and server-status; 0: none
 */
public record FrontEnd(
        Protocol protocol, Listen listen, boolean standalone, Path directory, int managerPort) {}
