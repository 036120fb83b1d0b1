package dev.understudy.dialogue;

import dev.understudy.model.InvalidModelException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Tokenisers of policies that read text in lower case. */
final class Tokenisers {
    /** Most characters that one is learned from. */
    private static final long MOST_CHARS = 3_000_000;

    private Tokenisers() {}

    /** Returns {@code tokenizer.json} as it is learned from the beginning of some texts. */
    static String learned(List<String> texts) {
        List<String> beginning = new ArrayList<>();
        long chars = 0;
        for (String text : texts) {
            chars += text.length();
            if (chars > MOST_CHARS) {
                break;
            }
            beginning.add(text.toLowerCase(Locale.ROOT));
        }
        return new String(Tokeniser.train(beginning, Tokeniser.MOST_ENTRIES).toJson(), StandardCharsets.UTF_8);
    }

    /**
     * Reads one.
     *
     * @throws InvalidModelException if there is none
     */
    static Tokeniser read(@Nullable String json) {
        if (json == null) {
            throw new InvalidModelException("expected a tokeniser, got none");
        }
        try {
            return Tokeniser.read(json.getBytes(StandardCharsets.UTF_8));
        } catch (IllegalArgumentException e) {
            throw new InvalidModelException("expected a tokeniser: " + e.getMessage(), e);
        }
    }
}
