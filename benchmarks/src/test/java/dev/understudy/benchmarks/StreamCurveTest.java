package dev.understudy.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.understudy.benchmarks.StreamCurve.Point;
import dev.understudy.benchmarks.StreamCurve.Unseen;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class StreamCurveTest {
    private static Unseen errors(double all, double shortGap, double longGap) {
        return new Unseen(all, all / 2, shortGap, longGap);
    }

    private static final Unseen FIRST = errors(6, 4, 8);
    private static final Unseen SECOND = errors(5, 5, 5);
    private static final Unseen THIRD = errors(5.5, 4.4, 6);
    private static final StreamCurve CURVE = new StreamCurve(
            0,
            1,
            List.of(
                    new Point(0, "acc-S", FIRST, true, FIRST, null, "first"),
                    new Point(1, "acc-L", SECOND, true, SECOND, null, "better"),
                    new Point(2, "acc-L", THIRD, false, SECOND, errors(5, 4, 5), "worse")),
            errors(4, 4, 4),
            Map.of("idm", 7.0));

    @Test
    void itsFiguresFollowFromItsPoints() {
        assertThat(CURVE.worstOverBestBefore()).isCloseTo(5.5 / 5, within(1e-12));
        assertThat(CURVE.lastOverBatch()).isCloseTo(5.5 / 5, within(1e-12));
        assertThat(CURVE.lastOverFirst()).isCloseTo(5.5 / 6, within(1e-12));
        assertThat(CURVE.lastInServiceOverFirstInService()).isCloseTo(5.0 / 6, within(1e-12));
        assertThat(CURVE.promotions()).containsExactly(5.0 / 6);
        assertThat(CURVE.caughtUp()).isCloseTo(5.0 / 4, within(1e-12)); // the long gap, after it came in window 1
        assertThat(CURVE.forgotten()).isCloseTo(5.0 / 4, within(1e-12)); // the short gap, over window 0
    }

    @Test
    void itsLinesHaveAColumnForEachHeading() {
        assertThat(CURVE.toCsv()).hasSize(3).allSatisfy(line -> assertThat(line.split(",", -1))
                .hasSameSizeAs(StreamCurve.CSV_HEADER.split(",", -1)));
        assertThat(CURVE.toCsv().get(2)).isEqualTo("0,1,2,acc-L,5.5000,2.7500,4.4000,6.0000,false,5.0000,5.0000");
        assertThat(StreamPicture.svg(List.of(CURVE))).contains("windows learned", "fold 0");
    }
}
