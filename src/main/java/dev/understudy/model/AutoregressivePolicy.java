package dev.understudy.model;

import ai.onnxruntime.OrtException;
import dev.understudy.environment.ActionSpace;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * A model that says one token after another, in service: one step of a recurrent network, and the loop around it, for
 * many replies at once.
 *
 * <p>The model has inputs {@code token} INT64 {@code [batch]} and {@code state} {@code [batch, d]}, and outputs
 * {@code logits} {@code [batch, vocabulary]} and {@code nextState} {@code [batch, d]}. A prompt is read by steps that
 * leave the logits out. What is said to a prompt depends on it, its seed and the model alone, not on the prompts beside
 * it.
 *
 * <p>Any number of threads may ask it at once. It must not be closed while one of them does.
 */
public final class AutoregressivePolicy implements AutoCloseable {
    static final String TOKEN = "token";
    static final String STATE = "state";
    static final String LOGITS = "logits";
    static final String NEXT_STATE = "nextState";

    /** Prompts that are decoded side by side; more wait. Bounds the memory of a call: 64 x 4,096 logits are 1 MB. */
    private static final int MOST_ROWS = 64;

    private final ModelFile file;
    private final StepSessions sessions;
    private final int vocabulary;
    private final ActionSpace.Discrete choices;
    /** Tokens below this may be said. */
    private final int spoken;

    private final ConcurrentLinkedQueue<StepBatch> idle = new ConcurrentLinkedQueue<>();
    private final AtomicBoolean closed = new AtomicBoolean();

    /**
     * What a reply is wanted to.
     *
     * @param tokens what is read before the reply; at least one
     * @param state what was read before those, as {@link Reply#state} of the same model; null for nothing
     * @param seed what the draws of the reply follow from
     */
    public record Prompt(int[] tokens, float @Nullable [] state, long seed) {
        @Override
        public boolean equals(Object other) {
            return other instanceof Prompt that
                    && Arrays.equals(tokens, that.tokens)
                    && Arrays.equals(state, that.state)
                    && seed == that.seed;
        }

        @Override
        public int hashCode() {
            return 31 * Arrays.hashCode(tokens) + Long.hashCode(seed);
        }
    }

    /**
     * What was said.
     *
     * @param tokens without the one that ended it
     * @param stopped whether a token ended it, and not its length
     * @param state of the network once it had read the prompt, {@code [d]}: of this model only
     */
    public record Reply(int[] tokens, boolean stopped, float[] state) {
        @Override
        public boolean equals(Object other) {
            return other instanceof Reply that
                    && Arrays.equals(tokens, that.tokens)
                    && stopped == that.stopped
                    && Arrays.equals(state, that.state);
        }

        @Override
        public int hashCode() {
            return 31 * Arrays.hashCode(tokens) + Arrays.hashCode(state);
        }
    }

    private AutoregressivePolicy(ModelFile file, StepSessions sessions, int spoken) {
        this.file = file;
        this.sessions = sessions;
        vocabulary = sessions.vocabulary();
        choices = new ActionSpace.Discrete(vocabulary);
        this.spoken = spoken > 0 ? spoken : vocabulary;
    }

    /**
     * Loads a model.
     *
     * @throws InvalidModelException if ONNX Runtime refuses it, or it is not one step of a recurrent network
     */
    public static AutoregressivePolicy load(ModelFile file) {
        return load(file, 0);
    }

    /**
     * Loads a model whose network has room for more tokens than there are.
     *
     * @param spoken how many there are: none from this number on is ever said; 0 for as many as the network knows
     * @throws InvalidModelException as {@link #load(ModelFile)}, and if the network knows fewer
     */
    public static AutoregressivePolicy load(ModelFile file, int spoken) {
        try {
            StepSessions sessions = new StepSessions(file.bytes());
            if (spoken > sessions.vocabulary()) {
                sessions.close();
                throw new InvalidModelException("expected a network that knows at least %d tokens, got one of %d"
                        .formatted(spoken, sessions.vocabulary()));
            }
            return new AutoregressivePolicy(file, sessions, spoken);
        } catch (OrtException e) {
            throw new InvalidModelException("ONNX Runtime does not load the model: " + e.getMessage(), e);
        }
    }

    /** Loads what a learner exported, to try it; its metadata say nothing. Throws as {@link #load}. */
    public static AutoregressivePolicy ofExport(byte[] onnx) {
        return load(new ModelFile(onnx, ModelFile.sha256(onnx), ModelMetadata.unknown(1, 1)));
    }

    /** Returns the file it was loaded from. */
    public ModelFile file() {
        return file;
    }

    /** Returns the number of tokens it knows. */
    public int vocabulary() {
        return vocabulary;
    }

    /** Returns d, the width of its state. */
    public int stateSize() {
        return sessions.stateSize();
    }

