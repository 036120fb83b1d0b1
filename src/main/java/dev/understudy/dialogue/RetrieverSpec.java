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
import dev.understudy.network.BagOfFeatures;
import dev.understudy.network.DualEncoder;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * The policy {@code dialogue/retriever}: what was said so far to the reply, of those it knows, that fits best. It says
 * what somebody said before and nothing else, which is why support teams use such policies.
 */
public record RetrieverSpec() implements ContextPolicySpec {
    /** Its name. */
    public static final String NAME = "dialogue/retriever";

    /** What replies are written as: as those of the responder. */
    public static final ActionSpace.Text REPLIES = ResponderSpec.REPLIES;

    /** Candidates that a reply is looked for among, where policies are judged. */
    public static final int CHOICES = 20;

    private static final int WIDTH = 96;
    private static final int HIDDEN = 128;

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public ActionSpace actions() {
        return REPLIES;
    }

    @Override
    public String fingerprint() {
        return "retriever/1: turns of %d bytes with roles -> one of known replies of %d bytes"
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

    @Override
    public Envelope<Turn> envelope() {
        return new ReplyEnvelope(REPLIES);
    }

    @Override
    public Labeller<Turn> labeller() {
        return new NextTurn(REPLIES);
    }

    /** Returns the settings that were measured, none of them tuned (docs/algorithms/dialogue-retrieval.md). */
    static MinibatchConfig defaults() {
        return new MinibatchConfig(256, 3, 60, 20_000, 2e-3, 50, 0.05, 5.0, 0.1);
    }

    static DualEncoder network() {
        return new DualEncoder(new BagOfFeatures(TextFeatures.COUNT, WIDTH), HIDDEN, TextFeatures.LENGTHS);
    }

    @Override
    public Learner cloning(int passes) {
        return new RetrieverLearner(REPLIES, network(), defaults().withPasses(passes));
    }

    @Override
    public Examination examination(List<Step> heldOut, int mostTrials) {
        return new RetrieverExamination(Steps.trajectories(heldOut, stepMs()), REPLIES, CHOICES, mostTrials);
    }

    @Override
    public Rule rule() {
        return ImitationRule.defaults().per("turn");
    }

    @Override
    public ServedPolicy load(ModelFile file) {
        return RetrieverPolicy.load(file, REPLIES);
    }
}
