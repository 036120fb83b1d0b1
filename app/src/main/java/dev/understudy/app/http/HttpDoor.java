package dev.understudy.app.http;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.understudy.app.http.Api.Request;
import dev.understudy.app.http.Api.Response;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A server of HTTP for some interfaces. What is no request of theirs is refused with a reason: a long body, another
 * type than JSON, a wrong token; and without a token, a name for this machine that is none of its own, which is what a
 * web page of somebody else would use.
 *
 * <p>Each connection may hold a thread, so that one that sends its request slowly holds up no other. It is closed where
 * the request is not whole after {@link #MOST_SECONDS}, and beyond a number of connections new ones are closed at once.
 */
public final class HttpDoor implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(HttpDoor.class);

    /** Longest body of a request. */
    static final int MOST_BYTES = 1 << 20;

    /** Of a longer body so much is read and thrown away, so that its sender gets to read why. */
    private static final long MOST_DRAINED = 64L << 20;

    /** Longest time for a request to arrive, seconds, plus up to 2 until that is noticed. */
    static final int MOST_SECONDS = 5;

    /** Time without a task after which a thread ends, seconds. */
    private static final int IDLE_SECONDS = 30;

    private static final int BACKLOG = 128;
    private static final List<String> OWN_NAMES = List.of("localhost", "127.0.0.1", "[::1]");

    private final HttpServer server;
    private final ExecutorService threads;
    private final List<Api> apis;
    private final String token;
    private final Map<Integer, LongAdder> byStatus = new ConcurrentHashMap<>();

    private HttpDoor(HttpServer server, ExecutorService threads, List<Api> apis, String token) {
        this.server = server;
        this.threads = threads;
        this.apis = List.copyOf(apis);
        this.token = token;
    }

    /**
     * Opens a door.
     *
     * @param address where it listens; port 0 for any that is free
     * @param token that requests must carry as {@code Authorization: Bearer}; empty for none
     * @param connections that are open at once; more are closed. The first door of a process sets it for all
     * @throws IOException if it cannot listen there
     */
    public static HttpDoor open(InetSocketAddress address, String token, int connections, List<Api> apis)
            throws IOException {
        // The server of the JDK takes these from the process alone: a client that does not finish its request or read
        // its answer must not keep a thread, and small answers must not wait for an acknowledgement.
        setUnlessSet("sun.net.httpserver.maxReqTime", Integer.toString(MOST_SECONDS));
        setUnlessSet("sun.net.httpserver.maxRspTime", "60");
        setUnlessSet("sun.net.httpserver.nodelay", "true");
        setUnlessSet("jdk.httpserver.maxConnections", Integer.toString(connections));
        HttpServer server = HttpServer.create(address, BACKLOG);
        ThreadPoolExecutor threads = new ThreadPoolExecutor(
                connections, connections, IDLE_SECONDS, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), task -> {
                    Thread thread =
                            new Thread(task, "http-" + server.getAddress().getPort());
                    thread.setDaemon(true);
                    return thread;
                });
        threads.allowCoreThreadTimeOut(true);
        HttpDoor door = new HttpDoor(server, threads, apis, token);
        server.setExecutor(threads);
        server.createContext("/", door::handle);
        server.start();
        return door;
    }

    private static void setUnlessSet(String property, String value) {
        System.setProperty(property, System.getProperty(property, value));
    }

    /** Returns where it listens. */
    public InetSocketAddress address() {
        return server.getAddress();
    }

    /** Returns the number of responses by status. */
    public SortedMap<Integer, Long> responses() {
        SortedMap<Integer, Long> counts = new TreeMap<>();
        byStatus.forEach((status, count) -> counts.put(status, count.sum()));
        return counts;
    }

    private void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            String path = exchange.getRequestURI().getPath();
            Api api = apis.stream()
                    .filter(each -> path.startsWith(each.prefix()))
                    .findFirst()
                    .orElse(apis.get(0));
            Response response;
            try {
                checkSender(exchange);
                response = api.answer(new Request(exchange.getRequestMethod(), path, body(exchange)));
            } catch (HttpProblem e) {
                response = api.problem(e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                response = api.problem(new HttpProblem(503, "stopping", null, "this instance is stopping"));
            } catch (RuntimeException e) {
                LOG.error("{} {} failed", exchange.getRequestMethod(), path, e);
                response = api.problem(new HttpProblem(500, "internal_error", null, "the log of serving says why"));
            }
            byStatus.computeIfAbsent(response.status(), any -> new LongAdder()).increment();
            byte[] bytes = response.bytes();
            exchange.getResponseHeaders().set("Content-Type", response.contentType());
            exchange.getResponseHeaders().set("Cache-Control", "no-store");
            if (response.status() == 503) {
                exchange.getResponseHeaders().set("Retry-After", "1");
            }
            exchange.sendResponseHeaders(response.status(), bytes.length);
            try (OutputStream out = exchange.getResponseBody()) {
                out.write(bytes);
            }
        }
    }

    private void checkSender(HttpExchange exchange) throws HttpProblem {
        if (!token.isEmpty()) {
            String given = header(exchange, "Authorization").replaceFirst("(?i)^bearer\\s+", "");
            if (!MessageDigest.isEqual(
                    given.getBytes(StandardCharsets.UTF_8), token.getBytes(StandardCharsets.UTF_8))) {
                throw new HttpProblem(
                        401, "invalid_api_key", null, "expected the token of this instance as Authorization: Bearer");
            }
            return;
        }
        String host = header(exchange, "Host").toLowerCase(Locale.ROOT).replaceFirst(":\\d+$", "");
        if (!OWN_NAMES.contains(host)) {
            throw new HttpProblem(
                    403,
                    "foreign_host",
                    null,
                    "expected one of the hosts %s, got \"%s\"; serve.http.token.file opens the door to others"
                            .formatted(OWN_NAMES, host));
        }
    }

    private static byte[] body(HttpExchange exchange) throws IOException, HttpProblem {
        if (!exchange.getRequestMethod().equals("POST")) {
            return new byte[0];
        }
        InputStream in = exchange.getRequestBody();
        byte[] body = in.readNBytes(MOST_BYTES + 1);
        if (body.length > MOST_BYTES) {
            byte[] thrownAway = new byte[1 << 16];
            long drained = body.length;
            for (int read = in.read(thrownAway); read >= 0 && drained < MOST_DRAINED; read = in.read(thrownAway)) {
                drained += read;
            }
            throw new HttpProblem(
                    413, "body_too_long", null, "expected a body of at most %,d bytes, got more".formatted(MOST_BYTES));
        }
        String type = header(exchange, "Content-Type");
        if (!type.toLowerCase(Locale.ROOT).startsWith("application/json")) {
            throw new HttpProblem(
                    415,
                    "unsupported_content_type",
                    null,
                    "expected Content-Type: application/json, got \"%s\"".formatted(type));
        }
        return body;
    }

    private static String header(HttpExchange exchange, String name) {
        String value = exchange.getRequestHeaders().getFirst(name);
        return value == null ? "" : value;
    }

    /** Stops: requests under way have a second. */
    @Override
    public void close() {
        server.stop(1);
        threads.shutdownNow();
        try {
            if (!threads.awaitTermination(5, TimeUnit.SECONDS)) {
                LOG.warn("Requests were still under way 5 s after the door was closed");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
