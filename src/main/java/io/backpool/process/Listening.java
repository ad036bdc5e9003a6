package io.backpool.process;

import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * Who listens where on this machine, and is connected, from {@code /proc/net/tcp} and {@code
 * /proc/PID/fd}.
 */
public final class Listening {
    /** TCP_LISTEN of the kernel's tcp_states.h. */
    private static final String LISTEN = "0A";

    /** TCP_ESTABLISHED of the same. */
    private static final String ESTABLISHED = "01";

    private Listening() {}

    /** One socket by its own side; its inode is its name. */
    private record Socket(InetAddress address, int port, String inode) {
        boolean accepts(InetAddress to, int toPort) {
            return port == toPort && (address.isAnyLocalAddress() || address.equals(to));
        }
    }

    /**
     * Processes, of those given, that have all sockets that accept connections to this place.
     *
     * @return whether there are such sockets, and no other process has one of them
     */
    public static boolean isBy(Set<Long> pids, InetAddress address, int port) {
        Set<String> own = inodes(pids);
        List<Socket> here =
                sockets(LISTEN).stream().filter(it -> it.accepts(address, port)).toList();
        return !here.isEmpty() && here.stream().allMatch(socket -> own.contains(socket.inode));
    }

    /** Whether somebody listens there. */
    public static boolean isTaken(InetAddress address, int port) {
        return sockets(LISTEN).stream().anyMatch(socket -> socket.accepts(address, port));
    }

    /** Whether a connection to this port is open on both sides. */
    public static boolean isConnected(int port) {
        return sockets(ESTABLISHED).stream().anyMatch(socket -> socket.port == port);
    }

    /** The ports that these processes listen on. */
    public static Set<Integer> ports(Set<Long> pids) {
        Set<String> own = inodes(pids);
        Set<Integer> ports = new TreeSet<>();
        sockets(LISTEN).stream()
                .filter(socket -> own.contains(socket.inode))
                .forEach(socket -> ports.add(socket.port));
        return ports;
    }

    /** For people: {@code process 4711 (nginx)}, of the first that listens there. */
    public static String owner(InetAddress address, int port) {
        for (Socket socket : sockets(LISTEN)) {
            if (socket.accepts(address, port)) {
                for (Long pid : ProcessHandle.allProcesses().map(ProcessHandle::pid).toList()) {
                    if (inodes(Set.of(pid)).contains(socket.inode)) {
                        return "process " + pid + " (" + ProcessTable.name(pid) + ")";
                    }
                }
            }
        }
        return "another user's process";
    }

    private static Set<String> inodes(Set<Long> pids) {
        Set<String> inodes = new HashSet<>();
        for (Long pid : pids) {
            try (DirectoryStream<Path> files =
                    Files.newDirectoryStream(Path.of("/proc", pid.toString(), "fd"))) {
                for (Path file : files) {
                    inodes.add(target(file));
                }
            } catch (IOException e) {
                // It has ended, or is another user's.
            }
        }
        return inodes;
    }

    private static String target(Path file) {
        try {
            String target = Files.readSymbolicLink(file).toString();
            return target.startsWith("socket:[")
                    ? target.substring("socket:[".length(), target.length() - 1)
                    : "";
        } catch (IOException e) {
            return ""; // closed meanwhile
        }
    }

    private static List<Socket> sockets(String state) {
        List<Socket> sockets = new ArrayList<>();
        for (String table : List.of("tcp", "tcp6")) {
            try {
                for (String line : Files.readAllLines(Path.of("/proc/net", table))) {
                    String[] fields = line.strip().split("\\s+");
                    if (fields.length > 9 && fields[3].equals(state)) {
                        String[] place = fields[1].split(":");
                        sockets.add(
                                new Socket(
                                        address(place[0]),
                                        Integer.parseInt(place[1], 16),
                                        fields[9]));
                    }
                }
            } catch (IOException e) {
                // No IPv6 here.
            }
        }
        return sockets;
    }

    /** Words of four bytes, each in the machine's order, which is little-endian. */
    private static InetAddress address(String hex) throws IOException {
        byte[] bytes = HexFormat.of().parseHex(hex);
        for (int i = 0; i < bytes.length; i += 4) {
            byte first = bytes[i];
            bytes[i] = bytes[i + 3];
            bytes[i + 3] = first;
            byte second = bytes[i + 1];
            bytes[i + 1] = bytes[i + 2];
            bytes[i + 2] = second;
        }
        return InetAddress.getByAddress(bytes);
    }
}
