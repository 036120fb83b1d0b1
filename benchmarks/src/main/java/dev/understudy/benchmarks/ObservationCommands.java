package dev.understudy.benchmarks;

import dev.understudy.control.ControlPolicySpec;
import dev.understudy.data.Demonstrations;
import dev.understudy.environment.Environments;
import dev.understudy.environment.Task;
import dev.understudy.learn.adversarial.AirlConfig;
import dev.understudy.learn.adversarial.GailConfig;
import dev.understudy.learn.observation.BcoConfig;
import dev.understudy.learn.observation.InverseDynamics;
import dev.understudy.reward.ShapedReward;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The measurements of learning from observations alone. */
final class ObservationCommands {
    private ObservationCommands() {}

    /** Where the experts are, and how often they are drawn from. */
    static final class Drawing {
        @Option(
                names = "--experts",
                required = true,
                description = "Folder with the episodes of GAIL's authors' experts.")
        private Path experts = Path.of("");

        @Option(names = "--control-experts", required = true, description = "Folder with the other experts' episodes.")
        private Path control = Path.of("");

        @Option(names = "--environment", description = "Environments; all if left out.")
        private List<String> environments = new ArrayList<>();

        @Option(names = "--count", defaultValue = "0", description = "Demonstrations; 0 for each task's own number.")
        private int count;

        @Option(names = "--first-draw", defaultValue = "0", description = "Default: ${DEFAULT-VALUE}.")
        private int firstDraw;

        @Option(names = "--draws", defaultValue = "10", description = "Draws of data. Default: ${DEFAULT-VALUE}.")
        private int draws;

        @Option(names = "--episodes", defaultValue = "100", description = "Per evaluation. Default: ${DEFAULT-VALUE}.")
        private int episodes;
    }

    /** {@code bench bco}. */
    @Command(
            name = "bco",
            description = "Cloning from observation over draws of demonstrations, against the best public returns.",
            mixinStandardHelpOptions = true)
    static final class Cloning extends Bench.Measurement {
        @Mixin
        private Drawing drawing = new Drawing();

        @Option(
                names = "--alpha",
                description = "Interaction after the first; 0 for BCO(0). The default's if left out.")
        private Double alpha = BcoConfig.classicControl().alpha();

        @Option(
                names = "--labels",
                defaultValue = "SAMPLED",
                description = "${COMPLETION-CANDIDATES}. Default: ${DEFAULT-VALUE}.")
        private InverseDynamics.Labels labels = InverseDynamics.Labels.SAMPLED;

        @Option(names = "--interaction", description = "Random steps. The default's if left out.")
        private Integer interaction = BcoConfig.classicControl().interaction();

        @Option(names = "--iterations", description = "After the first. The default's if left out.")
        private Integer iterations = BcoConfig.classicControl().iterations();

        @Option(names = "--dynamics-steps", description = "Of the optimiser. The default's if left out.")
        private Integer dynamicsSteps = BcoConfig.classicControl().dynamics().steps();

        @Option(names = "--cloning-steps", description = "Of the optimiser. The default's if left out.")
        private Integer cloningSteps = BcoConfig.classicControl().cloning().steps();

        @Override
        public Integer call() throws IOException {
            BcoConfig config = BcoConfig.classicControl()
                    .withAlpha(alpha)
                    .withLabels(labels)
                    .withInteraction(interaction)
                    .withIterations(iterations)
                    .withSteps(dynamicsSteps, cloningSteps);
            Map<String, Object> figures = new BcoBenchmark(
                            new BcoBenchmark.Settings(
                                    drawing.experts,
                                    drawing.control,
                                    drawing.environments,
                                    drawing.firstDraw,
                                    drawing.draws,
                                    drawing.count,
                                    drawing.episodes,
                                    config),
                            this::progress)
                    .run();
            return finish("bco", figures, Boolean.TRUE.equals(figures.get("allReached")));
        }
    }

    /** {@code bench observed-following}. */
    @Command(
            name = "observed-following",
            description =
                    "Car following whose actions are hidden beside cloning with them, in closed loop, cross-validated over whole runs.",
            mixinStandardHelpOptions = true)
    static final class Following extends Bench.Measurement {
        @Option(names = "--demos", required = true, description = "Folder with logs in the OpenACC layout.")
        private Path demos = Path.of("");

        @Option(names = "--folds", defaultValue = "5", description = "Shares of the runs. Default: ${DEFAULT-VALUE}.")
        private int folds;

        @Option(names = "--seeds", defaultValue = "2", description = "Seeds per fold. Default: ${DEFAULT-VALUE}.")
        private int seeds;

        @Option(names = "--first-seed", defaultValue = "1", description = "The first. Default: ${DEFAULT-VALUE}.")
        private int firstSeed;

        @Option(
                names = "--cloned",
                defaultValue = "WITH_DRIVES",
                description = "${COMPLETION-CANDIDATES}. Default: ${DEFAULT-VALUE}.")
        private ObservedFollowingBenchmark.Cloned cloned = ObservedFollowingBenchmark.Cloned.WITH_DRIVES;

        @Override
        public Integer call() throws IOException {
            Map<String, Object> figures = new ObservedFollowingBenchmark(
                            new ObservedFollowingBenchmark.Settings(demos, folds, seeds, firstSeed, cloned),
                            this::progress)
                    .run();
            return finish("observed-following", figures, Boolean.TRUE.equals(figures.get("met")));
        }
    }

    /** {@code bench chunks}. */
    @Command(
            name = "chunks",
            description = "Cloning of the next 1, 5, 10 and 20 actions at once, at equal parameters, in closed loop.",
            mixinStandardHelpOptions = true)
    static final class Chunks extends Bench.Measurement {
        @Mixin
        private Drawing drawing = new Drawing();

