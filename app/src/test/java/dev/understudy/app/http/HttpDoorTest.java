package dev.understudy.app.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.understudy.app.http.Api.Request;
import dev.understudy.app.http.Api.Response;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class HttpDoorTest {
    private static final int CONNECTIONS = 24;

    private final HttpClient client = HttpClient.newHttpClient();
    private @Nullable HttpDoor door;

    /** Says how long a body is, and fails where it is told to. */
    private static final class Echo implements Api {
        @Override
        public String prefix() {
            return "/echo";
        }

        @Override
        public Response answer(Request request) throws HttpProblem {
            if (request.path().endsWith("/broken")) {
                throw new IllegalStateException("broken");
            }
            return Response.json(200, "%s %d".formatted(request.path(), request.body().length));
        }

        @Override
        public Response problem(HttpProblem problem) {
            return Response.json(problem.status(), problem.code() + ": " + problem.text());
        }
    }

    private HttpDoor open(String token) throws IOException {
        InetSocketAddress any = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
        HttpDoor opened = HttpDoor.open(any, token, CONNECTIONS, List.of(new Echo()));
        door = opened;
        return opened;
    }

    @AfterEach
    void close() {
        if (door != null) {
            door.close();
        }
    }

    private HttpRequest.Builder to(HttpDoor opened, String path) {
        return HttpRequest.newBuilder(
                URI.create("http://127.0.0.1:%d%s".formatted(opened.address().getPort(), path)));
    }

    private String post(HttpDoor opened, String path, String type, int bytes) throws Exception {
        HttpRequest request = to(opened, path)
                .header("Content-Type", type)
                .POST(HttpRequest.BodyPublishers.ofByteArray(new byte[bytes]))
                .build();
        HttpResponse<String> response = client.send(request, HttpResponse.BodyHandlers.ofString());
        return response.statusCode() + " " + response.body();
    }

    @Test
    void answersOrSaysWhyNot() throws Exception {
        HttpDoor opened = open("");
        assertThat(post(opened, "/echo/a%20b", "application/json; charset=utf-8", 3))
                .isEqualTo("200 /echo/a b 3");
        assertThat(post(opened, "/echo", "text/plain", 3))
                .isEqualTo("415 unsupported_content_type: expected Content-Type: application/json, got \"text/plain\"");
        assertThat(post(opened, "/echo", "application/json", 10_000_000))
                .isEqualTo("413 body_too_long: expected a body of at most 1,048,576 bytes, got more");
        assertThat(post(opened, "/echo/broken", "application/json", 0))
                .isEqualTo("500 internal_error: the log of serving says why");
        assertThat(post(opened, "/echo", "application/json", 1))
                .as("afterwards")
                .isEqualTo("200 /echo 1");
        assertThat(opened.responses()).containsOnlyKeys(200, 413, 415, 500).containsEntry(200, 2L);
    }

    @Test
    void aNameThatAWebPageOfSomebodyElseGaveThisMachineIsRefused() throws Exception {
        HttpDoor opened = open("");
        try (Socket socket =
                new Socket(InetAddress.getLoopbackAddress(), opened.address().getPort())) {
            socket.getOutputStream()
                    .write("GET /echo HTTP/1.1\r\nHost: evil.example:80\r\nConnection: close\r\n\r\n"
                            .getBytes(StandardCharsets.UTF_8));
            assertThat(new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
                    .startsWith("HTTP/1.1 403")
                    .contains(
                            "foreign_host: expected one of the hosts [localhost, 127.0.0.1, [::1]], got \"evil.example\"");
        }
    }

    @Test
    void aTokenOpensTheDoorToThoseWhoHaveIt() throws Exception {
        HttpDoor opened = open("a token of sixteen");
        HttpResponse<String> without = client.send(to(opened, "/echo").build(), HttpResponse.BodyHandlers.ofString());
        assertThat(without.statusCode()).isEqualTo(401);
        HttpResponse<String> with = client.send(
                to(opened, "/echo")
                        .header("Authorization", "Bearer a token of sixteen")
                        .build(),
                HttpResponse.BodyHandlers.ofString());
        assertThat(with.body()).isEqualTo("/echo 0");
    }

    /** Returns a connection that sends the beginning of a request and no more. */
    private static Socket half(HttpDoor opened, String beginning) throws IOException {
        Socket socket =
                new Socket(InetAddress.getLoopbackAddress(), opened.address().getPort());
        socket.setSoTimeout(60_000);
        socket.getOutputStream().write(beginning.getBytes(StandardCharsets.UTF_8));
        return socket;
    }

    /** Waits until the other side closes a connection, and returns what it said before. */
    private static String untilClosed(Socket socket) throws IOException {
        try (socket) {
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        } catch (SocketException reset) {
            return "";
        }
    }

    @Test
    void slowSendersHoldUpNobodyAndAreCutOff() throws Exception {
        HttpDoor opened = open("");
        List<Socket> slow = new ArrayList<>();
        for (int i = 0; i < CONNECTIONS / 3; i++) {
            slow.add(half(opened, "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Type: appl"));
            slow.add(half(
                    opened,
                    String.join("\r\n", "POST /echo HTTP/1.1", "Host: localhost", "Content-Length: 9", "", "{")));
        }
        assertThat(post(opened, "/echo", "application/json", 1)).isEqualTo("200 /echo 1");
        for (Socket each : slow) {
            assertThat(untilClosed(each)).isEmpty();
        }
        assertThat(post(opened, "/echo", "application/json", 2)).isEqualTo("200 /echo 2");
        assertThat(opened.responses()).containsOnlyKeys(200);
    }

    @Test
    void moreConnectionsThanMayBeAreClosedAndThoseThatAreOpenAnswered() throws Exception {
        HttpDoor opened = open("");
        String request = "GET /echo HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
        List<Socket> open = new ArrayList<>();
        int most = Integer.getInteger("jdk.httpserver.maxConnections", 0); // of the first door in this process
        for (int i = 0; i < most; i++) {
            open.add(half(opened, request.substring(0, 10)));
        }
        assertThat(untilClosed(half(opened, request))).isEmpty();
        for (Socket each : open) {
            each.getOutputStream().write(request.substring(10).getBytes(StandardCharsets.UTF_8));
            assertThat(untilClosed(each)).startsWith("HTTP/1.1 200");
        }
        assertThat(untilClosed(half(opened, request))).startsWith("HTTP/1.1 200");
    }
}
