package dev.understudy.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.understudy.data.Matrix;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class ScalerTest {
    @Test
    void meanAndDeviationAreThoseWorkedOutByHand() {
        // Column 0: 1, 3 -> mean 2, deviation 1. Column 1: 10, 30 -> mean 20, deviation 10.
        Scaler scaler = Scaler.empty(2).merge(new Matrix(2, 2, new float[] {1, 10, 3, 30}));
        assertThat(scaler.shift()).containsExactly(2f, 20f);
        assertThat(scaler.scale()).containsExactly(1f, 0.1f);
    }

    @Test
    void mergingPartsGivesTheStatisticsOfTheWhole() {
        SplittableRandom random = new SplittableRandom(11);
        float[] all = new float[300];
        for (int i = 0; i < all.length; i++) {
            all[i] = (float) random.nextDouble(-50, 150);
        }
        Scaler whole = Scaler.empty(3).merge(new Matrix(100, 3, all));
        Scaler parts = Scaler.empty(3);
        for (int part = 0; part < 10; part++) {
            parts = parts.merge(new Matrix(10, 3, java.util.Arrays.copyOfRange(all, part * 30, part * 30 + 30)));
        }
        assertThat(parts.toStatistics()).containsExactly(whole.toStatistics(), within(1e-6));
        assertThat(Scaler.fromStatistics(parts.toStatistics())).isEqualTo(parts);
    }

    @Test
    void aConstantColumnIsCentredOnly() {
        Scaler scaler = Scaler.empty(1).merge(new Matrix(3, 1, new float[] {7, 7, 7}));
        assertThat(scaler.shift()).containsExactly(7f);
        assertThat(scaler.scale()).containsExactly(1f);
    }

    @Test
    void anEmptyScalerLeavesObservationsAsTheyAre() {
        assertThat(Scaler.empty(2).shift()).containsExactly(0f, 0f);
        assertThat(Scaler.empty(2).scale()).containsExactly(1f, 1f);
    }

    @Test
    void otherColumnsAreRefused() {
        assertThatThrownBy(() -> Scaler.empty(2).merge(new Matrix(1, 3, new float[3])))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("expected 2 columns, got 3");
    }
}
