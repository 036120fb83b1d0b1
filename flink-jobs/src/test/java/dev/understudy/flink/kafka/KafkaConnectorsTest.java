package dev.understudy.flink.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.apache.flink.api.common.eventtime.Watermark;
import org.apache.flink.api.common.eventtime.WatermarkOutput;
import org.junit.jupiter.api.Test;

class KafkaConnectorsTest {
    @Test
    void theStreamOfModelsIsIdleAndSaysNothingOfTheTime() {
        List<String> said = new ArrayList<>();
        WatermarkOutput output = new WatermarkOutput() {
            @Override
            public void emitWatermark(Watermark watermark) {
                said.add("watermark " + watermark.getTimestamp());
            }

            @Override
            public void markIdle() {
                said.add("idle");
            }

            @Override
            public void markActive() {
                said.add("active");
            }
        };
        KafkaConnectors.NoWait<String> generator = new KafkaConnectors.NoWait<>();
        generator.onEvent("a promotion", 7, output);
        generator.onPeriodicEmit(output);

        assertThat(said).containsExactly("idle");
    }
}
