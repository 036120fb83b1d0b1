package dev.understudy.benchmarks;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;

/** Draws policies by how likely they are to say what the oracle says, and the oracle to say what they say. */
final class OraclePicture {
    private static final int LEFT = 56;
    private static final int TOP = 30;
    private static final int WIDTH = 460;
    private static final int HEIGHT = 320;
    private static final int LEGEND = 250;

    private final List<OracleBenchmark.Point> points;
    private final double[] x;
    private final double[] y;
    private final StringBuilder svg = new StringBuilder();

    private OraclePicture(List<OracleBenchmark.Point> points) {
        this.points = points;
        this.x = range(points, OracleBenchmark.Point::nllTest);
        this.y = range(points, OracleBenchmark.Point::nllOracle);
    }

    /** Returns the picture as SVG: means over seeds as lines, each seed's measurements as dots. */
    static String svg(List<OracleBenchmark.Point> points) {
        return new OraclePicture(points).draw();
    }

    private static double[] range(
            List<OracleBenchmark.Point> points, ToDoubleFunction<OracleBenchmark.Point> coordinate) {
        double low = points.stream().mapToDouble(coordinate).min().orElse(0);
        double high = points.stream().mapToDouble(coordinate).max().orElse(1);
        double margin = Math.max(1e-3, 0.04 * (high - low));
        return new double[] {low - margin, high + margin};
    }

    private String draw() {
        int width = LEFT + WIDTH + LEGEND;
        line(
                "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" font-family=\"sans-serif\" font-size=\"12\">",
                width, TOP + HEIGHT + 50);
        line("<title>Policies on an oracle, nats per token; lower is better on both axes</title>");
        line("<rect width=\"%d\" height=\"%d\" fill=\"#fff\"/>", width, TOP + HEIGHT + 50);
        line(
                "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" fill=\"none\" stroke=\"#bbb\"/>",
                LEFT, TOP, WIDTH, HEIGHT);
        for (int tick = 0; tick <= 4; tick++) {
            double atX = x[0] + (x[1] - x[0]) * tick / 4;
            double atY = y[0] + (y[1] - y[0]) * tick / 4;
            line("<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%.2f</text>", x(atX), TOP + HEIGHT + 16, atX);
            line("<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%.2f</text>", LEFT - 6, y(atY) + 4, atY);
        }
        line(
                "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">NLL_test: the oracle's sequences under the policy</text>",
                LEFT + WIDTH / 2, TOP + HEIGHT + 36);
        line("<text x=\"%d\" y=\"%d\">NLL_oracle: the policy's sequences under the oracle</text>", LEFT, TOP - 12);
        series("cloned", false, "#666", "cloned, by temperature");
        series("constantDiscriminator", true, "#c80", "constant discriminator, by iteration");
        series("constantDiscriminator", false, "#eb6", "constant discriminator at the end, by temperature");
        series("withoutForcing", true, "#a3a", "adversarial without teacher forcing, by iteration");
        series("adversarial", true, "#063", "adversarial, by iteration");
        series("adversarial", false, "#6b9", "adversarial at the end, by temperature");
        series("oracle", true, "#c00", "the oracle itself");
        return svg.append("</svg>\n").toString();
    }

    private int legends;

    private void series(String model, boolean byIteration, String colour, String name) {
        int end = points.stream()
                .filter(point -> point.model().equals(model))
                .mapToInt(OracleBenchmark.Point::iteration)
                .max()
                .orElse(0);
        Map<Double, List<OracleBenchmark.Point>> groups = points.stream()
                .filter(point -> point.model().equals(model))
                .filter(point -> byIteration ? point.temperature() == 1 : point.iteration() == end)
                .collect(Collectors.groupingBy(
                        point -> byIteration ? point.iteration() : point.temperature(),
                        TreeMap::new,
                        Collectors.toList()));
        if (groups.isEmpty()) {
            return;
        }
        List<String> mean = new ArrayList<>();
        groups.forEach((key, group) -> {
            double meanX = mean(group, OracleBenchmark.Point::nllTest);
            double meanY = mean(group, OracleBenchmark.Point::nllOracle);
            mean.add(String.format(Locale.ROOT, "%.1f,%.1f", x(meanX), y(meanY)));
            group.stream()
                    .sorted(Comparator.comparingLong(OracleBenchmark.Point::seed))
                    .forEach(point -> line(
                            "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"1.5\" fill=\"%s\" fill-opacity=\"0.5\"/>",
                            x(point.nllTest()), y(point.nllOracle()), colour));
            line(
                    "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3\" fill=\"%s\"><title>%s %s</title></circle>",
                    x(meanX), y(meanY), colour, name, key);
            if (!byIteration && model.equals("cloned")) {
                line(
                        "<text x=\"%.1f\" y=\"%.1f\" font-size=\"10\" fill=\"%s\">%.1f</text>",
                        x(meanX) + 5, y(meanY) - 4, colour, key);
            }
        });
        line("<polyline points=\"%s\" fill=\"none\" stroke=\"%s\"/>", String.join(" ", mean), colour);
        int row = TOP + 14 + 18 * legends++;
        line("<circle cx=\"%d\" cy=\"%d\" r=\"3\" fill=\"%s\"/>", LEFT + WIDTH + 14, row - 4, colour);
        line("<text x=\"%d\" y=\"%d\" font-size=\"10\">%s</text>", LEFT + WIDTH + 22, row, name);
    }

    private static double mean(List<OracleBenchmark.Point> group, ToDoubleFunction<OracleBenchmark.Point> coordinate) {
        return group.stream().mapToDouble(coordinate).average().orElse(Double.NaN);
    }

    private double x(double value) {
        return LEFT + WIDTH * (value - x[0]) / (x[1] - x[0]);
    }

    private double y(double value) {
        return TOP + HEIGHT * (1 - (value - y[0]) / (y[1] - y[0]));
    }

    private void line(String format, Object... values) {
        svg.append(String.format(Locale.ROOT, format, values)).append('\n');
    }
}
