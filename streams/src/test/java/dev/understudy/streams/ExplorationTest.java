package dev.understudy.streams;

import static org.assertj.core.api.Assertions.assertThat;

import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

class ExplorationTest {
    @Test
    void drawsAreStandardNormal() {
        int draws = 100_000;
        double sum = 0;
        double squares = 0;
        double neighbours = 0;
        int within = 0;
        double before = 0;
        for (int i = 0; i < draws; i++) {
            double z = Exploration.normal("car", "trip", i, "model", 0);
            sum += z;
            squares += z * z;
            neighbours += z * before;
            within += Math.abs(z) < 1 ? 1 : 0;
            before = z;
        }
        // standard errors: 0.003, 0.0045, 0.003 and 0.0015; five of each
        assertThat(sum / draws).isCloseTo(0, Offset.offset(0.016));
        assertThat(squares / draws).isCloseTo(1, Offset.offset(0.023));
        assertThat(neighbours / draws).isCloseTo(0, Offset.offset(0.016));
        assertThat((double) within / draws).isCloseTo(0.6827, Offset.offset(0.0075));
    }

    @Test
    void aDrawFollowsFromTheStepAndTheModel() {
        double draw = Exploration.normal("car", "trip", 7, "model", 0);
        assertThat(Exploration.normal("car", "trip", 7, "model", 0)).isEqualTo(draw);
        assertThat(Exploration.normal("cart", "rip", 7, "model", 0)).isNotEqualTo(draw);
        assertThat(Exploration.normal("car", "trip", 8, "model", 0)).isNotEqualTo(draw);
        assertThat(Exploration.normal("car", "trip", 7, "other", 0)).isNotEqualTo(draw);
    }
}
