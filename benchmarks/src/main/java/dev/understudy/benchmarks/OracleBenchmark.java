package dev.understudy.benchmarks;

import dev.understudy.learn.LearnerState;
import dev.understudy.learn.Update;
import dev.understudy.learn.adversarial.GailConfig.Feedback;
import dev.understudy.learn.sequence.SequenceCloning;
import dev.understudy.learn.sequence.SequenceCloningConfig;
import dev.understudy.learn.sequence.SequenceGail;
import dev.understudy.learn.sequence.SequenceGailConfig;
import dev.understudy.learn.sequence.SequenceGailUpdate;
import dev.understudy.learn.sequence.SequenceSampler;
import dev.understudy.learn.sequence.TokenSequence;
import dev.understudy.network.ParameterLayout;
import dev.understudy.network.RecurrentNetwork;
import dev.understudy.reward.RewardForm;
import dev.understudy.reward.SequenceDiscriminator;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Adversarial imitation of sequences on an oracle, as Yu et al. (2017), arXiv:1609.05473, section 4: a random recurrent
 * network is the expert, so that how likely it is to say what a policy says can be computed (NLL_oracle), beside how
 * likely the policy is to say what it says (NLL_test). A policy that says little, but that well, has a low NLL_oracle;
 * a cloned one becomes so by a lower softmax temperature alone, so its temperatures are the line to hold a policy
 * against (Caccia et al. 2020, arXiv:1811.02549).
 */
final class OracleBenchmark {
    /** Sequences side by side. */
    private static final int ROWS = 64;

    private static final double[] TEMPERATURES = {0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.1, 1.2};

    private final Settings settings;
    private final Consumer<String> progress;
    private final RecurrentNetwork network;
    private final List<Point> points = new ArrayList<>();

    /**
     * What is measured.
     *
     * @param vocabulary tokens
     * @param length of a sequence
     * @param width of embedding and state of oracle and policy
     * @param expert sequences that are learned from
     * @param heldOut sequences of NLL_test
     * @param said sequences of NLL_oracle
     * @param passes of cloning
     * @param iterations of adversarial imitation
     * @param every iterations between measurements
     * @param seeds oracles, each with its own data and learners
     */
    record Settings(
            int vocabulary,
            int length,
            int width,
            int expert,
            int heldOut,
            int said,
            int passes,
            int iterations,
            int every,
            int seeds,
            int firstSeed,
            SequenceGailConfig adversarial,
            @Nullable Path out,
            @Nullable Path picture) {
        /** Returns how the policy is improved, for sequences of that length. */
        static SequenceGailConfig adversarial(
                int length,
                int iterations,
                SequenceDiscriminator.Options discriminator,
                int warmUp,
                int discriminatorSteps,
                double policyRate,
                double lambda,
                int forcing) {
            return new SequenceGailConfig(
                    ROWS,
                    1,
                    length,
                    Set.of(),
                    discriminator,
                    warmUp,
                    discriminatorSteps,
                    policyRate,
                    RewardForm.LOG_ODDS,
                    lambda,
                    5,
                    forcing,
                    1e-3,
                    0.99,
                    iterations,
                    Feedback.EXPERT);
        }
    }

    /**
     * A policy measured.
     *
     * @param model {@code oracle}, {@code cloned}, {@code adversarial} or a control
     * @param nllTest nats per token of the oracle's sequences under the policy
     * @param nllOracle nats per token of the policy's sequences under the oracle
     */
    record Point(long seed, String model, int iteration, double temperature, double nllTest, double nllOracle) {
        String toCsv() {
            return String.format(
                    Locale.ROOT, "%d,%s,%d,%.2f,%.5f,%.5f", seed, model, iteration, temperature, nllTest, nllOracle);
        }
    }

    OracleBenchmark(Settings settings, Consumer<String> progress) {
        this.settings = settings;
        this.progress = progress;
        this.network = new RecurrentNetwork(settings.vocabulary(), settings.width(), settings.width());
    }

