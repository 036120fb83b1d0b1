package dev.understudy.benchmarks;

import dev.understudy.data.Demonstrations;
import dev.understudy.data.Matrix;
import dev.understudy.data.Trajectory;
import dev.understudy.environment.Environments;
import dev.understudy.environment.Task;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Experts whose observations alone are learned from.
 *
 * @param environment where the learner acts
 * @param file of their episodes
 * @param isOfGail whether it is one of the files of GAIL's authors
 * @param target the return to reach; NaN where it follows from the demonstrators' own
 */
record ObservedExperts(String environment, String file, boolean isOfGail, double target) {
    private static final String ACROBOT_V1 = "acrobot-v1";

    /** Returns the task. */
    Task task() {
        return Environments.named(environment);
    }

    /**
     * Returns what was observed in all episodes. Those of Acrobot are of its first version, whose motion is the same
     * but whose observation has the angles themselves.
     */
    Demonstrations observed(Path gail, Path control) throws IOException {
        Demonstrations read = Demonstrations.readObserved((isOfGail ? gail : control).resolve(file));
        return environment.equals(ACROBOT_V1) ? turned(read) : read;
    }

    private Demonstrations turned(Demonstrations angles) {
        List<Trajectory> trajectories = new ArrayList<>();
        for (Trajectory trajectory : angles.trajectories()) {
            int rows = trajectory.observations().rows();
            float[] seen = new float[rows * 6];
            for (int row = 0; row < rows; row++) {
                for (int angle = 0; angle < 2; angle++) {
                    double theta = trajectory.observations().at(row, angle);
                    seen[row * 6 + 2 * angle] = (float) Math.cos(theta);
                    seen[row * 6 + 2 * angle + 1] = (float) Math.sin(theta);
                    seen[row * 6 + 4 + angle] = trajectory.observations().at(row, 2 + angle);
                }
            }
            trajectories.add(new Trajectory(
                    trajectory.trip(), trajectory.entity(), 0, 1, new Matrix(rows, 6, seen), trajectory.actions()));
        }
        return new Demonstrations(
                angles.source(), task().observationNames(), angles.actionNames(), trajectories, angles.rewards());
    }
}
