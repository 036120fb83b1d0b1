package dev.understudy.benchmarks;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.IntToDoubleFunction;

/**
 * Returns against what was learned from, as a small picture: a panel per way of learning, in each the mean over runs, a
 * band from the worst to the best of them, and lines to compare with.
 */
final class ReturnCurves {
    private static final int PANEL_WIDTH = 220;
    private static final int PANEL_HEIGHT = 180;
    private static final int LEFT = 46;
    private static final int TOP = 28;
    private static final int BOTTOM = 44;
    private static final int GAP = 14;

    /**
     * One panel.
     *
     * @param title what is above it
     * @param x where the runs were looked at, rising
     * @param runs a curve each, as long as {@code x}
     */
    record Panel(String title, double[] x, List<double[]> runs) {
        Panel {
            runs = List.copyOf(runs);
        }

        private double over(int at, boolean best) {
            double value = runs.get(0)[at];
            for (double[] run : runs) {
                value = best ? Math.max(value, run[at]) : Math.min(value, run[at]);
            }
            return value;
        }

        private double mean(int at) {
            return runs.stream().mapToDouble(run -> run[at]).average().orElse(Double.NaN);
        }
    }

    /** A level line. */
    record Level(String name, double value) {}

    private final String xName;
    private final List<Level> levels;
    private final double low;
    private final double high;

    /**
     * Creates a kind of picture.
     *
     * @param low return at the bottom
     * @param high return at the top
     */
    ReturnCurves(String xName, List<Level> levels, double low, double high) {
        this.xName = xName;
        this.levels = List.copyOf(levels);
        this.low = low;
        this.high = high;
    }

    /** Returns the picture of some panels, side by side, as SVG. */
    String svg(String title, List<Panel> panels) {
        int width = LEFT + panels.size() * (PANEL_WIDTH + GAP);
        int height = TOP + PANEL_HEIGHT + BOTTOM;
        StringBuilder svg = new StringBuilder();
        line(
                svg,
                "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" font-family=\"sans-serif\" font-size=\"12\">",
                width,
                height);
        line(svg, "<title>%s</title>", title);
        line(svg, "<rect width=\"%d\" height=\"%d\" fill=\"#fff\"/>", width, height);
        for (int tick = 0; tick <= 4; tick++) {
            double value = low + (high - low) * tick / 4;
            line(svg, "<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%.0f</text>", LEFT - 6, y(value) + 4, value);
        }
        for (int i = 0; i < panels.size(); i++) {
            draw(svg, panels.get(i), LEFT + i * (PANEL_WIDTH + GAP));
        }
        line(svg, "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">%s</text>", width / 2, height - 8, xName);
        return svg.append("</svg>\n").toString();
    }

    private void draw(StringBuilder svg, Panel panel, int left) {
        double end = panel.x()[panel.x().length - 1];
        IntToDoubleFunction x = at -> left + PANEL_WIDTH * panel.x()[at] / end;
        line(
                svg,
                "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">%s</text>",
                left + PANEL_WIDTH / 2,
                TOP - 10,
                panel.title());
        line(
                svg,
                "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" fill=\"none\" stroke=\"#bbb\"/>",
                left,
                TOP,
                PANEL_WIDTH,
                PANEL_HEIGHT);
        for (Level level : levels) {
            line(
                    svg,
                    "<path d=\"M%d,%.1fh%d\" stroke=\"#888\" stroke-dasharray=\"4 3\"><title>%s</title></path>",
                    left,
                    y(level.value()),
                    PANEL_WIDTH,
                    level.name());
        }
        List<String> band = new ArrayList<>();
        List<String> mean = new ArrayList<>();
        for (int at = 0; at < panel.x().length; at++) {
            band.add(point(x.applyAsDouble(at), panel.over(at, true)));
            mean.add(point(x.applyAsDouble(at), panel.mean(at)));
        }
        for (int at = panel.x().length - 1; at >= 0; at--) {
            band.add(point(x.applyAsDouble(at), panel.over(at, false)));
        }
        line(svg, "<polygon points=\"%s\" fill=\"#0a5\" fill-opacity=\"0.2\"/>", String.join(" ", band));
        line(
                svg,
                "<polyline points=\"%s\" fill=\"none\" stroke=\"#063\" stroke-width=\"1.5\"/>",
                String.join(" ", mean));
        line(
                svg,
                "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">%s</text>",
                left + PANEL_WIDTH,
                TOP + PANEL_HEIGHT + 16,
                end >= 1e5 ? "%.1f M".formatted(end / 1e6) : "%.0f".formatted(end));
    }

    private String point(double x, double value) {
        return String.format(Locale.ROOT, "%.1f,%.1f", x, y(value));
    }

    private double y(double value) {
        return TOP + PANEL_HEIGHT * (1 - (Math.max(low, Math.min(high, value)) - low) / (high - low));
    }

    private static void line(StringBuilder svg, String format, Object... values) {
        svg.append(String.format(Locale.ROOT, format, values)).append('\n');
    }
}
