package dev.understudy.dialogue;

import dev.understudy.data.Trajectory;
import dev.understudy.environment.ActionSpace;
import dev.understudy.learn.Learner;
import dev.understudy.learn.LearnerState;
import dev.understudy.learn.TrainingReport;
import dev.understudy.learn.Update;
import dev.understudy.learn.sequence.SequenceCloningConfig;
import dev.understudy.learn.sequence.SequenceGail;
import dev.understudy.learn.sequence.SequenceGailConfig;
import dev.understudy.network.RecurrentNetwork;
import java.util.List;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Learns to reply adversarially ({@link SequenceGail}), from a policy that was cloned: that of a model where there is
 * one, else the first window is cloned before. Later windows are learned adversarially alone, in which every second
 * step of the policy is one of cloning.
 */
final class AdversarialResponderLearner implements Learner {
    /** Counter that says whether the policy is cloned already. */
    private static final String CLONED = "cloned";

    private final ActionSpace.Text replies;
    private final ResponderLearner cloning;
    private final RecurrentNetwork network;
    private final SequenceGailConfig adversarial;
    /** Compiled when it is first needed. */
    private @Nullable SequenceGail gail;

    AdversarialResponderLearner(
            ActionSpace.Text replies,
            RecurrentNetwork network,
            SequenceCloningConfig cloning,
            SequenceGailConfig adversarial) {
        this.replies = replies;
        this.cloning = new ResponderLearner(replies, network, cloning);
        this.network = network;
        this.adversarial = adversarial;
    }

    private SequenceGail gail() {
        SequenceGail compiled = gail;
        if (compiled == null) {
            compiled = new SequenceGail(network, adversarial);
            gail = compiled;
        }
        return compiled;
    }

    @Override
    public LearnerState initialState(long seed) {
        return cloning.initialState(seed);
    }

    @Override
    public @Nullable LearnerState stateFrom(byte[] model, long seed) {
        LearnerState cloned = cloning.stateFrom(model, seed);
        return cloned == null ? null : handedOver(cloned, seed);
    }

    @Override
    public boolean rehearses() {
        return false;
    }

    /** Returns the memory that goes on adversarially. */
    private LearnerState handedOver(LearnerState cloned, long seed) {
        LearnerState state = gail().after(ResponderLearner.without(cloned), seed);
        SortedMap<String, Long> counters = new TreeMap<>(state.counters());
        counters.put(CLONED, 1L);
        return ResponderLearner.with(
                tokeniser(cloned), new LearnerState(state.vectors(), state.statistics(), counters));
    }

    private static Tokeniser tokeniser(LearnerState state) {
        return Objects.requireNonNull(ResponderLearner.tokeniser(state), "a policy that was cloned has a tokeniser");
    }

    @Override
    public Update begin(LearnerState state, List<Trajectory> demonstrations, List<Trajectory> replay, long seed) {
        return state.counter(CLONED) == 0
                ? new CloneFirst(cloning.begin(state, demonstrations, replay, seed), demonstrations, seed)
                : imitate(state, demonstrations, seed);
    }

    private Update imitate(LearnerState state, List<Trajectory> demonstrations, long seed) {
        Tokeniser tokeniser = tokeniser(state);
        TurnSequences sequences = TurnSequences.of(demonstrations, tokeniser, replies);
        return new ResponderLearner.WithTokeniser(
                gail().begin(ResponderLearner.without(state), sequences.sequences(), seed), tokeniser);
    }

    /** Clones a window, and then learns it adversarially. */
    private final class CloneFirst implements Update {
        /** How much of the progress cloning counts for. */
        private static final double SHARE = 0.5;

        private final List<Trajectory> demonstrations;
        private final long seed;
        private Update underWay;
        private boolean isCloning = true;

        CloneFirst(Update cloning, List<Trajectory> demonstrations, long seed) {
            this.underWay = cloning;
            this.demonstrations = demonstrations;
            this.seed = seed;
        }

        @Override
        public boolean step() {
            if (underWay.step()) {
                return true;
            }
            if (!isCloning || isDiverged()) {
                return false;
            }
            LearnerState cloned = underWay.state();
            underWay.close();
            underWay = imitate(handedOver(cloned, seed), demonstrations, seed);
            isCloning = false;
            return true;
        }

        private boolean isDiverged() {
            return underWay.report().figures().getOrDefault(TrainingReport.DIVERGED, 0.0) != 0;
        }

        @Override
        public double progress() {
            return isCloning ? SHARE * underWay.progress() : SHARE + (1 - SHARE) * underWay.progress();
        }

        @Override
        public LearnerState state() {
            return underWay.state();
        }

        @Override
        public TrainingReport report() {
            return underWay.report();
        }

        @Override
        public void close() {
            underWay.close();
        }
    }

    @Override
    public byte[] export(LearnerState state) {
        return state.counter(CLONED) == 0 ? cloning.export(state) : gail().export(ResponderLearner.without(state));
    }

    @Override
    public SortedMap<String, String> metadata(LearnerState state) {
        return cloning.metadata(state);
    }

    @Override
    public void close() {
        cloning.close();
        if (gail != null) {
            gail.close();
        }
    }
}
