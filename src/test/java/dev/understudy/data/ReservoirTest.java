package dev.understudy.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class ReservoirTest {
    /** Returns a trajectory whose first action is its number. */
    private static Trajectory trajectory(int number, int steps) {
        float[] actions = new float[steps];
        float[] observations = new float[2 * steps];
        for (int i = 0; i < steps; i++) {
            actions[i] = number + i;
            observations[2 * i] = number + i;
        }
        return new Trajectory(
                "trip-" + number,
                "car",
                1000L * number,
                100,
                new Matrix(steps, 2, observations),
                new Matrix(steps, 1, actions));
    }

    @Test
    void cutsPiecesAndKeepsRowsTogether() {
        Reservoir reservoir = new Reservoir(10, 4, 0, 1);
        reservoir.offer(trajectory(100, 10));
        // 4 + 4, and the 2 left are just half a piece.
        assertThat(reservoir.trajectories()).extracting(Trajectory::steps).containsExactly(4, 4, 2);
        Trajectory second = reservoir.trajectories().get(1);
        assertThat(second.startMs()).isEqualTo(100_000 + 400);
        assertThat(second.actions().values()).containsExactly(104, 105, 106, 107);
        assertThat(second.observations().at(1, 0)).isEqualTo(105);
        assertThat(reservoir.seen()).isEqualTo(3);
    }

    @Test
    void everyPieceHasTheSameChance() {
        double sum = 0;
        for (int seed = 0; seed < 200; seed++) {
            Reservoir reservoir = new Reservoir(20, 1, 0, seed);
            for (int i = 0; i < 400; i++) {
                reservoir.offer(trajectory(i, 1));
            }
            assertThat(reservoir.trajectories()).hasSize(20);
            sum += reservoir.trajectories().stream()
                    .mapToDouble(piece -> piece.actions().at(0, 0))
                    .average()
                    .orElseThrow();
        }
        // Mean of 0..399 is 199.5; the deviation of this average is 115.5 / sqrt(4000) = 1.8.
        assertThat(sum / 200).isCloseTo(199.5, within(6.0));
    }

    @Test
    void withRecencyTheMeanAgeIsCapacityOverRecency() {
        Reservoir reservoir = new Reservoir(100, 1, 0.5, 3);
        for (int i = 0; i < 20_000; i++) {
            reservoir.offer(trajectory(i, 1));
        }
        double age = 20_000
                - reservoir.trajectories().stream()
                        .mapToDouble(piece -> piece.actions().at(0, 0))
                        .average()
                        .orElseThrow();
        assertThat(age).isBetween(130.0, 280.0);
    }

    @Test
    void goesOnFromItsBytesAsIfNothingHadHappened() {
        Reservoir whole = new Reservoir(5, 3, 0.1, 9);
        Reservoir halved = new Reservoir(5, 3, 0.1, 9);
        for (int i = 0; i < 50; i++) {
            whole.offer(trajectory(i, 7));
            halved.offer(trajectory(i, 7));
            halved = Reservoir.fromBytes(halved.toBytes());
        }
        assertThat(halved.toBytes()).isEqualTo(whole.toBytes());
        assertThat(halved.trajectories()).isEqualTo(whole.trajectories());
    }

    @Test
    void saysWhenBytesAreNotAReservoir() {
        byte[] bytes = new Reservoir(5, 3, 0.1, 9).toBytes();
        assertThatThrownBy(() -> Reservoir.fromBytes(Arrays.copyOf(bytes, 20))).hasMessageContaining("ends early");
        assertThatThrownBy(() -> Reservoir.fromBytes(new byte[] {0, 0, 0, 3})).hasMessageContaining("got 3");
        assertThatThrownBy(() -> new Reservoir(0, 1, 0, 1)).hasMessageContaining("got 0");
    }

    @Test
    void shortTrajectoriesAreGatheredSoThatTheirStepsCountAsThoseOfLongOnes() {
        Reservoir reservoir = new Reservoir(1_000, 600, 0, 1);
        for (int i = 0; i < 1_000; i++) {
            reservoir.offer(trajectory(1_000 * i, 290));
            reservoir.offer(trajectory(5_000_000 + 1_000 * i, 30));
            reservoir.offer(trajectory(9_000_000 + 1_000 * i, 320));
        }
        int[] stepsOf = new int[321];
        reservoir.trajectories().forEach(each -> stepsOf[each.steps()] += each.steps());
        assertThat((double) stepsOf[290] / stepsOf[30]).isCloseTo(290.0 / 30, within(0.5));
        assertThat((double) stepsOf[290] / stepsOf[320]).isCloseTo(290.0 / 320, within(0.15));
    }

    @Test
    void shortTrajectoriesAreRehearsedFromTheFirst() {
        Reservoir reservoir = new Reservoir(2, 10, 0, 1);
        reservoir.offer(trajectory(100, 4));
        assertThat(reservoir.trajectories()).containsExactly(trajectory(100, 4));
        assertThat(reservoir.seen()).isZero();
        reservoir.offer(trajectory(200, 4));
        reservoir = Reservoir.fromBytes(reservoir.toBytes());
        reservoir.offer(trajectory(300, 4));
        assertThat(reservoir.seen()).isEqualTo(1);
        assertThat(reservoir.trajectories())
                .containsExactly(trajectory(100, 4), trajectory(200, 4), trajectory(300, 4));
    }

    @Test
    void readsTheFormatInWhichEveryPieceWasOfOneTrajectory() throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        DataOutputStream out = new DataOutputStream(bytes);
        out.writeInt(1);
        out.writeInt(5);
        out.writeInt(3);
        out.writeDouble(0.1);
        out.writeLong(7);
        out.writeLong(9);
        out.writeInt(2);
        TrajectoryBytes.write(out, trajectory(100, 3));
        TrajectoryBytes.write(out, trajectory(200, 2));
        Reservoir read = Reservoir.fromBytes(bytes.toByteArray());
        assertThat(read.seen()).isEqualTo(7);
        assertThat(read.trajectories()).containsExactly(trajectory(100, 3), trajectory(200, 2));
    }
}