        @Override
        public Integer call() throws IOException {
            Map<String, Object> figures = new ChunkBenchmark(
                            new ChunkBenchmark.Settings(
                                    drawing.experts,
                                    drawing.control,
                                    drawing.environments,
                                    drawing.draws,
                                    drawing.episodes),
                            this::progress)
                    .run();
            return finish("chunks", figures, true);
        }
    }

    /** {@code bench mce}. */
    @Command(
            name = "mce",
            description =
                    "Inverse reinforcement learning of maximum causal entropy on grid worlds and random finite problems: visits matched, reward recovered.",
            mixinStandardHelpOptions = true)
    static final class Entropy extends Bench.Measurement {
        @Option(names = "--draws", defaultValue = "10", description = "Random problems. Default: ${DEFAULT-VALUE}.")
        private int draws;

        @Override
        public Integer call() throws IOException {
            Map<String, Object> figures = new EntropyBenchmark(draws).run();
            return finish("mce", figures, Boolean.TRUE.equals(figures.get("allReached")));
        }
    }

    /** {@code bench airl}. */
    @Command(
            name = "airl",
            description =
                    "Adversarial inverse reinforcement learning: return, that of a policy retrained on the recovered reward, and how it ranks episodes.",
            mixinStandardHelpOptions = true)
    static final class Inverse extends Bench.Measurement {
        @Option(names = "--demos", required = true, description = "Episodes of an expert.")
        private Path demos = Path.of("");

        @Option(names = "--environment", required = true, description = "Where the policy acts.")
        private String environment = "";

        @Option(names = "--count", defaultValue = "10", description = "Episodes in a draw. Default: ${DEFAULT-VALUE}.")
        private int count;

        @Option(names = "--first-draw", defaultValue = "0", description = "Default: ${DEFAULT-VALUE}.")
        private int firstDraw;

        @Option(names = "--draws", defaultValue = "10", description = "Draws of data. Default: ${DEFAULT-VALUE}.")
        private int draws;

        @Option(names = "--episodes", defaultValue = "100", description = "Per evaluation. Default: ${DEFAULT-VALUE}.")
        private int episodes;

        @Option(names = "--iterations", defaultValue = "200", description = "Default: ${DEFAULT-VALUE}.")
        private int iterations;

        @Option(
                names = "--again",
                defaultValue = "100",
                description =
                        "Iterations of the policy that learns from the recovered reward. Default: ${DEFAULT-VALUE}.")
        private int again;

        @Option(
                names = "--again-by",
                defaultValue = "TRPO",
                description = "${COMPLETION-CANDIDATES}: the learner of that policy. Default: ${DEFAULT-VALUE}.")
        private AirlBenchmark.Again.Kind againBy = AirlBenchmark.Again.Kind.TRPO;

        @Option(
                names = "--again-gamma",
                defaultValue = "0.95",
                description = "Discount of that policy. Default: ${DEFAULT-VALUE}.")
        private double againGamma;

        @Option(
                names = "--again-earns",
                defaultValue = "RECOVERED",
                description = "${COMPLETION-CANDIDATES}: the latter as a control. Default: ${DEFAULT-VALUE}.")
        private AirlBenchmark.Again.Earns againEarns = AirlBenchmark.Again.Earns.RECOVERED;

        @Option(
                names = "--again-mass",
                description = "Of the pendulum that it learns in and is evaluated in, kg; the usual one if left out.")
        private @Nullable Double againMass;

        @Option(names = "--past", description = "Steps kept of earlier iterations. The default's if left out.")
        private int past = AirlConfig.defaults().past();

        @Option(names = "--settling", description = "Last updates of the discriminator. The default's if left out.")
        private int settling = AirlConfig.defaults().settling();

        @Option(names = "--shaping-weight", description = "Penalty on h. The default's if left out.")
        private double shapingWeight = AirlConfig.defaults().shapingWeight();

        @Option(names = "--penalty", description = "Gradient penalty. The default's if left out.")
        private double penalty = AirlConfig.defaults().loop().discriminator().penaltyWeight();

        @Option(
                names = "--reads",
                defaultValue = "STATE",
                description = "${COMPLETION-CANDIDATES}: what the reward reads. Default: ${DEFAULT-VALUE}.")
        private ShapedReward.Reads reads = ShapedReward.Reads.STATE;

        @Option(
                names = "--feedback",
                defaultValue = "EXPERT",
                description = "EXPERT, or CONSTANT or NOISE as a control. Default: ${DEFAULT-VALUE}.")
        private GailConfig.Feedback feedback = GailConfig.Feedback.EXPERT;

        @Override
        public Integer call() throws IOException {
            AirlConfig defaults = AirlConfig.defaults();
            GailConfig loop = defaults.loop()
                    .withIterations(iterations)
                    .withFeedback(feedback)
                    .withDiscriminator(defaults.loop().discriminator().withPenalty(penalty, 0.0));
            AirlConfig config = new AirlConfig(loop, reads, past, settling, shapingWeight);
            Task task = Environments.named(environment);
            Task other = againMass == null ? null : Environments.pendulum(againMass, 1);
            AirlBenchmark.Again another = new AirlBenchmark.Again(
                    againBy,
                    again,
                    loop.improvement().withGamma(againGamma),
                    againEarns,
                    other == null ? ControlPolicySpec.of(environment).withoutEnd() : other,
                    other == null ? task : other);
            Map<String, Object> figures = new AirlBenchmark(
                            new AirlBenchmark.Settings(
                                    Demonstrations.read(demos),
                                    task,
                                    count,
                                    firstDraw,
                                    draws,
                                    episodes,
                                    another,
                                    config),
                            this::progress)
                    .run();
            return finish("airl", figures, Boolean.TRUE.equals(figures.get("allReached")));
        }
    }
}
