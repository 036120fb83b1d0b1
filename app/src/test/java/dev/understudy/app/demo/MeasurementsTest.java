package dev.understudy.app.demo;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class MeasurementsTest {
    @Test
    void quantilesAreOfTheNearestRank() {
        Measurements measurements = new Measurements();
        for (int i = 200; i >= 1; i--) {
            measurements.add(i);
        }
        measurements.add(Double.NaN);
        assertThat(measurements.size()).isEqualTo(200);
        assertThat(measurements.quantile(0.5)).isEqualTo(100.0); // rank 0.5 * 200 = 100
        assertThat(measurements.quantile(0.99)).isEqualTo(198.0); // rank 0.99 * 200 = 198
        assertThat(measurements.quantile(1.0)).isEqualTo(200.0);
        assertThat(measurements.sum()).isEqualTo(20_100.0); // 200 * 201 / 2
    }

    @Test
    void nothingHasNoQuantile() {
        assertThat(new Measurements().quantile(0.5)).isNull();
        assertThat(new Measurements().quantiles()).containsEntry("p99", null);
    }
}
