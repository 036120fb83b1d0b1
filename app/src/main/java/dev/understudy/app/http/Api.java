package dev.understudy.app.http;

import java.nio.charset.StandardCharsets;

/** What a part of the paths of an {@link HttpDoor} is answered by. Asked by many threads at once. */
public interface Api {
    /**
     * A request.
     *
     * @param method in capitals
     * @param path decoded, without the query
     * @param body as it came; empty if there was none
     */
    record Request(String method, String path, byte[] body) {}

    /**
     * A response.
     *
     * @param status of HTTP
     * @param contentType of the body
     * @param body in UTF-8
     */
    record Response(int status, String contentType, String body) {
        static Response json(int status, String body) {
            return new Response(status, "application/json", body);
        }

        byte[] bytes() {
            return body.getBytes(StandardCharsets.UTF_8);
        }
    }

    /** Returns what its paths begin with, such as {@code /v1/}. */
    String prefix();

    /** Answers a request. */
    Response answer(Request request) throws HttpProblem, InterruptedException;

    /** Says in the form of this interface why a request is not answered. */
    Response problem(HttpProblem problem);
}
