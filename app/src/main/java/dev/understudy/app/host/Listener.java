package dev.understudy.app.host;

import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A TCP port that a process has open for others, as Linux tells it in {@code /proc}.
 *
 * @param pid the process
 * @param address the address it listens at
 * @param port the port
 */
public record Listener(long pid, InetAddress address, int port) {
    private static final Path PROC = Path.of("/proc");
    private static final Pattern BLANKS = Pattern.compile("\\s+");
    private static final String LISTEN = "0A";
    private static final String SOCKET = "socket:[";

    /** Returns whether others than this machine can reach it. */
    public boolean isOpenToOthers() {
        return !address.isLoopbackAddress();
    }

    /**
     * Returns what a process listens at; empty where the machine does not say, as without {@code /proc}, or of a
     * process of another user.
     */
    public static Optional<List<Listener>> of(long pid) {
        Path process = PROC.resolve(Long.toString(pid));
        Optional<Set<String>> own = sockets(process.resolve("fd"));
        if (own.isEmpty()) {
            return Optional.empty();
        }
        List<Listener> listeners = new ArrayList<>();
        try {
            for (String table : List.of("net/tcp", "net/tcp6")) {
                if (Files.exists(process.resolve(table))) {
                    Files.readAllLines(process.resolve(table), StandardCharsets.US_ASCII).stream()
                            .skip(1)
                            .map(line -> BLANKS.split(line.strip(), -1))
                            .filter(fields -> fields.length > 9
                                    && fields[3].equals(LISTEN)
                                    && own.get().contains(fields[9]))
                            .forEach(fields -> listeners.add(parse(pid, fields[1])));
                }
            }
        } catch (IOException e) {
            return Optional.empty();
        }
        return Optional.of(listeners);
    }

    /** Returns the inodes of the sockets of a process. */
    private static Optional<Set<String>> sockets(Path descriptors) {
        Set<String> inodes = new HashSet<>();
        try (Stream<Path> links = Files.list(descriptors)) {
            for (Path link : links.toList()) {
                String target = target(link);
                if (target.startsWith(SOCKET)) {
                    inodes.add(target.substring(SOCKET.length(), target.length() - 1));
                }
            }
            return Optional.of(inodes);
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    private static String target(Path link) {
        try {
            return Files.readSymbolicLink(link).toString();
        } catch (IOException e) {
            return ""; // closed meanwhile
        }
    }

    /** Reads {@code 0100007F:1F90}: words of four bytes, each with its last byte first, and the port. */
    static Listener parse(long pid, String text) {
        String[] parts = text.split(":", 2);
        byte[] bytes = HexFormat.of().parseHex(parts[0]);
        for (int word = 0; word < bytes.length; word += Integer.BYTES) {
            for (int i = 0; i < 2; i++) {
                byte kept = bytes[word + i];
                bytes[word + i] = bytes[word + 3 - i];
                bytes[word + 3 - i] = kept;
            }
        }
        try {
            return new Listener(pid, InetAddress.getByAddress(bytes), Integer.parseInt(parts[1], 16));
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException("expected an address of 4 or 16 bytes, found " + text, e);
        }
    }

    /** Returns the processes of this machine whose command line has a word, this one left out. */
    public static List<Long> processes(String word) {
        try (Stream<Path> all = Files.list(PROC)) {
            return all.map(path -> path.getFileName().toString())
                    .filter(name -> name.matches("[0-9]{1,18}"))
                    .map(Long::valueOf)
                    .filter(pid -> pid != ProcessHandle.current().pid()
                            && commandLine(pid).contains(word))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            return List.of();
        }
    }

    /** Returns the words of a process's command line, none if the process is gone. */
    public static List<String> commandLine(long pid) {
        try {
            byte[] bytes = Files.readAllBytes(PROC.resolve(Long.toString(pid)).resolve("cmdline"));
            return Arrays.asList(new String(bytes, StandardCharsets.UTF_8).split("\0", -1));
        } catch (IOException e) {
            return List.of();
        }
    }

    @Override
    public String toString() {
        return address.getHostAddress() + " port " + port;
    }
}
