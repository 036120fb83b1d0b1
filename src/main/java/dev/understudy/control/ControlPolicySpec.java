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
import dev.understudy.environment.Environments;
import dev.understudy.environment.Task;
import dev.understudy.evaluate.ImitationRule;
import dev.understudy.evaluate.Rule;
import dev.understudy.learn.Algorithms;
import dev.understudy.learn.Learner;
import dev.understudy.learn.adversarial.Airl;
import dev.understudy.learn.adversarial.AirlConfig;
import dev.understudy.learn.adversarial.DacConfig;
import dev.understudy.learn.adversarial.DiscriminatorActorCritic;
import dev.understudy.learn.adversarial.Gail;
import dev.understudy.learn.adversarial.GailConfig;
import dev.understudy.learn.adversarial.GailFromRollouts;
import dev.understudy.learn.adversarial.OffPolicyConfig;
import dev.understudy.learn.cloning.BehaviouralCloning;
import dev.understudy.learn.cloning.BehaviouralCloningConfig;
import dev.understudy.learn.cloning.ChunkedCloning;
import dev.understudy.learn.observation.BcoConfig;
import dev.understudy.learn.observation.BcoFromLogs;
import dev.understudy.learn.observation.BcoFromLogsConfig;
import dev.understudy.learn.observation.BehaviouralCloningFromObservation;
import dev.understudy.network.Activation;
import dev.understudy.policy.CategoricalPolicy;
import dev.understudy.policy.GaussianPolicy;
import dev.understudy.policy.StochasticPolicy;
import dev.understudy.reward.RewardForm;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * A task of control as the pipeline sees it: the table of contents of this package. Learned by cloning or, where there
 * is an environment, by GAIL; judged by likelihood and, where there is one, by return.
 *
 * @param task what is observed and what can be done
 * @param environment name of the built-in environment of the task; empty if there is none
 */
public record ControlPolicySpec(ControlTask task, String environment) implements PolicySpec<ControlStep> {
    /** The domain of all tasks of control. */
    public static final Domain<ControlStep> DOMAIN = new Domain<>("control", ControlStep.class);

    /** Iterations on a window of rollouts: what CartPole was measured with. */
    private static final int OFF_POLICY_ITERATIONS = 3;

    /** The value function's unit of time where no environment says how long an episode is, steps (a guess). */
    private static final int LONGEST_PIECE = 1_000;

    private static final List<Integer> HIDDEN = List.of(100, 100);

    /** Returns the policies of the built-in environments, in the order of their names. */
    public static List<ControlPolicySpec> builtIn() {
        return Environments.names().stream()
                .filter(name -> !name.endsWith(Environments.FIXED_HORIZON))
                .map(ControlPolicySpec::of)
                .toList();
    }

    /**
     * Returns the policy of a built-in environment. That of a variant of fixed length is the policy of the task itself,
     * which then learns and plays in the variant.
     *
     * @throws IllegalArgumentException naming those there are, if there is no such environment
     */
    public static ControlPolicySpec of(String environment) {
        String task = environment.endsWith(Environments.FIXED_HORIZON)
                ? environment.substring(0, environment.length() - Environments.FIXED_HORIZON.length())
                : environment;
        Environments.named(environment);
        return new ControlPolicySpec(ControlTask.of(Environments.named(task)), environment);
    }

    /** Returns the network of the classic tasks, 100-100 tanh (Ho and Ermon, 2016). */
    public static StochasticPolicy network(int observationSize, ActionSpace actions) {
        if (actions instanceof ActionSpace.Continuous range) {
            return new GaussianPolicy(
                    observationSize,
                    range.size(),
                    HIDDEN,
                    Activation.TANH,
                    GaussianPolicy.Deviation.STATE_INDEPENDENT,
                    GaussianPolicy.Bounds.CLIPPED,
                    range.low(),
                    range.high());
        }
        return new CategoricalPolicy(observationSize, actions.policyOutputs(), HIDDEN, Activation.TANH);
    }

    @Override
    public String name() {
        return DOMAIN.name() + "/" + task.name();
    }

