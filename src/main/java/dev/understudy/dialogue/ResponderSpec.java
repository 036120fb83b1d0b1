package dev.understudy.dialogue;

import dev.understudy.data.Rows;
import dev.understudy.domain.Actor;
import dev.understudy.domain.Baseline;
import dev.understudy.domain.Domain;
import dev.understudy.domain.Envelope;
import dev.understudy.domain.Examination;
import dev.understudy.domain.Featuriser;
import dev.understudy.domain.Labeller;
import dev.understudy.domain.PolicySpec;
import dev.understudy.domain.Step;
import dev.understudy.domain.Steps;
import dev.understudy.environment.ActionSpace;
import dev.understudy.evaluate.ImitationRule;
import dev.understudy.evaluate.Rule;
import dev.understudy.learn.Algorithms;
import dev.understudy.learn.Learner;
import dev.understudy.learn.sequence.SequenceCloningConfig;
import dev.understudy.learn.sequence.SequenceGailConfig;
import dev.understudy.model.Decoding;
import dev.understudy.model.IntakeCheck;
import dev.understudy.model.IntakeLimits;
import dev.understudy.model.ModelFile;
import dev.understudy.model.ModelMetadata;
import dev.understudy.model.ServedPolicy;
import dev.understudy.network.NGramTables;
import dev.understudy.network.RecurrentNetwork;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The policy {@code dialogue/responder}: what was said so far to a reply.
 *
 * <p>An observation is the newest turns that fit into 1,024 bytes, an action a reply of at most 256 bytes. What is
 * learned is one recurrent network that reads a conversation token by token and goes on as the reply: its state is the
 * state s of the conversation (Sordoni and others, 2015). Tables of n-grams beside it know what was said often.
 */
public record ResponderSpec() implements PolicySpec<Turn> {
    /** Its name. */
    public static final String NAME = "dialogue/responder";

    /** What replies are written as. */
    public static final ActionSpace.Text REPLIES = new ActionSpace.Text(256);

    /** How replies are drawn in service; their seed follows from the conversation and the turn. */
    public static final Decoding DRAWN = Decoding.defaults(ResponderPolicy.STOPS);

    private static final int EMBEDDING = 192;
    private static final int STATE = 256;

    /** Iterations of GAIL on a window (a guess). */
    private static final int ITERATIONS_ON_STREAMS = 25;

    /** Longest that a reply may take, from the first byte of its context on (a guess). */
    private static final Duration LATENCY = Duration.ofSeconds(2);

    /** Most replies that are made at once. */
    private static final int MOST_ROWS = 64;

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public Domain<Turn> domain() {
        return Turn.DOMAIN;
    }

    @Override
    public int observationSize() {
        return DialogueContext.BYTES;
    }

    @Override
    public Rows.Type observationType() {
        return Rows.Type.UINT8;
    }

    @Override
    public ActionSpace actions() {
        return REPLIES;
    }

    /** Returns 0: turns have no clock, and follow each other by their numbers. */
    @Override
    public long stepMs() {
        return 0;
    }

    @Override
    public String fingerprint() {
        return "responder/1: turns of %d bytes with roles -> reply of %d bytes"
                .formatted(DialogueContext.BYTES, REPLIES.size());
    }

    @Override
    public Featuriser<Turn> featuriser() {
        return new DialogueFeaturiser(REPLIES);
    }

    @Override
    public Featuriser<Turn> featuriser(ByteBuffer saved) {
        return DialogueFeaturiser.read(REPLIES, saved);
    }

    /**
     * Returns whether it is the user's turn, and no other program that answers it: no policy speaks for a user, and
     * what was answered already is only what came before.
     */
    @Override
    public boolean asks(Turn turn) {
        return turn.role() == Role.USER && turn.actor() != Actor.ASSISTANCE;
    }

    @Override
    public Envelope<Turn> envelope() {
        return new ReplyEnvelope(REPLIES);
    }

    @Override
    public Labeller<Turn> labeller() {
        return new NextTurn(REPLIES);
    }

    @Override
    public List<String> algorithms() {
        return List.of(Algorithms.CLONING, Algorithms.GAIL);
    }

    /** @param length how often the conversations of a window are gone through, or iterations of GAIL; 0 for its own */
    @Override
    public Learner learner(String algorithm, int length) {
        if (!algorithms().contains(algorithm)) {
            throw new IllegalArgumentException(
                    "expected one of the algorithms %s of %s, got %s".formatted(algorithms(), NAME, algorithm));
        }
        SequenceCloningConfig config = SequenceCloningConfig.defaults();
        RecurrentNetwork network = new RecurrentNetwork(
                Tokeniser.MOST_ENTRIES, EMBEDDING, STATE, NGramTables.defaults(Tokeniser.MOST_ENTRIES));
        if (algorithm.equals(Algorithms.GAIL)) {
            SequenceGailConfig adversarial = SequenceGailConfig.chat(ResponderPolicy.STOPS);
            return new AdversarialResponderLearner(
                    REPLIES, network, config, length == 0 ? adversarial : adversarial.withIterations(length));
        }
        return new ResponderLearner(
                REPLIES,
                network,
                length == 0
                        ? config
                        : config.with(config.learningRate(), config.averaging(), config.dropout(), length));
    }

    /** As {@link #learner}; GAIL does fewer iterations of its own on each window, as more windows follow. */
    @Override
    public Learner onStreams(String algorithm, int length) {
        return learner(algorithm, length == 0 && algorithm.equals(Algorithms.GAIL) ? ITERATIONS_ON_STREAMS : length);
    }

    /** Returns none: an n-gram model is held beside it by {@code evaluate}. */
    @Override
    public SortedMap<String, Baseline> baselines(Map<String, String> parameters) {
        return new TreeMap<>();
    }

    @Override
    public Examination examination(List<Step> heldOut, int mostTrials) {
        return new ResponderExamination(Steps.trajectories(heldOut, stepMs()), REPLIES, mostTrials);
    }

    @Override
    public Rule rule() {
        return ImitationRule.defaults().per("byte");
    }

    @Override
    public IntakeCheck intakeCheck(String policy, IntakeLimits limits) {
        return PolicySpec.super.intakeCheck(policy, limits.ofSteps(MOST_ROWS, LATENCY));
    }

    /** Returns the tokeniser that a model was learned with, null if its metadata have none. */
    public static @Nullable Tokeniser tokeniser(ModelMetadata metadata) {
        String json = metadata.extra().get(ResponderPolicy.TOKENISER);
        return json == null ? null : Tokeniser.read(json.getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public ServedPolicy load(ModelFile file) {
        return ResponderPolicy.load(file, REPLIES);
    }
}
