package dev.understudy.environment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ChunkPlayerTest {
    private static final double E = Math.exp(-0.01);

    /** Three steps that observe the time; the return is the sum of the actions, which are recorded. */
    private static final class Recording implements Environment {
        private final ActionSpace actions;
        private final List<Float> done = new ArrayList<>();
        private int time;

        Recording(ActionSpace actions) {
            this.actions = actions;
        }

        @Override
        public String name() {
            return "recording";
        }

        @Override
        public int observationSize() {
            return 1;
        }

        @Override
        public ActionSpace actions() {
            return actions;
        }

        @Override
        public int horizon() {
            return 3;
        }

        @Override
        public int copies() {
            return 1;
        }

        @Override
        public void reset(long seed) {}

        @Override
        public void start(int copy, float[] observations) {
            time = 0;
            observations[0] = 0;
        }

        @Override
        public void step(float[] chosen, float[] observations, float[] rewards, End[] ends) {
            done.add(chosen[0]);
            rewards[0] = chosen[0];
            observations[0] = ++time;
            ends[0] = time == 3 ? End.TRUNCATED : End.RUNNING;
        }
    }

    /** At time t predicts t, then t + 10. */
    private static ChunkPlayer.Chunks numbers() {
        return chunks(2, (time, chunk) -> {
            chunk[0] = time;
            chunk[1] = time + 10;
        });
    }

    private interface Filling {
        void fill(float time, float[] chunk);
    }

    private static ChunkPlayer.Chunks chunks(int length, Filling filling) {
        return new ChunkPlayer.Chunks() {
            @Override
            public int length() {
                return length;
            }

            @Override
            public void predict(float[] observations, int rows, float[] chunks) {
                filling.fill(observations[0], chunks);
            }
        };
    }

    @Test
    void averagesAllThatWasPredictedForATimeTheOldestCountingMost() {
        Recording environment = new Recording(new ActionSpace.Continuous(1, -100, 100));
        double[] returns = new ChunkPlayer(environment, numbers(), ChunkPlayer.Carrying.ENSEMBLED).returns(1, 7);
        // time 1: 10 of time 0, 1 of time 1; time 2: 11 of time 1, 2 of time 2
        double second = (10 + 1 * E) / (1 + E);
        double third = (11 + 2 * E) / (1 + E);
        assertThat(environment.done.get(0)).isEqualTo(0f);
        assertThat(environment.done.get(1).doubleValue()).isCloseTo(second, within(1e-5));
        assertThat(environment.done.get(2).doubleValue()).isCloseTo(third, within(1e-5));
        assertThat(returns[0]).isCloseTo(second + third, within(1e-5));
    }

    @Test
    void carriesAChunkOutWholeBeforeTheNext() {
        Recording environment = new Recording(new ActionSpace.Continuous(1, -100, 100));
        double[] returns = new ChunkPlayer(environment, numbers(), ChunkPlayer.Carrying.WHOLE).returns(2, 7);
        assertThat(environment.done).containsExactly(0f, 10f, 2f, 0f, 10f, 2f);
        assertThat(returns).containsExactly(12, 12);
    }

    /**
     * Logits 0 and log 3 are probabilities 1/4 and 3/4. At time 1, the older prediction of 9/10 for choice 0 outweighs
     * 3/4 for choice 1.
     */
    @Test
    void ofChoicesAveragesProbabilities() {
        Recording environment = new Recording(new ActionSpace.Discrete(2));
        new ChunkPlayer(
                        environment,
                        chunks(2, (time, chunk) -> {
                            chunk[1] = (float) Math.log(3);
                            chunk[2] = (float) Math.log(9);
                        }),
                        ChunkPlayer.Carrying.ENSEMBLED)
                .returns(1, 7);
        assertThat(environment.done).containsExactly(1f, 0f, 0f);
    }
}