    @Override
    public Domain<ControlStep> domain() {
        return DOMAIN;
    }

    @Override
    public int observationSize() {
        return task.observationSize();
    }

    @Override
    public ActionSpace actions() {
        return task.actions();
    }

    /** Returns 0: steps have no clock, and follow each other by their numbers. */
    @Override
    public long stepMs() {
        return 0;
    }

    @Override
    public String fingerprint() {
        return task.fingerprint();
    }

    @Override
    public Featuriser<ControlStep> featuriser() {
        return new ControlFeaturiser(task);
    }

    @Override
    public Featuriser<ControlStep> featuriser(ByteBuffer saved) {
        return ControlFeaturiser.read(task, saved);
    }

    @Override
    public Envelope<ControlStep> envelope() {
        return new ActionEnvelope(task);
    }

    @Override
    public Labeller<ControlStep> labeller() {
        return new LoggedAction();
    }

    /** Returns cloning, and GAIL where there is an environment to act in. */
    @Override
    public List<String> algorithms() {
        return environment.isEmpty() || task.frames() > 1
                ? List.of(Algorithms.CLONING)
                : List.of(Algorithms.CLONING, Algorithms.GAIL);
    }

    /** Returns those and, where there is an environment to act in, those of observations alone and of rewards. */
    @Override
    public List<String> algorithmsOnFiles() {
        List<String> all = new ArrayList<>(algorithms());
        if (all.contains(Algorithms.GAIL)) {
            all.addAll(List.of(Algorithms.BCO, Algorithms.GAIFO, Algorithms.AIRL));
            if (actions() instanceof ActionSpace.Continuous) {
                all.add(Algorithms.DAC);
            }
        }
        return all;
    }

    @Override
    public Learner learner(String algorithm, int length) {
        if (!algorithmsOnFiles().contains(algorithm)) {
            throw new IllegalArgumentException("expected one of the algorithms %s of %s, got %s"
                    .formatted(algorithmsOnFiles(), name(), algorithm));
        }
        if (algorithm.equals(Algorithms.BCO)) {
            BcoConfig config = BcoConfig.classicControl();
            return cloningFromObservation(length == 0 ? config : config.withIterations(length));
        }
        if (algorithm.equals(Algorithms.AIRL)) {
            AirlConfig config = AirlConfig.defaults();
            return airl(length == 0 ? config : config.withIterations(length));
        }
        if (algorithm.equals(Algorithms.DAC)) {
            DacConfig config = DacConfig.defaults();
            return discriminatorActorCritic(length == 0 ? config : config.withIterations(length));
        }
        if (algorithm.equals(Algorithms.GAIL) || algorithm.equals(Algorithms.GAIFO)) {
            GailConfig config = algorithm.equals(Algorithms.GAIL)
                    ? gailConfig()
                    : GailConfig.observed(GailConfig.reward(Environments.named(environment)));
            return gail(length == 0 ? config : config.withIterations(length));
        }
        BehaviouralCloningConfig config = BehaviouralCloningConfig.classicControl();
        return new BehaviouralCloning(
                network(observationSize(), actions()), length == 0 ? config : config.withSteps(length));
    }

    /**
     * Returns cloning of the next actions at once.
     *
     * @param chunk how many, at least 1
     * @param steps of the optimiser; 0 for its own number
     */
    public Learner cloningOfChunks(int chunk, int steps) {
        BehaviouralCloningConfig config = BehaviouralCloningConfig.classicControl();
        return new ChunkedCloning(
                network(observationSize(), actions()), chunk, steps == 0 ? config : config.withSteps(steps));
    }

    @Override
    public List<String> algorithmsFromObservations() {
        return List.of(Algorithms.BCO);
    }

    /** Returns the learners of streams; what has actions in logs teaches cloning from observation what was done. */
    @Override
    public Learner onStreams(String algorithm, int length) {
        if (!algorithm.equals(Algorithms.BCO)) {
            return learner(algorithm, length);
        }
        return new BcoFromLogs(
                network(2 * observationSize(), actions()),
                actions(),
                observationSize(),
                (BehaviouralCloning) learner(Algorithms.CLONING, length),
                null,
                BcoFromLogsConfig.fromInteraction());
    }

