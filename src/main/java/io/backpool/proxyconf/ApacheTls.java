package io.backpool.proxyconf;

import io.backpool.config.BalancerConfig.Protocol;
import io.backpool.proxyconf.FrontEnd.Balancer;
import io.backpool.proxyconf.FrontEnd.ProxyTls;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** httpd's TLS to members that listen for HTTP. */
final class ApacheTls {
    private ApacheTls() {}

    /**
     * At the level of the server, where alone httpd 2.4.71 looks when mod_proxy_hcheck asks a
     * member: that it may speak TLS, and its certificate. Nothing of whom it believes, so that
     * other sites keep what they have.
     */
    static String ofChecks(FrontEnd frontEnd) {
        ProxyTls tls = frontEnd.tls();
        return tls == null
                ? ""
                : Template.fill(CHECKS, Map.of("certificate", certificate(tls.certificate())));
    }

    /** In the balancer, for requests; also to members that are added there later. */
    static String ofMembers(FrontEnd frontEnd, Balancer balancer) {
        ProxyTls tls = of(frontEnd, balancer);
        return tls == null
                ? ""
                : Template.fill(
                        MEMBERS,
                        Map.of(
                                "ca",
                                quoted(tls.memberCa()),
                                "certificate",
                                certificate(tls.certificate())));
    }

    /** Which host members are told, where that is said a balancer. */
    static String host(FrontEnd frontEnd, Balancer balancer) {
        return of(frontEnd, balancer) == null
                ? Template.fill(PRESERVED, Map.of("name", balancer.name()))
                : FORWARDED;
    }

    /** Which host members are told, where that is said in the vhost. */
    static String hostOfVhost(FrontEnd frontEnd) {
        return frontEnd.tls() == null ? "ProxyPreserveHost On" : FORWARDED;
    }

    private static @Nullable ProxyTls of(FrontEnd frontEnd, Balancer balancer) {
        return balancer.protocol() == Protocol.HTTP ? frontEnd.tls() : null;
    }

    private static String certificate(@Nullable Path file) {
        return file == null ? "" : "SSLProxyMachineCertificateFile " + quoted(file);
    }

    private static String quoted(Path file) {
        return ApacheConf.quoted(file.toAbsolutePath().toString());
    }

    private static final String CHECKS =
            """
            # TLS to the members (pool.tls), for health checks: mod_proxy_hcheck sees only what stands here.
            # It compares no certificate: what httpd believes in is said in each balancer.
            SSLProxyEngine On
            @certificate@
            """;

    private static final String MEMBERS =
            """
            # TLS to the members: their certificate must be of this CA, and have the host of their URL as its
            # common name or as a name of DNS, also where that is an address (SSLProxyCheckPeerName).
            SSLProxyEngine On
            SSLProxyVerify require
            SSLProxyVerifyDepth 5
            SSLProxyCheckPeerName On
            SSLProxyCheckPeerExpire On
            SSLProxyCACertificateFile @ca@
            @certificate@
            """;

    private static final String PRESERVED =
            """
            <Proxy "balancer://@name@/*">
                # The application sees the host that the client asked for.
                ProxyPreserveHost On
            </Proxy>
            """;

    private static final String FORWARDED =
            """
            # No "ProxyPreserveHost On": httpd would look for the client's host in the members' certificate.
            # The application sees it in X-Forwarded-Host, which mod_proxy sets and the pool believes.
            """;
}
