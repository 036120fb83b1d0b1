package dev.understudy.model;

import dev.understudy.data.Rows;
import dev.understudy.data.Trajectory;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;

/**
 * What a model's metadata say about its training, made from what it was trained on. The same input gives the same
 * bytes.
 */
public final class TrainedFigures {
    /** Most rows of golden observations in a model. */
    public static final int GOLDEN_ROWS = 16;

    private TrainedFigures() {}

    /**
     * Returns golden observations: rows spread evenly over the steps of these trajectories, {@code [rows, n]} with at
     * most {@link #GOLDEN_ROWS} rows.
     *
     * @param trajectories with observations {@code [T, n]}, at least one step in all
     */
    public static Rows goldenObservations(List<Trajectory> trajectories) {
        long steps = trajectories.stream().mapToLong(Trajectory::steps).sum();
        if (steps == 0) {
            throw new IllegalArgumentException(
                    "expected trajectories with at least one step, got none of %d".formatted(trajectories.size()));
        }
        int n = trajectories.get(0).observations().columns();
        int rows = (int) Math.min(GOLDEN_ROWS, steps);
        Rows golden = trajectories.get(0).observations().type().room(rows, n);
        int row = 0;
        long before = 0;
        for (Trajectory trajectory : trajectories) {
            while (row < rows && row * steps / rows < before + trajectory.steps()) {
                int step = (int) (row * steps / rows - before);
                trajectory.observations().copy(step, 1, golden, row);
                row++;
            }
            before += trajectory.steps();
        }
        return golden;
    }

    /** Returns figures as one JSON object, null where one is not finite. */
    public static String json(Map<String, Double> figures) {
        StringJoiner json = new StringJoiner(",", "{", "}");
        figures.forEach((name, value) -> json.add("\"%s\":%s"
                .formatted(
                        name.replace("\\", "\\\\").replace("\"", "\\\""),
                        Double.isFinite(value) ? Double.toString(value) : "null")));
        return json.toString();
    }
}
