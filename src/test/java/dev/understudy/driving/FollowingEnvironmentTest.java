package dev.understudy.driving;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.understudy.data.Matrix;
import dev.understudy.data.Trajectory;
import dev.understudy.environment.End;
import dev.understudy.environment.Environment;
import dev.understudy.policy.Policy;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class FollowingEnvironmentTest {
    private static final int N = CarFollowing.observationSize();
    private static final IntelligentDriverModel LAW = new IntelligentDriverModel(30, 1.4, 2.5, 1.1, 1.6);
    private static final List<FollowingSample> SAMPLES = Samples.driven("trip", LAW, CarFollowingStretches.SAMPLES, 4);

    /** The observations of the samples, with the true acceleration to the next sample as actions. */
    private static Trajectory logged() {
        float[] memory = FollowingMemory.newMemory();
        int count = SAMPLES.size();
        float[] observations = new float[count * N];
        float[] actions = new float[count - 1];
        for (int t = 0; t < count; t++) {
            FollowingSample sample = SAMPLES.get(t);
            FollowingMemory.observe(
                    memory,
                    sample.speedMetersPerSecond(),
                    sample.gapMeters(),
                    sample.leaderSpeedMetersPerSecond(),
                    true,
                    observations,
                    t * N);
            if (t > 0) {
                actions[t - 1] = (float)
                        ((sample.speedMetersPerSecond() - SAMPLES.get(t - 1).speedMetersPerSecond())
                                / CarFollowing.STEP_SECONDS);
            }
        }
        return new Trajectory(
                "trip", "car", 0, 100, new Matrix(count, N, observations), new Matrix(count - 1, 1, actions));
    }

    /** Returns the last {@code steps} steps. */
    private static Trajectory tail(Trajectory all, int steps) {
        int from = all.steps() - steps;
        float[] observations = Arrays.copyOfRange(all.observations().floats(), from * N, (from + steps + 1) * N);
        float[] actions = Arrays.copyOfRange(all.actions().values(), from, from + steps);
        return new Trajectory(
                "trip", "car", 0, 100, new Matrix(steps + 1, N, observations), new Matrix(steps, 1, actions));
    }

    @Test
    void drivesAsTheClosedLoopOfTheReplayDoes() {
        Trajectory driven = tail(logged(), CarFollowingStretches.DRIVEN);
        Environment environment = new FollowingEnvironments(CarFollowingStretches.DRIVEN, 0).create(List.of(driven), 1);
        float[] observation = new float[N];
        float[] reward = new float[1];
        End[] ends = new End[1];
        environment.start(0, observation);
        // The replay asks this policy once a step; it answers with another law's action and takes the same step itself.
        IntelligentDriverModel other = new IntelligentDriverModel(25, 2.0, 4, 0.8, 1.0);
        double[] squares = {0};
        int[] steps = {0};
        Policy both = new Policy() {
            @Override
            public int observationSize() {
                return N;
            }

            @Override
            public int actionSize() {
                return 1;
            }

            @Override
            public void act(float[] observations, int rows, float[] actions) {
                assertThat(observation).containsExactly(observations, within(2e-3f));
                other.act(observations, rows, actions);
                environment.step(actions, observation, reward, ends);
                squares[0] -= reward[0];
                steps[0]++;
            }
        };
        ClosedLoopReport report = new LeaderReplay(CarFollowingStretches.of(SAMPLES)).run(both, null);
        assertThat(report.stretches()).isEqualTo(1);
        assertThat(steps[0]).isEqualTo(CarFollowingStretches.DRIVEN);
        assertThat(ends[0]).isEqualTo(End.TRUNCATED);
        assertThat(report.spacingRmseMeters()).isGreaterThan(1).isCloseTo(Math.sqrt(squares[0] / 600), within(1e-2));
    }

    @Test
    void theExpertsOwnActionsStayNearTheLog() {
        Trajectory driven = tail(logged(), 300);
        Environment environment = new FollowingEnvironments(300, 0).create(List.of(driven), 1);
        float[] observation = new float[N];
        float[] reward = new float[1];
        End[] ends = new End[1];
        environment.start(0, observation);
        for (int t = 0; t < 300; t++) {
            environment.step(new float[] {driven.actions().at(t, 0)}, observation, reward, ends);
            assertThat(reward[0]).isGreaterThan(-1e-4f);
            assertThat(observation[CarFollowing.SPEED])
                    .isCloseTo(driven.observations().at(t + 1, CarFollowing.SPEED), within(1e-2f));
        }
        assertThat(ends[0]).isEqualTo(End.TRUNCATED);
    }

    @Test
    void actionsAreClippedAndACollisionTerminates() {
        Environment environment = new FollowingEnvironments(400, 0).create(List.of(logged()), 1);
        float[] observation = new float[N];
        float[] reward = new float[1];
        End[] ends = new End[1];
        environment.start(0, observation);
        float speed = observation[CarFollowing.SPEED];
        environment.step(new float[] {1000}, observation, reward, ends);
        assertThat(observation[CarFollowing.SPEED]).isCloseTo(speed + 0.3f, within(1e-4f));
        int steps = 1;
        while (ends[0] == End.RUNNING) {
            environment.step(new float[] {3}, observation, reward, ends);
            steps++;
        }
        assertThat(ends[0]).isEqualTo(End.TERMINATED);
        assertThat(observation[CarFollowing.GAP]).isLessThanOrEqualTo(0);
        assertThat(steps).isLessThan(400);
        environment.step(new float[] {Float.NaN}, observation, reward, ends);
        assertThat(ends[0]).isEqualTo(End.IDLE);
    }

    @Test
    void aCopyFollowsFromTheSeedAndItsIndexAlone() {
        FollowingEnvironments factory = FollowingEnvironments.defaults();
        List<Trajectory> demonstrations = List.of(logged());
        Environment two = factory.create(demonstrations, 2);
        Environment three = factory.create(demonstrations, 3);
        two.reset(5);
        three.reset(5);
        float[] ofTwo = new float[2 * N];
        float[] ofThree = new float[3 * N];
        three.start(2, ofThree);
        for (int copy = 1; copy >= 0; copy--) {
            two.start(copy, ofTwo);
            three.start(1 - copy, ofThree);
        }
        assertThat(Arrays.copyOf(ofThree, 2 * N)).isEqualTo(ofTwo);
        assertThat(Arrays.copyOf(ofTwo, N)).isNotEqualTo(Arrays.copyOfRange(ofTwo, N, 2 * N));
    }

    @Test
    void theContextIsThatOfAnEarlierStepAndConstant() {
        Trajectory all = logged();
        Environment environment = new FollowingEnvironments(100, 300).create(List.of(all), 1);
        float[] observation = new float[N];
        environment.start(0, observation);
        float meanGap = observation[CarFollowing.CONTEXT + 4];
        int speedMatches = -1;
        int contextMatches = -1;
        for (int t = 0; t < all.observations().rows(); t++) {
            speedMatches = all.observations().at(t, CarFollowing.SPEED) == observation[0] ? t : speedMatches;
            contextMatches = all.observations().at(t, CarFollowing.CONTEXT + 4) == meanGap ? t : contextMatches;
        }
        assertThat(contextMatches).isNotNegative().isLessThan(speedMatches).isGreaterThan(speedMatches - 310);
        environment.step(new float[] {0}, observation, new float[1], new End[1]);
        assertThat(observation[CarFollowing.CONTEXT + 4]).isEqualTo(meanGap);
    }

    @Test
    void demonstrationsAreShownInPiecesWithTheContextOfAnEpisode() {
        Trajectory all = logged();
        List<Trajectory> pieces = new FollowingEnvironments(100, 300).shown(List.of(all), 3);
        assertThat(pieces.stream().mapToInt(Trajectory::steps).sum()).isEqualTo(all.steps());
        assertThat(pieces.subList(1, pieces.size() - 1)).allMatch(piece -> piece.steps() == 100);
        int row = 0;
        for (Trajectory piece : pieces) {
            float gap = piece.observations().at(0, CarFollowing.CONTEXT + 4);
            for (int i = 0; i < piece.steps(); i++, row++) {
                assertThat(piece.observations().at(i, CarFollowing.GAP))
                        .isEqualTo(all.observations().at(row, CarFollowing.GAP));
                assertThat(piece.observations().at(i, CarFollowing.CONTEXT + 4)).isEqualTo(gap);
                assertThat(piece.actions().at(i, 0)).isEqualTo(all.actions().at(row, 0));
            }
        }
    }

    @Test
    void refusesTrajectoriesShorterThanAnEpisode() {
        assertThatThrownBy(() -> new FollowingEnvironments(100, 0).create(List.of(tail(logged(), 99)), 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(
                        "expected a trajectory of at least 100 steps of 100 ms to follow in, the longest of 1 has 99");
    }
}
