package io.backpool.reliability;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/** A program in Python; each version has a directory of its own, a symbolic link names one. */
final class SoakProgram implements Versions {
    /** Does what {@link SoakApplication} does, and drops what it has at TERM, as most do. */
    private static final String SOURCE =
            """
            import http.server, os, sys, time
            journal = os.open(os.environ['JOURNAL'], os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o644)
            version = open('version').read()
            class Handler(http.server.BaseHTTPRequestHandler):
                protocol_version, timeout = 'HTTP/1.1', 20
                def do_GET(self):
                    kind, id = (self.path[1:].split('/') + ['none'])[:2]
                    if kind != 'health': os.write(journal, f'{id} {os.getpid()}\\n'.encode())
                    size = int(self.headers.get('Content-Length', 0))
                    self.rfile.read(size)
                    if kind == 'slow': time.sleep(.3)
                    if kind == 'post': time.sleep(.01)
                    if kind == 'chatter':
                        for i in range(2000): print('chatter ' * 12, i, file=sys.stderr)
                    status = 413 if size > int(os.environ['BODY_SIZE']) else 200
                    if kind == 'version' and open('version').read() != version: status = 500
                    body = f'done {id}'.encode()
                    self.send_response(status)
                    self.send_header('X-Served', os.environ['BACKPOOL_ROUTE'] + ' ' + version)
                    self.send_header('Content-Length', str(len(body)))
                    self.end_headers()
                    self.wfile.write(body)
                do_POST = do_GET
                def log_message(self, *args): print(self.path, flush=True)
            class Server(http.server.ThreadingHTTPServer):
                request_queue_size = 128
            Server(('127.0.0.1', int(os.environ['PORT'])), Handler).serve_forever()
            """;

    private final Path world;
    private final Path link;

    /**
     * @param world where the pool runs
     */
    SoakProgram(Path world) {
        this.world = world;
        this.link = world.resolve("current");
    }

    /** Checked more often than it can be paused for, so that a pause is no hang. */
    @Override
    public String settings(int bodySize) {
        return """
        app:
          command: [/usr/bin/python3, soak.py]
          directory: current
          health: /health
          keep-alive: 15s
          health-timeout: 1s
          health-failures: 5
          sticky-cookie: JSESSIONID
          environment: {BODY_SIZE: "%d", JOURNAL: "%s"}
        """
                .formatted(bodySize, world.resolve("journal"));
    }

    /** A directory. */
    @Override
    public Path make(String version) throws IOException {
        Path directory = world.resolve("versions").resolve(version);
        if (!Files.exists(directory)) {
            Files.createDirectories(directory);
            Files.writeString(directory.resolve("version"), version);
            Files.writeString(directory.resolve("soak.py"), SOURCE);
        }
        return directory;
    }

    /** The link is moved in either case: in a directory in use nothing may be written over. */
    @Override
    public void install(String version, boolean inPlace) throws IOException {
        Path directory = version.equals("bad") ? world.resolve("versions/none") : make(version);
        Path next = Files.createSymbolicLink(world.resolve("next"), directory);
        Files.move(next, link, StandardCopyOption.ATOMIC_MOVE);
    }
}
