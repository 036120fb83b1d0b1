package dev.understudy.benchmarks;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/** Draws the learning curves of the stream. */
final class StreamPicture {
    private StreamPicture() {}

    /** Draws, for each fold, the errors over the windows: a band over seeds. */
    static String svg(List<StreamCurve> curves) {
        Map<Integer, List<StreamCurve>> folds = new TreeMap<>();
        curves.forEach(curve ->
                folds.computeIfAbsent(curve.fold(), any -> new ArrayList<>()).add(curve));
        List<ReturnCurves.Panel> panels = new ArrayList<>();
        double high = 0;
        for (Map.Entry<Integer, List<StreamCurve>> fold : folds.entrySet()) {
            int windows = fold.getValue().get(0).points().size();
            double[] x = new double[windows];
            Arrays.setAll(x, w -> w + 1);
            List<double[]> runs = new ArrayList<>();
            for (StreamCurve curve : fold.getValue()) {
                double[] run = new double[windows];
                Arrays.setAll(run, w -> curve.points().get(w).candidate().all());
                runs.add(run);
                high = Math.max(high, Arrays.stream(run).max().orElse(0));
            }
            panels.add(new ReturnCurves.Panel("fold " + fold.getKey(), x, runs));
        }
        double batch = curves.stream()
                .map(curve -> curve.last().batch())
                .filter(Objects::nonNull)
                .mapToDouble(StreamCurve.Unseen::all)
                .average()
                .orElse(Double.NaN);
        double law = curves.stream()
                .flatMapToDouble(curve -> curve.laws().values().stream().mapToDouble(Double::doubleValue))
                .min()
                .orElse(Double.NaN);
        return new ReturnCurves(
                        "windows learned",
                        List.of(
                                new ReturnCurves.Level("batch training, mean over folds", batch),
                                new ReturnCurves.Level("best law of any fold", law)),
                        0,
                        Math.ceil(high))
                .svg("spacing error of each window's candidate on unseen runs, m", panels);
    }
}
