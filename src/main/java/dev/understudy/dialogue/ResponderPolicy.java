package dev.understudy.dialogue;

import dev.understudy.data.ByteRows;
import dev.understudy.data.Rows;
import dev.understudy.dialogue.DialogueContext.Said;
import dev.understudy.environment.ActionSpace;
import dev.understudy.learn.sequence.TokenSequence;
import dev.understudy.model.AutoregressivePolicy;
import dev.understudy.model.Decoding;
import dev.understudy.model.InvalidModelException;
import dev.understudy.model.LoadedPolicy;
import dev.understudy.model.ModelFile;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A responder in service: contexts to replies, by the tokeniser and the network of its model file.
 *
 * <p>What the network read of a conversation is kept for its next turn, by its tokens: it is of this model alone, so a
 * new model reads a conversation anew.
 */
final class ResponderPolicy extends TextPolicy {
    /** Key of the tokeniser, {@code tokenizer.json}, in {@link dev.understudy.model.ModelMetadata#extra}. */
    static final String TOKENISER = "tokenizer";

    static final Set<Integer> STOPS = Set.of(Tokeniser.END, Tokeniser.USER, Tokeniser.ASSISTANT, Tokeniser.SYSTEM);

    /** Most states that are kept: of 256 numbers each, 2 MB (a guess). */
    private static final int MOST_STATES = 2_048;

    private final AutoregressivePolicy network;
    private final Tokeniser tokeniser;
    private final Map<Tokens, float[]> states = new LinkedHashMap<>(64, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Tokens, float[]> eldest) {
            return size() > MOST_STATES;
        }
    };

    /** Tokens that were read, equal where all of them are. */
    private record Tokens(int[] ids) {
        @Override
        public boolean equals(Object other) {
            return other instanceof Tokens that && Arrays.equals(ids, that.ids);
        }

        @Override
        public int hashCode() {
            return Arrays.hashCode(ids);
        }
    }

    private ResponderPolicy(AutoregressivePolicy network, Tokeniser tokeniser, ActionSpace.Text replies) {
        super(replies);
        this.network = network;
        this.tokeniser = tokeniser;
    }

    /**
     * Loads a model.
     *
     * @throws InvalidModelException if it has no tokeniser, or one for more tokens than its network knows, or does not
     *     load
     */
    static ResponderPolicy load(ModelFile file, ActionSpace.Text replies) {
        Tokeniser tokeniser = tokeniser(file);
        return new ResponderPolicy(AutoregressivePolicy.load(file, tokeniser.size()), tokeniser, replies);
    }

    /** Returns the tokeniser of a model file. */
    static Tokeniser tokeniser(ModelFile file) {
        String json = file.metadata().extra().get(TOKENISER);
        if (json == null) {
            throw new InvalidModelException("expected a model with its tokeniser, got one with "
                    + file.metadata().extra().keySet());
        }
        try {
            return Tokeniser.read(json.getBytes(StandardCharsets.UTF_8));
        } catch (IllegalArgumentException e) {
            throw new InvalidModelException("expected a tokeniser in the model: " + e.getMessage(), e);
        }
    }

    Tokeniser tokeniser() {
        return tokeniser;
    }

    /** Returns -log p(token | tokens before) of each token of sequences, nats; 0 for the marks of roles. */
    List<double[]> nats(List<int[]> sequences) {
        List<boolean[]> asked = new ArrayList<>();
        for (int[] tokens : sequences) {
            boolean[] ofOne = new boolean[tokens.length];
            for (int i = 0; i < ofOne.length; i++) {
                ofOne[i] = !Tokeniser.isMark(tokens[i]) || tokens[i] == Tokeniser.END;
            }
            asked.add(ofOne);
        }
        return network.nats(sequences, asked);
    }

    @Override
    public ModelFile file() {
        return network.file();
    }

    @Override
    public void act(Rows observations, int rows, float[] actions) {
        reply((ByteRows) observations, rows, new long[rows], Decoding.greedy(STOPS), actions);
    }

    @Override
    public void answer(Rows observations, int rows, long[] seeds, LoadedPolicy.Answer answer) {
        if (answer.actions() != null) {
            reply((ByteRows) observations, rows, seeds, ResponderSpec.DRAWN, answer.actions());
        }
    }

    /** Writes replies to the first rows. */
    void reply(ByteRows contexts, int rows, long[] seeds, Decoding decoding, float[] actions) {
        List<int[]> read = new ArrayList<>();
        List<AutoregressivePolicy.Prompt> prompts = new ArrayList<>();
        for (int row = 0; row < rows; row++) {
            int[] tokens = prompt(DialogueContext.said(contexts.values(), row));
            read.add(tokens);
            prompts.add(remembered(tokens, seeds[row]));
        }
        List<AutoregressivePolicy.Reply> said = network.reply(prompts, decoding);
        synchronized (states) {
            for (int row = 0; row < rows; row++) {
                states.put(new Tokens(read.get(row)), said.get(row).state());
            }
        }
        for (int row = 0; row < rows; row++) {
            texts.write(tokeniser.decode(said.get(row).tokens()), actions, row * texts.size());
        }
    }

    /** Returns the tokens of a context and the mark of who replies. */
    private int[] prompt(List<Said> said) {
        Ids tokens = new Ids(256);
        for (Said turn : said) {
            tokens.add(tokeniser.encode(turn.role(), turn.text()));
        }
        tokens.add(Tokeniser.mark(DialogueContext.replying(said)));
        return tokens.toArray();
    }

    /** Returns a prompt that goes on from the longest beginning of the tokens that was read before. */
    private AutoregressivePolicy.Prompt remembered(int[] tokens, long seed) {
        synchronized (states) {
            for (int end = tokens.length - 1; end > 0; end--) {
                boolean isMark = Tokeniser.isMark(tokens[end - 1]) && tokens[end - 1] != Tokeniser.END;
                float[] state = isMark ? states.get(new Tokens(Arrays.copyOf(tokens, end))) : null;
                if (state != null) {
                    return new AutoregressivePolicy.Prompt(Arrays.copyOfRange(tokens, end, tokens.length), state, seed);
                }
            }
        }
        return new AutoregressivePolicy.Prompt(tokens, null, seed);
    }

    /** As the interface says; a row that goes on from the one before is not read from its beginning again. */
    @Override
    public void logProbabilities(Rows observations, float[] actions, int rows, double[] result) {
        TurnSequences sequences = TurnSequences.of((ByteRows) observations, actions, rows, tokeniser, texts);
        double[] nats = new double[rows];
        sequences.addTo(
                nats,
                network.nats(
                        sequences.sequences().stream()
                                .map(TokenSequence::tokens)
                                .toList(),
                        sequences.sequences().stream()
                                .map(TokenSequence::learned)
                                .toList()));
        for (int row = 0; row < rows; row++) {
            result[row] = -nats[row];
        }
    }

    @Override
    public void close() {
        network.close();
    }
}