    /** Runs all seeds, and writes what was asked for. */
    Map<String, Object> run() throws IOException {
        Map<String, Object> accuracies = new LinkedHashMap<>();
        for (int i = 0; i < settings.seeds(); i++) {
            long seed = (long) settings.firstSeed() + i;
            try (Run run = new Run(seed)) {
                accuracies.put("seed" + seed, run.run());
            }
            write();
        }
        Map<String, Object> figures = new LinkedHashMap<>();
        for (String model : points.stream().map(Point::model).distinct().toList()) {
            List<Point> last = last(model);
            figures.put(
                    model,
                    Map.of(
                            "nllTest",
                                    Spread.of(last.stream().map(Point::nllTest).toList())
                                            .toJson(),
                            "nllOracle",
                                    Spread.of(last.stream()
                                                    .map(Point::nllOracle)
                                                    .toList())
                                            .toJson()));
        }
        figures.put("discriminator", accuracies);
        return figures;
    }

    private void write() throws IOException {
        if (settings.out() != null) {
            List<String> lines = new ArrayList<>(List.of("seed,model,iteration,temperature,nllTest,nllOracle"));
            points.forEach(point -> lines.add(point.toCsv()));
            Files.writeString(settings.out(), String.join("\n", lines) + "\n");
        }
        if (settings.picture() != null) {
            Files.writeString(settings.picture(), OraclePicture.svg(points));
        }
    }

    /** Returns the last measurement of a model at temperature 1, of each seed. */
    private List<Point> last(String model) {
        Map<Long, Point> last = new TreeMap<>();
        for (Point point : points) {
            if (point.model().equals(model) && point.temperature() == 1) {
                last.put(point.seed(), point);
            }
        }
        return List.copyOf(last.values());
    }

    /** One oracle, and what learns from it. */
    private final class Run implements AutoCloseable {
        private final long seed;
        private final float[] oracle;
        private final SequenceSampler sampler = new SequenceSampler(network, ROWS);
        private final SequenceCloning cloning;
        private final List<TokenSequence> expert;
        private final List<TokenSequence> heldOut;

        Run(long seed) {
            this.seed = seed;
            cloning = new SequenceCloning(network, cloning());
            oracle = oracle(seed);
            expert = spoken(oracle, settings.expert(), seed + 1000);
            heldOut = spoken(oracle, settings.heldOut(), seed + 2000);
        }

        private SequenceCloningConfig cloning() {
            int piece = ROWS;
            for (int part = 1; part <= settings.length(); part++) {
                piece = settings.length() % part == 0 && ROWS * part <= 512 ? ROWS * part : piece;
            }
            return new SequenceCloningConfig(
                    ROWS, settings.length(), 5e-3, 100, 1000, 1.0, 0.995, 0.0, settings.passes(), piece);
        }

        /** Returns random weights, standard normal as the paper's; what leads to logits is 1 / sqrt(d) as large. */
        private float[] oracle(long ofSeed) {
            ParameterLayout layout = network.layout();
            SplittableRandom random = new SplittableRandom(ofSeed * 0x9E3779B97F4A7C15L);
            float[] theta = new float[layout.size()];
            for (int i = 0; i < theta.length; i++) {
                theta[i] = (float) random.nextGaussian();
            }
            int from = layout.offset("projection");
            for (int i = from; i < from + layout.length("projection"); i++) {
                theta[i] /= (float) Math.sqrt(settings.width());
            }
            return theta;
        }

        Map<String, Object> run() {
            measure(oracle, "oracle", 0, 1);
            LearnerState cloned = clone(cloning.initialState(seed));
            float[] theta = exported(cloned);
            for (double temperature : TEMPERATURES) {
                measure(theta, "cloned", 0, temperature);
            }
            Map<String, Object> accuracies = new LinkedHashMap<>();
            imitate(cloned, "adversarial", settings.adversarial(), accuracies);
            SequenceGailConfig config = settings.adversarial();
            imitate(
                    cloned,
                    "withoutForcing",
                    config.with(config.policyRate(), 0, config.iterations(), Feedback.EXPERT),
                    accuracies);
            imitate(
                    cloned,
                    "constantDiscriminator",
                    config.with(config.policyRate(), config.forcing(), config.iterations(), Feedback.CONSTANT),
                    accuracies);
            return accuracies;
        }

