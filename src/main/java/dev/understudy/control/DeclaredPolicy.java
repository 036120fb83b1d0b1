package dev.understudy.control;

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
import dev.understudy.learn.cloning.BehaviouralCloning;
import dev.understudy.learn.cloning.BehaviouralCloningConfig;
import dev.understudy.learn.cloning.LawfulCloning;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * A policy that a user declares in a file ({@code docs/policy-file.md}), cloned and judged by likelihood. Its samples
 * are steps of control whose observation is the declared signals, NaN where one was not measured; steps are resampled
 * from them ({@link Resampler}).
 */
public record DeclaredPolicy(Declaration declaration) implements PolicySpec<ControlStep> {
    /** The baseline that does again what was done a step before. */
    public static final String PERSISTENCE = "persistence";

    /** Bootstrap samples of a comparison, as {@link ImitationRule#defaults} has them. */
    private static final int DRAWS = 4000;

    @Override
    public String name() {
        return domain().name() + "/" + declaration.name();
    }

    @Override
    public Domain<ControlStep> domain() {
        return ControlPolicySpec.DOMAIN;
    }

    @Override
    public int observationSize() {
        return declaration.observationSize();
    }

    @Override
    public ActionSpace actions() {
        return declaration.actions();
    }

    @Override
    public long stepMs() {
        return declaration.stepMs();
    }

    @Override
    public String fingerprint() {
        return declaration.fingerprint();
    }

    @Override
    public Featuriser<ControlStep> featuriser() {
        return new DeclaredFeaturiser(declaration);
    }

    @Override
    public Featuriser<ControlStep> featuriser(ByteBuffer saved) {
        return DeclaredFeaturiser.read(declaration, saved);
    }

    @Override
    public Envelope<ControlStep> envelope() {
        return new DeclaredEnvelope(declaration);
    }

    @Override
    public Labeller<ControlStep> labeller() {
        return new LoggedAction();
    }

    @Override
    public List<String> algorithms() {
        return List.of(Algorithms.CLONING);
    }

    /** Returns cloning: of choices plainly, of numbers beside a linear law that is solved for. */
    @Override
    public Learner learner(String algorithm, int length) {
        if (!algorithms().contains(algorithm)) {
            throw new IllegalArgumentException(
                    "expected one of the algorithms %s of %s, got %s".formatted(algorithms(), name(), algorithm));
        }
        BehaviouralCloningConfig defaults =
                declaration.choices().isEmpty() ? LawfulCloning.config() : BehaviouralCloningConfig.classicControl();
        BehaviouralCloningConfig config = length == 0 ? defaults : defaults.withSteps(length);
        if (!declaration.choices().isEmpty()) {
            return new BehaviouralCloning(ControlPolicySpec.network(observationSize(), actions()), config);
        }
        int k = declaration.actionSize();
        float[] low = new float[k];
        float[] high = new float[k];
        for (int i = 0; i < k; i++) {
            low[i] = declaration.numbers().get(i).low();
            high[i] = declaration.numbers().get(i).high();
        }
        return new LawfulCloning(observationSize(), low, high, config);
    }

    /** Returns persistence, where actions are numbers. */
    @Override
    public SortedMap<String, Baseline> baselines(Map<String, String> parameters) {
        SortedMap<String, Baseline> baselines = new TreeMap<>();
        if (declaration.choices().isEmpty()) {
            baselines.put(
                    PERSISTENCE, trajectory -> persistence(trajectory.actions().values(), actionSize()));
        }
        return baselines;
    }

    /** Returns for each action the one before it, NaN for the first. */
    public static float[] persistence(float[] actions, int actionSize) {
        float[] answers = new float[actions.length];
        Arrays.fill(answers, 0, Math.min(actionSize, answers.length), Float.NaN);
        System.arraycopy(actions, 0, answers, actionSize, Math.max(0, actions.length - actionSize));
        return answers;
    }

    @Override
    public Examination examination(List<Step> heldOut, int mostTrials) {
        return new ControlExamination(
                observationSize(), actions(), Steps.trajectories(heldOut, stepMs()), null, mostTrials);
    }

    @Override
    public Rule rule() {
        Declaration.Gate gate = declaration.gate();
        return new ImitationRule(gate.firstEpisodes(), gate.episodes(), gate.steps(), DRAWS, "step");
    }
}
