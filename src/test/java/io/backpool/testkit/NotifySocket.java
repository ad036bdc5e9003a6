package io.backpool.testkit;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** The socket that systemd listens on for news of a service, without systemd. */
public final class NotifySocket implements AutoCloseable {
    /** Perl is there on every Debian, and Java can't do it. */
    private static final String RECEIVER =
            """
            use Socket;
            $| = 1;
            socket(my $socket, PF_UNIX, SOCK_DGRAM, 0) or die $!;
            (my $address = $ARGV[0]) =~ s/^@/\\0/;
            bind($socket, pack_sockaddr_un($address)) or die $!;
            print "listening\\n";
            while (defined recv($socket, my $news, 4096, 0)) {
                $news =~ s/\\n/ /g;
                print "$news\\n";
            }
            """;

    private final String address;
    private final ServerProcess receiver;

    /**
     * @param address a path, or {@code @} and a name in the abstract namespace
     */
    public NotifySocket(Path directory, String address) {
        this.address = address;
        this.receiver =
                ServerProcess.start(
                        directory,
                        directory.resolve("notify.log"),
                        Map.of(),
                        List.of(ServerProcess.program("perl"), "-e", RECEIVER, address));
        receiver.awaitLog("listening");
    }

    /** What the service finds in its environment. */
    public Map<String, String> environment(int watchdogMillis) {
        return Map.of("NOTIFY_SOCKET", address, "WATCHDOG_USEC", watchdogMillis + "000");
    }

    /** Everything that was heard, in order, a line a message. */
    public List<String> heard() {
        return receiver.log()
                .lines()
                .skip(1)
                .filter(news -> !news.equals("BARRIER=1")) // systemd-notify's own
                .toList();
    }

    @Override
    public void close() {
        receiver.close();
    }
}
