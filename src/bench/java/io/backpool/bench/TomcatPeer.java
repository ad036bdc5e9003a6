package io.backpool.bench;

import io.micrometer.core.instrument.Timer;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.apache.catalina.Context;
import org.apache.catalina.LifecycleException;
import org.apache.catalina.connector.Connector;
import org.apache.catalina.startup.Tomcat;
import org.apache.catalina.valves.AccessLogValve;
import org.apache.coyote.ajp.AbstractAjpProtocol;
import org.apache.coyote.http2.Http2Protocol;

/** Tomcat embedded, with one servlet; in full, with its access log and a histogram as we have. */
final class TomcatPeer {
    private TomcatPeer() {}

    /** Arguments: directory, ports for HTTP, AJP, h2c (0: none); "full", "virtual", "many" clients. */
    public static void main(String[] args) throws LifecycleException {
        var options = java.util.List.of(args);
        var tomcat = new Tomcat();
        tomcat.setBaseDir(args[0]);
        tomcat.setConnector(http(Integer.parseInt(args[1])));
        if (!args[2].equals("0")) {
            var ajp = new Connector("AJP/1.3");
            ajp.setPort(Integer.parseInt(args[2]));
            ((AbstractAjpProtocol<?>) ajp.getProtocolHandler()).setSecret(Peers.AJP_SECRET);
            tomcat.getService().addConnector(ajp);
        }
        if (!args[3].equals("0")) {
            Connector h2c = http(Integer.parseInt(args[3]));
            h2c.addUpgradeProtocol(new Http2Protocol());
            tomcat.getService().addConnector(h2c);
        }
        if (options.contains("many")) {
            tomcat.getConnector().setProperty("maxConnections", "20000");
            tomcat.getConnector().setProperty("keepAliveTimeout", "600000");
        }
        if (options.contains("virtual")) {
            for (Connector connector : tomcat.getService().findConnectors()) {
                connector.setProperty("useVirtualThreads", "true");
            }
        }
        Context context = tomcat.addContext("", args[0]);
        Tomcat.addServlet(context, "hello", new HelloServlet(options.contains("full")))
                .addMapping("/");
        if (options.contains("full")) {
            var log = new AccessLogValve();
            log.setPattern("combined");
            log.setDirectory(args[0]);
            context.getPipeline().addValve(log);
        }
        tomcat.start();
        tomcat.getServer().await();
    }

    private static Connector http(int port) {
        var connector = new Connector("HTTP/1.1");
        connector.setPort(port);
        connector.setProperty("address", "127.0.0.1");
        connector.setProperty("maxKeepAliveRequests", "-1");
        return connector;
    }

    private static final class HelloServlet extends HttpServlet {
        private static final byte[] HELLO = "Hello, World!".getBytes(StandardCharsets.UTF_8);

        private final transient @org.jspecify.annotations.Nullable Timer timer;

        HelloServlet(boolean timed) {
            timer =
                    timed
                            ? Timer.builder("http.server.requests")
                                    .serviceLevelObjectives(
                                            Duration.ofMillis(1),
                                            Duration.ofMillis(10),
                                            Duration.ofMillis(100),
                                            Duration.ofSeconds(1),
                                            Duration.ofSeconds(10))
                                    .tag("uri", "/")
                                    .register(
                                            new PrometheusMeterRegistry(PrometheusConfig.DEFAULT))
                            : null;
        }

        @Override
        protected void doGet(HttpServletRequest request, HttpServletResponse response)
                throws IOException {
            long start = System.nanoTime();
            response.setContentType("text/plain");
            response.setContentLength(HELLO.length);
            response.getOutputStream().write(HELLO);
            if (timer != null) {
                timer.record(System.nanoTime() - start, TimeUnit.NANOSECONDS);
            }
        }
    }
}
