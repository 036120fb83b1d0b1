package dev.understudy.driving;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.understudy.graph.ElementType;
import dev.understudy.graph.Feeds;
import dev.understudy.graph.Graph;
import dev.understudy.graph.Program;
import dev.understudy.graph.Shape;
import dev.understudy.graph.Tensor;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class FollowingDynamicsTest {
    private static final int N = CarFollowing.observationSize();

    /** An observation as the featuriser gives it after some driving behind a leader of changing speed. */
    private static float[] observed(SplittableRandom random) {
        float[] memory = FollowingMemory.newMemory();
        float[] observation = new float[N];
        double speed = random.nextDouble(0, 25);
        double gap = random.nextDouble(3, 60);
        for (int i = 0; i < 150; i++) {
            FollowingMemory.observe(
                    memory, speed, gap, Math.max(0, speed + random.nextDouble(-2, 2)), true, observation, 0);
        }
        return observation;
    }

    @Test
    void oneStepInTheGraphIsOneStepOfTheReplay() {
        Graph graph = new Graph();
        Tensor observation = graph.input("observation", ElementType.FLOAT, Shape.of(Shape.UNKNOWN, N));
        Tensor action = graph.input("action", ElementType.FLOAT, Shape.of(Shape.UNKNOWN, 1));
        Tensor logged = graph.input("logged", ElementType.FLOAT, Shape.of(Shape.UNKNOWN, N));
        FollowingDynamics dynamics = new FollowingDynamics(CarFollowing.STEP_SECONDS);
        SplittableRandom random = new SplittableRandom(3);
        try (Program program = Program.builder(graph)
                .output("next", dynamics.next(observation, action, logged))
                .output("distance", dynamics.distance(observation, logged))
                .build()) {
            for (int i = 0; i < 50; i++) {
                float[] now = observed(random);
                float acceleration = (float) random.nextDouble(-6, 3);
                float leader = (float) random.nextDouble(0, 25);
                float[] expected = new float[N];
                CarFollowing.next(now, acceleration, leader, expected);
                try (var result = program.run(new Feeds()
                        .floats("observation", now)
                        .floats("action", acceleration)
                        .floats("logged", expected))) {
                    assertThat(result.floats("next")).containsExactly(expected, within(1e-3f));
                    double gap = (now[CarFollowing.GAP] - expected[CarFollowing.GAP]) / 5;
                    double speed = now[CarFollowing.SPEED] - expected[CarFollowing.SPEED];
                    assertThat(result.floats("distance")[0])
                            .isCloseTo((float) (robust(gap) + 0.3 * robust(speed)), within(1e-3f));
                }
            }
        }
    }

    /**
     * 2 d^2 (sqrt(1 + (x / d)^2) - 1) with d = 0.7: for x = 0.7 it is 0.98 (1.4142 - 1) = 0.4059, where x^2 is 0.49.
     */
    private static double robust(double x) {
        return 0.98 * (Math.sqrt(1 + x * x / 0.49) - 1);
    }

    @Test
    void aDriveStartsFromTheLoggedStateWithTheEarlierContext() {
        Graph graph = new Graph();
        Tensor logged = graph.input("logged", ElementType.FLOAT, Shape.of(Shape.UNKNOWN, N));
        Tensor earlier = graph.input("earlier", ElementType.FLOAT, Shape.of(Shape.UNKNOWN, N));
        SplittableRandom random = new SplittableRandom(4);
        float[] now = observed(random);
        float[] before = observed(random);
        float[] expected = Arrays.copyOf(now, N);
        System.arraycopy(before, CarFollowing.CONTEXT, expected, CarFollowing.CONTEXT, N - CarFollowing.CONTEXT);
        CarFollowing.moving(
                now[CarFollowing.SPEED],
                now[CarFollowing.GAP],
                now[CarFollowing.SPEED] + (double) now[CarFollowing.RELATIVE_SPEED],
                expected,
                0);
        try (Program program = Program.builder(graph)
                        .output("start", new FollowingDynamics(0.5).start(logged, earlier))
                        .build();
                var result = program.run(new Feeds().floats("logged", now).floats("earlier", before))) {
            assertThat(result.floats("start")).containsExactly(expected, within(1e-3f));
        }
    }
}
