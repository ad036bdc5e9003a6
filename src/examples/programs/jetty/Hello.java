import java.net.InetSocketAddress;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.util.Callback;

/** Embedded Jetty of the examples. Argument: the port. */
public final class Hello {
    public static void main(String[] args) throws Exception {
        String body = System.getenv("BACKPOOL_ROUTE") + " " + ProcessHandle.current().pid() + "\n";
        var server = new Server(new InetSocketAddress("127.0.0.1", Integer.parseInt(args[0])));
        server.setHandler(
                new Handler.Abstract() {
                    @Override
                    public boolean handle(Request request, Response response, Callback callback)
                            throws InterruptedException {
                        if (Request.getPathInContext(request).equals("/slow")) {
                            Thread.sleep(500);
                        }
                        Content.Sink.write(response, true, body, callback);
                        return true;
                    }
                });
        server.start();
        server.join();
    }
}
