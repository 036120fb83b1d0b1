package dev.understudy.domain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.understudy.data.Matrix;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class HeldOutPiecesTest {
    private static final HeldOutPieces PIECES = new HeldOutPieces(4, 6, 20);

    private static Map<String, Long> pieces(int count) {
        Map<String, Long> startMs = new TreeMap<>();
        for (int i = 0; i < count; i++) {
            startMs.put("trip-%03d|car|0".formatted(i), 1000L * i);
        }
        return startMs;
    }

    @Test
    void keepsTheNewestAndAnAnchorOfTheOld() {
        Set<String> kept = PIECES.at(pieces(100), 90_000);
        assertThat(kept)
                .hasSize(10)
                .contains("trip-089|car|0", "trip-088|car|0", "trip-087|car|0", "trip-086|car|0")
                .doesNotContain("trip-090|car|0");
        assertThat(PIECES.at(pieces(100), 0)).isEmpty();
        assertThat(PIECES.at(pieces(3), 90_000)).hasSize(3);
    }

    @Test
    void theAnchorIsASampleOfAllThatIsOld() {
        Set<String> early = new TreeSet<>(PIECES.at(pieces(300), 100_000));
        Set<String> later = new TreeSet<>(PIECES.at(pieces(300), 300_000));
        early.retainAll(later);
        assertThat(early).as("refreshed, yet not at once").isNotEmpty();
        double mean = later.stream()
                .mapToInt(name -> Integer.parseInt(name.substring(5, 8)))
                .filter(i -> i < 296)
                .average()
                .orElse(0);
        assertThat(mean).isBetween(60.0, 236.0);
    }

    /** What was thrown away in between makes no difference: neither when reading runs ahead nor when it keeps pace. */
    @Test
    void whatIsKeptFollowsFromEventTimeAlone() {
        Map<String, Long> all = pieces(60);
        for (int ahead : List.of(0, 3, 9)) {
            Map<String, Long> memory = new TreeMap<>();
            long judgedMs = Long.MIN_VALUE;
            int read = 0;
            for (long timeMs = 5000; timeMs <= 50_000; timeMs += 5000) {
                for (; read < Math.min(60, timeMs / 1000 + ahead); read++) {
                    memory.put("trip-%03d|car|0".formatted(read), 1000L * read);
                    memory.keySet().removeAll(PIECES.superfluous(memory, judgedMs));
                    assertThat(memory).hasSizeLessThanOrEqualTo(20);
                }
                assertThat(PIECES.at(memory, timeMs))
                        .as("%d ahead at %d", ahead, timeMs)
                        .isEqualTo(PIECES.at(all, timeMs));
                judgedMs = timeMs;
            }
        }
    }

    @Test
    void memoryIsBoundedHoweverFarReadingRunsAhead() {
        Map<String, Long> memory = new TreeMap<>();
        pieces(500).forEach((name, startMs) -> {
            memory.put(name, startMs);
            memory.keySet().removeAll(PIECES.superfluous(memory, Long.MIN_VALUE));
            assertThat(memory).hasSizeLessThanOrEqualTo(20);
        });
        assertThat(memory).containsKey("trip-499|car|0");
        Map<String, Long> atOnce = new TreeMap<>();
        for (int i = 0; i < 50; i++) {
            atOnce.put("trip-%03d|car|0".formatted(i), 7L);
        }
        assertThat(PIECES.superfluous(atOnce, Long.MIN_VALUE))
                .as("all begin at once")
                .hasSize(40);
    }

    @Test
    void selectsStepsInAnyOrderAndOnlyThoseBeforeTheTime() {
        List<Step> steps = new ArrayList<>();
        for (int i = 0; i < 30; i++) {
            Matrix row = new Matrix(1, 1, new float[1]);
            steps.add(new Step(
                    "driving/car-following",
                    "car",
                    "trip-" + i % 3,
                    i,
                    100_000L * i,
                    "",
                    0,
                    row,
                    new float[1],
                    0,
                    i,
                    0));
        }
        List<Step> selected = PIECES.select(steps, 2_000_000);
        assertThat(selected).isNotEmpty().allMatch(step -> step.timeMs() < 2_000_000);
        List<Step> shuffled = new ArrayList<>(steps);
        Collections.shuffle(shuffled, new Random(3));
        assertThat(PIECES.select(shuffled, 2_000_000)).containsExactlyInAnyOrderElementsOf(selected);
        assertThat(PIECES.select(List.of(), 1)).isEmpty();
    }

    @Test
    void refusesSettingsThatCannotHold() {
        assertThatThrownBy(() -> new HeldOutPieces(4, 6, 9))
                .hasMessageContaining("most >= newest + anchors, got 4, 6 and 9");
    }
}