    @Override
    public List<String> algorithmsFromRollouts() {
        return List.of(Algorithms.GAIL, Algorithms.BCO);
    }

    /** Returns GAIL from rollouts. A recorded piece has no end, so the reward is the one that favours no length. */
    @Override
    public Learner fromRollouts(String algorithm, int length) {
        if (!algorithmsFromRollouts().contains(algorithm)) {
            return PolicySpec.super.fromRollouts(algorithm, length);
        }
        if (algorithm.equals(Algorithms.BCO)) {
            return onStreams(algorithm, length);
        }
        StochasticPolicy policy = network(observationSize(), actions());
        return new GailFromRollouts(
                policy,
                actions(),
                new BehaviouralCloning(policy, BehaviouralCloningConfig.classicControl()),
                GailConfig.defaults(RewardForm.LOG_ODDS),
                OffPolicyConfig.defaults(
                        length == 0 ? OFF_POLICY_ITERATIONS : length,
                        environment.isEmpty()
                                ? LONGEST_PIECE
                                : Environments.named(environment).horizon()));
    }

    /** Returns GAIL's settings for the classic tasks, with the form of reward that fits how episodes end. */
    public GailConfig gailConfig() {
        return GailConfig.defaults(GailConfig.reward(Environments.named(environment)));
    }

    /** Returns cloning from observation in the environment; the inverse dynamics have the same hidden layers. */
    public BehaviouralCloningFromObservation cloningFromObservation(BcoConfig config) {
        return new BehaviouralCloningFromObservation(
                network(observationSize(), actions()),
                network(2 * observationSize(), actions()),
                Environments.named(environment),
                config);
    }

    /**
     * Returns discriminator-actor-critic in the environment.
     *
     * @throws IllegalArgumentException if actions are choices
     */
    public DiscriminatorActorCritic discriminatorActorCritic(DacConfig config) {
        return new DiscriminatorActorCritic(squashed(), Environments.named(environment), config);
    }

    /**
     * Returns the network of {@link #network} whose actions are squashed into their range.
     *
     * @throws IllegalArgumentException if actions are choices
     */
    public GaussianPolicy squashed() {
        if (!(actions() instanceof ActionSpace.Continuous range)) {
            throw new IllegalArgumentException("expected actions that are numbers, got " + actions());
        }
        return new GaussianPolicy(
                observationSize(),
                range.size(),
                HIDDEN,
                Activation.TANH,
                GaussianPolicy.Deviation.STATE_INDEPENDENT,
                GaussianPolicy.Bounds.SQUASHED,
                range.low(),
                range.high());
    }

    /** Returns adversarial inverse reinforcement learning, which practises {@link #withoutEnd}. */
    public Airl airl(AirlConfig config) {
        return new Airl(network(observationSize(), actions()), withoutEnd(), config);
    }

    /**
     * Returns the environment where all episodes have the same length, which then tells nothing: the recovered reward
     * is of either sign, and it would pay to die where it is negative.
     */
    public Task withoutEnd() {
        Task task = Environments.named(environment);
        return task.hasShortEpisodes() ? Environments.named(task.name() + Environments.FIXED_HORIZON) : task;
    }

    /** Returns GAIL in the environment. */
    public Gail gail(GailConfig config) {
        return new Gail(network(observationSize(), actions()), Environments.named(environment), config);
    }

    /** Returns none: there is no rule of thumb for any task. */
    @Override
    public SortedMap<String, Baseline> baselines(Map<String, String> parameters) {
        return new TreeMap<>();
    }

    @Override
    public Examination examination(List<Step> heldOut, int mostTrials) {
        Task motion = environment.isEmpty() ? null : Environments.named(environment);
        return new ControlExamination(
                observationSize(), actions(), Steps.trajectories(heldOut, stepMs()), motion, mostTrials);
    }

    @Override
    public Rule rule() {
        return ImitationRule.defaults();
    }
}