        private LearnerState clone(LearnerState from) {
            try (Update update = cloning.begin(from, expert, List.of(), seed)) {
                while (update.step()) {}
                return update.state();
            }
        }

        private void imitate(
                LearnerState cloned, String model, SequenceGailConfig config, Map<String, Object> accuracies) {
            try (SequenceGail gail = new SequenceGail(network, config);
                    SequenceGailUpdate update = gail.begin(gail.after(cloned, seed), expert, seed)) {
                boolean more = true;
                while (more) {
                    more = update.iterate();
                    if (update.iterations() % settings.every() == 0 || !more) {
                        measure(exported(update.state()), model, update.iterations(), 1);
                    }
                }
                float[] theta = exported(update.state());
                for (double temperature : TEMPERATURES) {
                    if (config.forcing() > 0 && temperature != 1) {
                        measure(theta, model, update.iterations(), temperature);
                    }
                }
                Map<String, Double> report = update.report().figures();
                accuracies.put(
                        model,
                        List.of(
                                report.getOrDefault("discriminatorAccuracyBefore", Double.NaN),
                                report.getOrDefault("discriminatorAccuracyAfter", Double.NaN)));
                progress.accept("seed %d, %s: %s".formatted(seed, model, report));
            }
        }

        private float[] exported(LearnerState state) {
            return state.vectors().getOrDefault("average", state.vector("theta"));
        }

        private void measure(float[] theta, String model, int iteration, double temperature) {
            float[] cooled = cooled(theta, temperature);
            Point point = new Point(
                    seed,
                    model,
                    iteration,
                    temperature,
                    nats(cooled, heldOut),
                    nats(oracle, spoken(cooled, settings.said(), seed + 3000)));
            points.add(point);
            progress.accept(point.toCsv());
        }

        private double nats(float[] theta, List<TokenSequence> sequences) {
            LearnerState state =
                    new LearnerState(new TreeMap<>(Map.of("theta", theta)), new TreeMap<>(), new TreeMap<>());
            SequenceCloning.Score score = cloning.score(state, sequences);
            return score.totalBits() * Math.log(2) / score.tokens();
        }

        /** Returns the parameters whose logits are divided by a temperature. */
        private float[] cooled(float[] theta, double temperature) {
            float[] cooled = theta.clone();
            ParameterLayout layout = network.layout();
            for (String name : List.of("projection", "bias")) {
                for (int i = layout.offset(name); i < layout.offset(name) + layout.length(name); i++) {
                    cooled[i] = (float) (cooled[i] / temperature);
                }
            }
            return cooled;
        }

        /** Returns sequences as a network speaks them, after token 0. */
        private List<TokenSequence> spoken(float[] theta, int count, long ofSeed) {
            sampler.parameters(theta);
            List<int[]> start = Collections.nCopies(ROWS, new int[] {0});
            boolean[] learned = new boolean[settings.length() + 1];
            Arrays.fill(learned, 1, learned.length, true);
            SplittableRandom random = new SplittableRandom(ofSeed);
            List<TokenSequence> all = new ArrayList<>();
            while (all.size() < count) {
                for (SequenceSampler.Said said :
                        sampler.say(start, sampler.read(start), settings.length(), Set.of(), random)) {
                    int[] tokens = new int[settings.length() + 1];
                    System.arraycopy(said.tokens(), 0, tokens, 1, settings.length());
                    all.add(new TokenSequence(tokens, learned));
                }
            }
            return all.subList(0, count);
        }

        @Override
        public void close() {
            sampler.close();
            cloning.close();
        }
    }
}
