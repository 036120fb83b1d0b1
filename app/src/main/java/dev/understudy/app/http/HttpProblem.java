package dev.understudy.app.http;

import org.jspecify.annotations.Nullable;

/** Why a request is not answered as it wants to be. */
public final class HttpProblem extends Exception {
    private final int status;
    private final String code;
    private final @Nullable String parameter;

    /**
     * A problem.
     *
     * @param status of the response
     * @param code a word for programs
     * @param parameter the part of the request that it is about; null if none is
     * @param message what was expected and what was found
     */
    public HttpProblem(int status, String code, @Nullable String parameter, String message) {
        super(message);
        this.status = status;
        this.code = code;
        this.parameter = parameter;
    }

    /** Returns a problem with a part of a request: status 400. */
    static HttpProblem invalid(@Nullable String parameter, String message) {
        return new HttpProblem(400, "invalid_value", parameter, message);
    }

    int status() {
        return status;
    }

    String code() {
        return code;
    }

    @Nullable
    String parameter() {
        return parameter;
    }

    /** Returns what was expected and what was found. */
    String text() {
        return String.valueOf(getMessage());
    }
}
