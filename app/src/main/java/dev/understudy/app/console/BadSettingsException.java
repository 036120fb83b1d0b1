package dev.understudy.app.console;

import java.util.List;

/** The configuration has problems; nothing was started. */
public final class BadSettingsException extends RuntimeException {
    private final List<String> problems;

    public BadSettingsException(List<String> problems) {
        super(String.join(System.lineSeparator(), problems));
        this.problems = List.copyOf(problems);
    }

    /** Returns every problem, one line each: where, what was expected, what was found. */
    public List<String> problems() {
        return problems;
    }
}
