package dev.understudy.reward;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.understudy.data.Matrix;
import dev.understudy.environment.ActionSpace;
import dev.understudy.model.LoadedReward;
import dev.understudy.network.Activation;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class ShapedRewardTest {
    private static final double GAMMA = 0.9;
    private static final ActionSpace ACTIONS = new ActionSpace.Discrete(2);

    private static DiscriminatorOptions options(DiscriminatorOptions.Output output) {
        return new DiscriminatorOptions(
                List.of(8),
                Activation.TANH,
                0.01,
                0.9,
                1,
                0.0,
                output,
                DiscriminatorOptions.Statistics.RUNNING,
                0.1,
                0.0,
                1,
                DiscriminatorOptions.Normalisation.NONE,
                DiscriminatorOptions.Throttle.never());
    }

    private static ShapedReward network(ShapedReward.Reads reads, DiscriminatorOptions.Output output) {
        return new ShapedReward(1, 2, reads, GAMMA, options(output), 0);
    }

    private static Discriminator discriminator(ShapedReward network) {
        return new Discriminator(network.inputs(), network, network.options(), 5);
    }

    /** Returns the logit of one step: s, the action, s', whether there is a next state, -log pi. */
    private static double logit(Discriminator of, double s, int action, double next, double alive, double surprise) {
        float[] row = {(float) s, action == 0 ? 1 : 0, action, (float) next, (float) alive, (float) surprise};
        return of.logits(new Matrix(1, row.length, row))[0];
    }

    private static double exported(ShapedReward network, Discriminator of, double s, int action) {
        float[] reward = new float[1];
        try (LoadedReward loaded = LoadedReward.ofExport(network.export(of.theta(), of.scaler()), 1, ACTIONS)) {
            loaded.rewards(new float[] {(float) s}, new float[] {action}, 1, reward);
        }
        return reward[0];
    }

    @Test
    void aNetworkThatKnowsNothingSaysHowSurprisingTheActionIs() {
        ShapedReward network = network(ShapedReward.Reads.STATE, DiscriminatorOptions.Output.ZERO);
        try (Discriminator discriminator = discriminator(network)) {
            assertThat(logit(discriminator, 0.3, 1, 0.5, 1, 12.5)).isEqualTo(12.5);
        }
    }

    /**
     * With h(s') from a step with and without a next state, z = g(s) + gamma h(s') - h(s) - log pi has to come out of
     * its parts, g(s) being what is exported.
     */
    @Test
    void theLogitIsRewardAndShapingAndSurprise() {
        for (ShapedReward.Reads reads : ShapedReward.Reads.values()) {
            ShapedReward network = network(reads, DiscriminatorOptions.Output.DRAWN);
            try (Discriminator discriminator = discriminator(network)) {
                double z = logit(discriminator, 0.3, 1, -0.7, 1, 0.2);
                double next = (z - logit(discriminator, 0.3, 1, -0.7, 0, 0.2)) / GAMMA;
                double now =
                        (logit(discriminator, -0.7, 0, 0.3, 1, 0) - logit(discriminator, -0.7, 0, 0.3, 0, 0)) / GAMMA;
                assertThat(next).isNotCloseTo(0, within(1e-3));
                assertThat(z)
                        .isCloseTo(exported(network, discriminator, 0.3, 1) + GAMMA * next - now + 0.2, within(1e-5));
            }
        }
    }

    /** The same steps on both sides teach nothing: what is left of the loss is the penalty, and h shrinks. */
    @Test
    void aPenaltyMakesShapingSmall() {
        double[] sizes = new double[2];
        for (int penalised = 0; penalised < 2; penalised++) {
            ShapedReward network = new ShapedReward(
                    1, 2, ShapedReward.Reads.STATE, GAMMA, options(DiscriminatorOptions.Output.DRAWN), penalised);
            SplittableRandom random = new SplittableRandom(3);
            try (Discriminator discriminator = discriminator(network)) {
                for (int i = 0; i < 300; i++) {
                    Matrix steps = around(0, random);
                    discriminator.update(steps, steps, random);
                }
                for (double s = -0.5; s < 0.6; s += 0.25) {
                    // gamma h(s) is what a step gains by not being the last
                    sizes[penalised] +=
                            Math.abs(logit(discriminator, 0, 0, s, 1, 0) - logit(discriminator, 0, 0, s, 0, 0));
                }
            }
        }
        assertThat(sizes[1]).isLessThan(0.2 * sizes[0]);
    }

    @Test
    void onlyARewardOfActionsDependsOnThem() {
        try (Discriminator of = discriminator(network(ShapedReward.Reads.STATE, DiscriminatorOptions.Output.DRAWN))) {
            assertThat(logit(of, 0.3, 0, 0.1, 1, 0)).isEqualTo(logit(of, 0.3, 1, 0.1, 1, 0));
        }
        try (Discriminator of =
                discriminator(network(ShapedReward.Reads.STATE_AND_ACTION, DiscriminatorOptions.Output.DRAWN))) {
            assertThat(logit(of, 0.3, 0, 0.1, 1, 0)).isNotEqualTo(logit(of, 0.3, 1, 0.1, 1, 0));
        }
    }

    /** Both take every action with probability 1/2; the expert is found around 1, the other around -1. */
    @Test
    void statesThatOnlyTheExpertVisitsAreWorthMore() {
        ShapedReward network = network(ShapedReward.Reads.STATE, DiscriminatorOptions.Output.ZERO);
        SplittableRandom random = new SplittableRandom(3);
        try (Discriminator discriminator = discriminator(network)) {
            for (int i = 0; i < 300; i++) {
                discriminator.update(around(1, random), around(-1, random), random);
            }
            assertThat(discriminator
                            .update(around(1, random), around(-1, random), random)
                            .accuracy())
                    .isGreaterThan(0.95);
            assertThat(exported(network, discriminator, 1, 0)).isGreaterThan(exported(network, discriminator, -1, 0));
            assertThat(discriminator.scaler().mean()[3])
                    .isEqualTo(discriminator.scaler().mean()[0]);
        }
    }

    private static Matrix around(double centre, SplittableRandom random) {
        float[] rows = new float[200 * 6];
        for (int row = 0; row < 200; row++) {
            int action = random.nextInt(2);
            rows[row * 6] = (float) (centre + 0.3 * random.nextGaussian());
            rows[row * 6 + 1 + action] = 1;
            rows[row * 6 + 3] = (float) (centre + 0.3 * random.nextGaussian());
            rows[row * 6 + 4] = 1;
            rows[row * 6 + 5] = (float) Math.log(2);
        }
        return new Matrix(200, 6, rows);
    }
}
