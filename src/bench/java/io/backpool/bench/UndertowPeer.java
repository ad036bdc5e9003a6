package io.backpool.bench;

import io.undertow.Undertow;
import io.undertow.UndertowOptions;

/** Raw Undertow, the floor: nothing between its listeners and the handler. */
final class UndertowPeer {
    private UndertowPeer() {}

    /** Arguments: ports for HTTP, AJP, h2c (0: none), and the size of buffers if not its own. */
    public static void main(String[] args) {
        System.setProperty("io.undertow.ajp.AJP_SECRET", Peers.AJP_SECRET);
        int ajp = Integer.parseInt(args[1]);
        int h2c = Integer.parseInt(args[2]);
        Undertow.Builder plain = on(Integer.parseInt(args[0]));
        if (ajp > 0) {
            plain.addAjpListener(ajp, "127.0.0.1");
        }
        if (args.length > 3) {
            int size = Integer.parseInt(args[3]);
            plain.setBufferSize(size).setServerOption(UndertowOptions.MAX_AJP_PACKET_SIZE, size);
        }
        plain.build().start();
        if (h2c > 0) {
            on(h2c).setServerOption(UndertowOptions.ENABLE_HTTP2, true).build().start();
        }
    }

    private static Undertow.Builder on(int port) {
        return Undertow.builder()
                .setIoThreads(Runtime.getRuntime().availableProcessors())
                .addHttpListener(port, "127.0.0.1")
                .setHandler(Hello.raw());
    }
}
