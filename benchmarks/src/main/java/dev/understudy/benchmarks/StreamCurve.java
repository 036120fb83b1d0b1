package dev.understudy.benchmarks;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The learning curve of one fold under one seed.
 *
 * @param points window by window
 * @param shortAndLong errors of batch training on everything of the two first experts
 * @param laws errors of the calibrated laws, m
 */
record StreamCurve(int fold, int seed, List<Point> points, Unseen shortAndLong, Map<String, Double> laws) {
    static final String SHORT_GAP = "acc-S";
    static final String LONG_GAP = "acc-L";

    /** Windows after a change of expert in which the new one has to be learned. */
    private static final int CATCH_UP = 4;

    static final String CSV_HEADER =
            "fold,seed,window,expert,candidateMeters,candidateMedianMeters,candidateShortGapMeters,candidateLongGapMeters,promoted,inServiceMeters,batchMeters";

    /** Errors on unseen runs, root mean square over all steps, m; {@code median} is that over stretches. */
    record Unseen(double all, double median, double shortGap, double longGap) {}

    /**
     * One window.
     *
     * @param label expert of its first step
     * @param candidate errors of its candidate
     * @param promoted whether the gate let it into service
     * @param inService errors of the model in service after it; null before the first
     * @param batch errors of batch training on everything so far; null where that was not done
     * @param reason the gate's
     */
    record Point(
            int window,
            String label,
            Unseen candidate,
            boolean promoted,
            @Nullable Unseen inService,
            @Nullable Unseen batch,
            String reason) {}

    Point last() {
        return points.get(points.size() - 1);
    }

    /** Returns the largest ratio of a candidate to the best candidate before it. */
    double worstOverBestBefore() {
        double worst = 0;
        double best = Double.POSITIVE_INFINITY;
        for (Point point : points) {
            worst = Math.max(worst, point.candidate.all / best);
            best = Math.min(best, point.candidate.all);
        }
        return worst;
    }

    double lastOverBatch() {
        Unseen batch = last().batch;
        return batch == null ? Double.NaN : last().candidate.all / batch.all;
    }

    double lastOverFirst() {
        return last().candidate.all / points.get(0).candidate.all;
    }

    double lastInServiceOverFirstInService() {
        double first = Double.NaN;
        for (Point point : points) {
            if (Double.isNaN(first) && point.inService != null) {
                first = point.inService.all;
            }
        }
        Unseen inService = last().inService;
        return inService == null ? Double.NaN : inService.all / first;
    }

    /** Returns, for each promotion but the first, the error of what came into service over that of what left it. */
    List<Double> promotions() {
        List<Double> ratios = new ArrayList<>();
        Unseen before = null;
        for (Point point : points) {
            if (point.promoted && before != null) {
                ratios.add(point.candidate.all / before.all);
            }
            before = point.inService;
        }
        return ratios;
    }

    private int change() {
        for (Point point : points) {
            if (point.label.equals(LONG_GAP)) {
                return point.window;
            }
        }
        return -1;
    }

    /**
     * Returns the least error on the new expert within four windows of the change over that of learning both at once.
     */
    double caughtUp() {
        int change = change();
        double best = Double.POSITIVE_INFINITY;
        for (int w = change; change >= 0 && w < Math.min(points.size(), change + CATCH_UP); w++) {
            best = Math.min(best, points.get(w).candidate.longGap);
        }
        return change < 0 ? Double.NaN : best / shortAndLong.longGap;
    }

    /** Returns the largest error on the old expert while the new one drives, over that before the change. */
    double forgotten() {
        int change = change();
        double worst = 0;
        for (Point point : points) {
            if (point.label.equals(LONG_GAP)) {
                worst = Math.max(worst, point.candidate.shortGap);
            }
        }
        return change < 1 ? Double.NaN : worst / points.get(change - 1).candidate.shortGap;
    }

    Map<String, Object> toJson() {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("fold", fold);
        json.put("seed", seed);
        json.put("windows", points.size());
        json.put("firstMeters", points.get(0).candidate.all);
        json.put("lastMeters", last().candidate.all);
        json.put("worstOverBestBefore", worstOverBestBefore());
        json.put("lastOverBatch", lastOverBatch());
        json.put("lastOverFirst", lastOverFirst());
        json.put("lastInServiceOverFirstInService", lastInServiceOverFirstInService());
        json.put("promotionRatios", promotions());
        json.put("longGapCaughtUp", caughtUp());
        json.put("shortGapForgotten", forgotten());
        json.put("lawsMeters", laws);
        return json;
    }

    @Override
    public String toString() {
        return "fold %d seed %d: %d windows, %.2f m first, %.2f m last; worst over best before %.3f, last over batch %.3f, over first %.3f; L caught up %.3f, S forgotten %.3f; promotions %s"
                .formatted(
                        fold,
                        seed,
                        points.size(),
                        points.get(0).candidate.all,
                        last().candidate.all,
                        worstOverBestBefore(),
                        lastOverBatch(),
                        lastOverFirst(),
                        caughtUp(),
                        forgotten(),
                        promotions().stream().map("%.3f"::formatted).toList());
    }

    /** Returns a line of CSV for each point. */
    List<String> toCsv() {
        return points.stream()
                .map(point -> "%d,%d,%d,%s,%.4f,%.4f,%.4f,%.4f,%b,%s,%s"
                        .formatted(
                                fold,
                                seed,
                                point.window,
                                point.label,
                                point.candidate.all,
                                point.candidate.median,
                                point.candidate.shortGap,
                                point.candidate.longGap,
                                point.promoted,
                                point.inService == null ? "" : "%.4f".formatted(point.inService.all),
                                point.batch == null ? "" : "%.4f".formatted(point.batch.all)))
                .toList();
    }
}
