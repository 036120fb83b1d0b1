package dev.understudy.dialogue;

import dev.understudy.domain.Envelope;
import dev.understudy.domain.Examination;
import dev.understudy.domain.Featuriser;
import dev.understudy.domain.Labeller;
import dev.understudy.domain.Step;
import dev.understudy.domain.Steps;
import dev.understudy.environment.ActionSpace;
import dev.understudy.evaluate.ImitationRule;
import dev.understudy.evaluate.Rule;
import dev.understudy.learn.Learner;
import dev.understudy.learn.minibatch.MinibatchConfig;
import dev.understudy.model.ModelFile;
import dev.understudy.model.ServedPolicy;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * The policy {@code dialogue/acts}: what was said so far to what the side that answers means by its next turn, any
 * number of acts {@code domain|act|slot}. An action is a text with an act in each line, in the order of the alphabet.
 */
public record ActsSpec() implements ContextPolicySpec {
    /** Its name. */
    public static final String NAME = "dialogue/acts";

    /** What acts are written as. */
    public static final ActionSpace.Text ACTS = new ActionSpace.Text(512);

    private static final int WIDTH = 96;
    private static final int HIDDEN = 256;

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public ActionSpace actions() {
        return ACTS;
    }

    @Override
    public String fingerprint() {
        return "acts/1: turns of %d bytes with roles -> acts domain|act|slot, a line each, of %d bytes"
                .formatted(DialogueContext.BYTES, ACTS.size());
    }

    @Override
    public Featuriser<Turn> featuriser() {
        return new ActsFeaturiser(new DialogueFeaturiser(ACTS));
    }

    @Override
    public Featuriser<Turn> featuriser(ByteBuffer saved) {
        return new ActsFeaturiser(DialogueFeaturiser.read(ACTS, saved));
    }

    @Override
    public Envelope<Turn> envelope() {
        return new ActsEnvelope(ACTS);
    }

    @Override
    public Labeller<Turn> labeller() {
        return new NextActs(ACTS);
    }

    /** Returns the settings that were measured, none of them tuned (docs/algorithms/dialogue-retrieval.md). */
    static MinibatchConfig defaults() {
        return new MinibatchConfig(128, 20, 150, 3_000, 3e-3, 50, 0.05, 5.0, 0.1);
    }

    @Override
    public Learner cloning(int passes) {
        return new ActsLearner(ACTS, WIDTH, HIDDEN, defaults().withPasses(passes));
    }

    @Override
    public Examination examination(List<Step> heldOut, int mostTrials) {
        return new ActsExamination(Steps.trajectories(heldOut, stepMs()), ACTS, mostTrials);
    }

    @Override
    public Rule rule() {
        return ImitationRule.defaults().per("turn");
    }

    @Override
    public ServedPolicy load(ModelFile file) {
        return ActsPolicy.load(file, ACTS);
    }
}
