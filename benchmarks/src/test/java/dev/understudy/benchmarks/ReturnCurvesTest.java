package dev.understudy.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class ReturnCurvesTest {
    private static final ReturnCurves CURVES =
            new ReturnCurves("pairs seen", List.of(new ReturnCurves.Level("expert", 200)), 0, 200);

    /** A panel is 220 wide from x = 46 and 180 high from y = 28, so a return of 100 lies at y = 118. */
    @Test
    void drawsTheMeanAndTheBandFromWorstToBest() {
        String svg = CURVES.svg(
                "return",
                List.of(new ReturnCurves.Panel(
                        "1 trajectory", new double[] {1000, 2000}, List.of(new double[] {0, 100}, new double[] {100, 200
                        }))));
        assertThat(svg)
                .contains("<polyline points=\"156.0,163.0 266.0,73.0\"")
                .contains("<polygon points=\"156.0,118.0 266.0,28.0 266.0,118.0 156.0,208.0\"")
                .contains("<title>expert</title>")
                .startsWith("<svg xmlns=")
                .endsWith("</svg>\n");
    }

    @Test
    void keepsWhatIsOutOfRangeInsideThePanel() {
        String svg = CURVES.svg(
                "return", List.of(new ReturnCurves.Panel("", new double[] {1, 2}, List.of(new double[] {-50, 300}))));
        assertThat(svg).contains("<polyline points=\"156.0,208.0 266.0,28.0\"");
    }
}
