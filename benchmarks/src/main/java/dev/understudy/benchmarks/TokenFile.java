package dev.understudy.benchmarks;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.understudy.learn.sequence.TokenSequence;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.GZIPInputStream;

/**
 * Conversations as tokens, as {@code peers/dialogue_tokens.py} writes them.
 *
 * @param sequences one for each conversation, in order, all of it learned
 * @param bytes of its text, one added for each turn
 */
record TokenFile(List<TokenSequence> sequences, List<Long> bytes) {
    /** The mark at the end of a conversation. */
    static final int END = 2;

    /**
     * Reads a file.
     *
     * @param most conversations
     */
    static TokenFile read(Path file, int most) throws IOException {
        ObjectMapper json = new ObjectMapper();
        List<TokenSequence> sequences = new ArrayList<>();
        List<Long> bytes = new ArrayList<>();
        try (BufferedReader lines = new BufferedReader(
                new InputStreamReader(new GZIPInputStream(Files.newInputStream(file)), StandardCharsets.UTF_8))) {
            for (String line = lines.readLine(); line != null && sequences.size() < most; line = lines.readLine()) {
                JsonNode node = json.readTree(line);
                int[] tokens = json.treeToValue(node.get("tokens"), int[].class);
                boolean[] learned = new boolean[tokens.length];
                Arrays.fill(learned, true);
                sequences.add(new TokenSequence(tokens, learned));
                bytes.add(node.get("bytes").asLong());
            }
        }
        return new TokenFile(sequences, bytes);
    }

    /** Returns the number of tokens: one above the largest. */
    int vocabulary() {
        return 1
                + sequences.stream()
                        .flatMapToInt(sequence -> Arrays.stream(sequence.tokens()))
                        .max()
                        .orElse(0);
    }

    /** Returns the bytes of some conversations. */
    double bytes(int from, int to) {
        return bytes.subList(from, to).stream().mapToLong(Long::longValue).sum();
    }
}
