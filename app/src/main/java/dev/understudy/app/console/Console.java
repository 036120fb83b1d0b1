package dev.understudy.app.console;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonSerializer;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.module.SimpleModule;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.function.Supplier;
import java.util.regex.Pattern;

/**
 * Where a command writes: with {@code --json} its result is one JSON object on standard output, or a line with one for
 * each of its results, and all else goes to standard error; without, the result is text and stands on standard output
 * with the lines before it. May be used by several threads.
 */
public final class Console {
    private static final String ERASE_LINE = "\r\u001b[K";

    private static final Pattern LINE_ENDS = Pattern.compile("\\R");

    private final PrintStream out;
    private final PrintStream err;
    private final boolean json;
    private final boolean terminal;
    private boolean statusShown;

    /**
     * Makes a console.
     *
     * @param terminal whether standard error is a terminal, so that a line may be rewritten
     */
    public Console(PrintStream out, PrintStream err, boolean json, boolean terminal) {
        this.out = out;
        this.err = err;
        this.json = json;
        this.terminal = terminal;
    }

    /** Returns the console of this process; the launcher says whether standard error is a terminal. */
    static Console ofProcess(boolean json) {
        return new Console(utf8(System.out), utf8(System.err), json, Boolean.getBoolean("understudy.terminal"));
    }

    private static PrintStream utf8(PrintStream stream) {
        return new PrintStream(stream, true, StandardCharsets.UTF_8);
    }

    /** Returns a text with a blank for each line end. */
    public static String onOneLine(String text) {
        return LINE_ENDS.matcher(text).replaceAll(" ");
    }

    /** Writes one line on what happened. */
    public synchronized void line(String text) {
        eraseStatus();
        (json ? err : out).println(text);
    }

    /** Writes one line on what the user should know even if nothing reads standard output. */
    public synchronized void note(String text) {
        eraseStatus();
        err.println(text);
    }

    /** Shows the state of things on a terminal, in place of what the last call showed; elsewhere does nothing. */
    public synchronized void status(String text) {
        if (terminal) {
            err.print(ERASE_LINE + text);
            err.flush();
            statusShown = true;
        }
    }

    /** Returns whether {@link #status} shows anything. */
    public boolean isTerminal() {
        return terminal;
    }

    /** Writes the result, as JSON or as text, whichever was asked for. */
    public synchronized void result(Object value, Supplier<String> text) {
        print(json ? toJson(value, true) : text.get());
    }

    /** Writes one of several results, each a line: of JSON or of text, whichever was asked for. */
    public synchronized void resultLine(Object value, Supplier<String> text) {
        print(json ? toJson(value, false) : text.get());
    }

    /** Writes what one of several results is missing for: as JSON in its place, or else as a note. */
    public synchronized void problemLine(Object value, Supplier<String> text) {
        if (json) {
            print(toJson(value, false));
        } else {
            note(text.get());
        }
    }

    private void print(String text) {
        eraseStatus();
        out.println(text);
        out.flush();
    }

    private void eraseStatus() {
        if (statusShown) {
            err.print(ERASE_LINE);
            err.flush();
            statusShown = false;
        }
    }

    private static String toJson(Object value, boolean indented) {
        ObjectMapper mapper = new ObjectMapper().configure(SerializationFeature.INDENT_OUTPUT, indented);
        SimpleModule numbers = new SimpleModule();
        numbers.addSerializer(Double.class, new FiniteOrNull());
        try {
            return mapper.registerModule(numbers).writeValueAsString(value);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("cannot write %s as JSON".formatted(value.getClass()), e);
        }
    }

    /** JSON has no NaN and no infinity. */
    private static final class FiniteOrNull extends JsonSerializer<Double> {
        @Override
        public void serialize(Double value, JsonGenerator json, SerializerProvider provider) throws IOException {
            if (Double.isFinite(value)) {
                json.writeNumber(value);
            } else {
                json.writeNull();
            }
        }
    }
}
