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
    void oneAbsurdReadingDoesNotSpoilTheScale() {
        SplittableRandom random = new SplittableRandom(3);
        float[] rows = new float[500];
        for (int i = 0; i < rows.length; i++) {
            rows[i] = (float) random.nextDouble(-1, 1);
        }
        Scaler clean = Scaler.empty(1).merge(new Matrix(500, 1, rows));
        for (float absurd : new float[] {1e30f, -9999f}) {
            rows[250] = absurd;
            Scaler scaler = Scaler.empty(1).merge(new Matrix(500, 1, rows));
            assertThat(scaler.scale()[0]).isCloseTo(clean.scale()[0], within(0.2f * clean.scale()[0]));
            assertThat(scaler.shift()[0]).isCloseTo(clean.shift()[0], within(0.05f));
        }
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
