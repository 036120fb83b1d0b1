package dev.understudy.environment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.offset;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.understudy.data.Demonstrations;
import dev.understudy.data.Matrix;
import dev.understudy.data.Trajectory;
import java.io.BufferedReader;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Holds the equations to recorded steps: the next state within 1e-6, relative to the larger numbers. */
class ParityTest {
    private static final double TOLERANCE = 1e-6;

    @Test
    void recordedStepsComeOutTheSame() {
        assertStep(
                "cartpole-v0",
                new double[] {0.012874481625541792, -0.019042106624868584, -0.019212141388049553, 0.039638003833582805},
                1,
                new double[] {0.01249363949304442, 0.1763500011164503, -0.018419381311377898, -0.25904409118706606});
        assertStep("mountaincar-v0", new double[] {-0.47425103674891644, 0.0}, 2, new double[] {
            -0.47361979434073154, 0.0006312424081849204
        });
        assertStep(
                "acrobot-v0",
                new double[] {0.025748963251083584, -0.03808421324973717, -0.038424282776099106, 0.07927600766716561},
                2,
                new double[] {0.0013941797661532265, 0.017547898984186155, -0.1982212085253734, 0.46325000052367493});
        assertStep("pendulum-v1", new double[] {0.99722856, 0.07439904, -0.89499897}, 1.9979553, new double[] {
            0.99887246, 0.047474675, -0.5395064
        });
    }

    @Test
    void whereTheStateAfterTheGoalIsHeldDemonstrationsHoldItToo() {
        Demonstrations episode = new Demonstrations(
                "test",
                List.of("position", "velocity"),
                List.of("action"),
                List.of(new Trajectory(
                        "0",
                        "test",
                        0,
                        1,
                        new Matrix(3, 2, new float[] {0.3f, 0.04f, 0.45f, 0.05f, 0.51f, 0.06f}),
                        new Matrix(2, 1, new float[] {2, 1}))),
                List.of(new Matrix(2, 1, new float[] {-1, -1})));
        assertThat(Environments.named("mountaincar-v0").held(episode)).isSameAs(episode);
        Trajectory held = Environments.named("mountaincar-v0-fixed")
                .held(episode)
                .trajectories()
                .get(0);
        assertThat(held.steps()).isEqualTo(200);
        assertThat(held.observations().at(199, 0)).isEqualTo(0.51f);
        assertThat(held.actions().at(199, 0)).isEqualTo(1f);
    }

    @ParameterizedTest
    @CsvSource({
        "gail-experts/cartpole_openai, cartpole-v0, 20000",
        "gail-experts/mountaincar_openai, mountaincar-v0, 9856",
        "gail-experts/acrobot_openai, acrobot-v0, 8139",
        "control-experts/cartpole_imitation, cartpole-v1, 21685",
        "control-experts/cartpole_sb, cartpole-v1, 19960",
        "control-experts/mountaincar_irlkr, mountaincar-v0, 2000",
        "control-experts/pendulum_imitation, pendulum-v1, 8955",
        "control-experts/pendulum_sb, pendulum-v0, 7960"
    })
    void everyRecordedStepOfAnExpertComesOutTheSame(String file, String environment, int least) throws IOException {
        Path path = Path.of("../../shared/data", file + ".csv.gz");
        assumeTrue(Files.exists(path), "skipped: expected recorded steps at " + path);
        int steps = 0;
        try (BufferedReader lines = new BufferedReader(new InputStreamReader(
                new GZIPInputStream(new FileInputStream(path.toFile())), StandardCharsets.UTF_8))) {
            List<String> header = Arrays.asList(lines.readLine().split(",", -1));
            boolean before = header.contains("previous_action");
            int action = header.indexOf(before ? "previous_action" : "action");
            String[] last = lines.readLine().split(",", -1);
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                String[] next = line.split(",", -1);
                boolean goesOn = next[0].equals(last[0]);
                String done = before ? next[action] : last[action];
                if (goesOn && !done.isEmpty()) {
                    assertStep(environment, state(last, action), Double.parseDouble(done), state(next, action));
                    steps++;
                }
                last = next;
            }
        }
        assertThat(steps).isGreaterThanOrEqualTo(least);
    }

    private static double[] state(String[] row, int action) {
        return Arrays.stream(row, 2, action).mapToDouble(Double::parseDouble).toArray();
    }

    private static void assertStep(String environment, double[] observed, double action, double[] expected) {
        Motion motion = Environments.named(environment).motion();
        boolean angle = environment.startsWith("pendulum");
        double[] state = angle ? new double[] {Math.atan2(observed[1], observed[0]), observed[2]} : observed.clone();
        motion.advance(state, 0, new float[] {(float) action}, 0);
        double[] reached = angle ? new double[] {Math.cos(state[0]), Math.sin(state[0]), state[1]} : state;
        for (int i = 0; i < expected.length; i++) {
            assertThat(reached[i])
                    .as("%s from %s by %s", environment, Arrays.toString(observed), action)
                    .isCloseTo(expected[i], offset(TOLERANCE * Math.max(1, Math.abs(expected[i]))));
        }
    }
}