    /**
     * Replies to prompts.
     *
     * @return a reply to each, in their order
     * @throws IllegalArgumentException if a prompt is empty, has a token that is not in the vocabulary, or a state of
     *     another width
     */
    public List<Reply> reply(List<Prompt> prompts, Decoding decoding) {
        if (closed.get()) {
            throw new IllegalStateException("model %s is closed".formatted(file.sha256()));
        }
        for (int i = 0; i < prompts.size(); i++) {
            check(prompts.get(i), i);
        }
        StepBatch batch = idle.poll();
        if (batch == null) {
            batch = new StepBatch(sessions);
        }
        List<Reply> replies = new ArrayList<>();
        try {
            ReplyLoop loop = new ReplyLoop(sessions, batch, spoken);
            for (int from = 0; from < prompts.size(); from += MOST_ROWS) {
                replies.addAll(loop.run(prompts.subList(from, Math.min(prompts.size(), from + MOST_ROWS)), decoding));
            }
        } catch (OrtException e) {
            batch.close();
            throw new IllegalStateException(
                    "model %s failed on %d prompts: %s".formatted(file.sha256(), prompts.size(), e.getMessage()), e);
        }
        idle.add(batch);
        return replies;
    }

    private void check(Prompt prompt, int index) {
        boolean known = IntStream.of(prompt.tokens()).allMatch(token -> token >= 0 && token < vocabulary);
        float[] state = prompt.state();
        if (prompt.tokens().length == 0 || !known || (state != null && state.length != sessions.stateSize())) {
            throw new IllegalArgumentException(
                    "prompt %d: expected at least one token, tokens from 0 to %d, and a state of %d, got %d tokens%s and a state of %d"
                            .formatted(
                                    index,
                                    vocabulary - 1,
                                    sessions.stateSize(),
                                    prompt.tokens().length,
                                    known ? "" : ", some out of range,",
                                    state == null ? 0 : state.length));
        }
    }

    /**
     * Computes how likely sequences of tokens are: -log p(token | tokens before), nats.
     *
     * @param asked which tokens of each sequence are asked about
     * @return for each sequence, {@code [its tokens]}; 0 for the first, and for tokens that are not asked about
     * @throws IllegalArgumentException if a token is not in the vocabulary
     */
    public List<double[]> nats(List<int[]> sequences, List<boolean[]> asked) {
        for (int i = 0; i < sequences.size(); i++) {
            check(new Prompt(sequences.get(i), null, 0), i);
        }
        // Those as long as each other side by side, so that batches stay full.
        List<Integer> order = IntStream.range(0, sequences.size())
                .boxed()
                .sorted(Comparator.comparingInt((Integer i) -> -sequences.get(i).length))
                .toList();
        double[][] nats = new double[sequences.size()][];
        StepBatch batch = new StepBatch(sessions);
        try {
            for (int from = 0; from < order.size(); from += MOST_ROWS) {
                nats(batch, sequences, asked, order.subList(from, Math.min(order.size(), from + MOST_ROWS)), nats);
            }
        } catch (OrtException e) {
            throw new IllegalStateException(
                    "model %s failed on %d sequences: %s".formatted(file.sha256(), sequences.size(), e.getMessage()),
                    e);
        } finally {
            batch.close();
        }
        return List.of(nats);
    }

    private void nats(
            StepBatch batch, List<int[]> sequences, List<boolean[]> asked, List<Integer> some, double[][] nats)
            throws OrtException {
        batch.reserve(some.size());
        for (int row = 0; row < some.size(); row++) {
            nats[some.get(row)] = new double[sequences.get(some.get(row)).length];
            batch.put(row, new float[sessions.stateSize()]);
        }
        int rows = some.size();
        for (int at = 0; rows > 0; at++) {
            while (rows > 0 && sequences.get(some.get(rows - 1)).length - 1 <= at) {
                rows--;
            }
            boolean isAsked = false;
            for (int row = 0; row < rows; row++) {
                batch.token(row, sequences.get(some.get(row))[at]);
                isAsked |= asked.get(some.get(row))[at + 1];
            }
            if (rows == 0) {
                return;
            }
            batch.step(rows, isAsked);
            float[] logits = isAsked ? batch.logits(rows) : new float[0];
            for (int row = 0; isAsked && row < rows; row++) {
                int sequence = some.get(row);
                if (asked.get(sequence)[at + 1]) {
                    nats[sequence][at + 1] = -choices.logProbability(
                            logits, row * vocabulary, sequences.get(sequence)[at + 1]);
                }
            }
        }
    }

    /** Frees the sessions. Closing twice does nothing. */
    @Override
    public void close() {
        if (!closed.compareAndSet(false, true)) {
            return;
        }
        for (StepBatch batch = idle.poll(); batch != null; batch = idle.poll()) {
            batch.close();
        }
        try {
            sessions.close();
        } catch (OrtException e) {
            throw new IllegalStateException("model %s did not close: %s".formatted(file.sha256(), e.getMessage()), e);
        }
    }
}
