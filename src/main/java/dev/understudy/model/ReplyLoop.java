package dev.understudy.model;

import ai.onnxruntime.OrtException;
import dev.understudy.model.AutoregressivePolicy.Prompt;
import dev.understudy.model.AutoregressivePolicy.Reply;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * Reads prompts and replies to them, many side by side, on one thread. A row leaves the batch when its reply is over,
 * and the last one takes its place.
 */
final class ReplyLoop {
    private final StepBatch batch;
    private final StepSessions sessions;
    private final int spoken;

    /** @param spoken tokens below this may be said */
    ReplyLoop(StepSessions sessions, StepBatch batch, int spoken) {
        this.sessions = sessions;
        this.batch = batch;
        this.spoken = spoken;
    }

    /** A reply under way. */
    private static final class Speech {
        private final int prompt;
        private final SplittableRandom random;
        private final int[] tokens;
        private int length;

        Speech(int prompt, long seed, int most) {
            this.prompt = prompt;
            this.random = new SplittableRandom(seed);
            this.tokens = new int[most];
        }
    }

    /** Returns a reply to each prompt, in their order. */
    List<Reply> run(List<Prompt> prompts, Decoding decoding) throws OrtException {
        int rows = prompts.size();
        batch.reserve(rows);
        float[][] states = read(prompts);
        Speech[] active = new Speech[rows];
        for (int row = 0; row < rows; row++) {
            Prompt prompt = prompts.get(row);
            active[row] = new Speech(row, prompt.seed(), decoding.most());
            batch.put(row, states[row]);
            batch.token(row, prompt.tokens()[prompt.tokens().length - 1]);
        }
        TokenChoice choice = new TokenChoice(spoken, decoding);
        Reply[] replies = new Reply[rows];
        boolean first = true;
        while (rows > 0) {
            batch.step(rows, true);
            float[] logits = batch.logits(rows);
            for (int row = rows - 1; row >= 0; row--) {
                Speech speech = active[row];
                if (first) {
                    states[row] = batch.state(row);
                }
                int at = row * sessions.vocabulary();
                int token = choice.next(logits, at, speech.tokens, speech.length, speech.random);
                boolean stopped = decoding.stops().contains(token);
                if (!stopped) {
                    speech.tokens[speech.length++] = token;
                    batch.token(row, token);
                }
                if (stopped || speech.length == decoding.most()) {
                    replies[speech.prompt] =
                            new Reply(Arrays.copyOf(speech.tokens, speech.length), stopped, states[speech.prompt]);
                    // The last row takes its place; it has already spoken.
                    rows--;
                    active[row] = active[rows];
                    batch.move(rows, row);
                }
            }
            first = false;
        }
        return List.of(replies);
    }

    /** Returns the states after all tokens of each prompt but the last. */
    private float[][] read(List<Prompt> prompts) throws OrtException {
        int count = prompts.size();
        float[][] states = new float[count][];
        // The longest first: those that are read to the end leave at the end of the batch.
        List<Integer> order = IntStream.range(0, count)
                .boxed()
                .sorted(Comparator.comparingInt((Integer i) -> -prompts.get(i).tokens().length))
                .toList();
        for (int row = 0; row < count; row++) {
            float[] state = prompts.get(order.get(row)).state();
            states[order.get(row)] = state == null ? new float[sessions.stateSize()] : state;
            batch.put(row, states[order.get(row)]);
        }
        int rows = count;
        for (int at = 0; rows > 0; at++) {
            while (rows > 0 && prompts.get(order.get(rows - 1)).tokens().length - 1 == at) {
                rows--;
                states[order.get(rows)] = batch.state(rows);
            }
            for (int row = 0; row < rows; row++) {
                batch.token(row, prompts.get(order.get(row)).tokens()[at]);
            }
            if (rows > 0) {
                batch.step(rows, false);
            }
        }
        return states;
    }
}
