package dev.understudy.benchmarks;

import dev.understudy.driving.CarFollowing;
import dev.understudy.driving.FollowingSample;
import dev.understudy.schemas.Decision;
import dev.understudy.schemas.Topics;
import dev.understudy.schemas.UnderstudySerdes;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.Serializer;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.processor.api.ContextualProcessor;
import org.apache.kafka.streams.processor.api.Record;

/** Topologies that do less than serving, to hold it against. */
enum Baseline {
    /** Forwards every record, byte for byte. */
    PASS_THROUGH,
    /** Decodes every observation and encodes a decision as large as a served one; decides nothing. */
    DECODE_ENCODE;

    /** Returns the topology from the observations to a topic. */
    Topology topology(String output) {
        Topology topology = new Topology();
        topology.addSource(
                "observations", new ByteArrayDeserializer(), new ByteArrayDeserializer(), Topics.OBSERVATIONS);
        String last = "observations";
        if (this == DECODE_ENCODE) {
            topology.addProcessor("decode-encode", DecodeEncode::new, last);
            last = "decode-encode";
        }
        topology.addSink("output", output, new ByteArraySerializer(), new ByteArraySerializer(), last);
        return topology;
    }

    private static final class DecodeEncode extends ContextualProcessor<byte[], byte[], byte[], byte[]> {
        private static final String SHA256 = "0123456789abcdef".repeat(4);

        private final Deserializer<FollowingSample> samples =
                UnderstudySerdes.following().deserializer();
        private final Serializer<Decision> decisions =
                UnderstudySerdes.decision().serializer();

        @Override
        public void process(Record<byte[], byte[]> record) {
            FollowingSample sample = samples.deserialize(Topics.OBSERVATIONS, record.value());
            long nowMs = context().currentSystemTimeMs();
            float speed = (float) sample.speedMetersPerSecond();
            Decision decision = new Decision(
                    sample.vehicle(),
                    sample.trip(),
                    sample.sequence(),
                    sample.timeMs(),
                    CarFollowing.POLICY,
                    1,
                    SHA256,
                    new float[] {speed},
                    new float[] {speed},
                    Decision.Kind.POLICY,
                    "",
                    sample.gapMeters(),
                    record.timestamp(),
                    nowMs,
                    "serving-1");
            context()
                    .forward(record.withValue(decisions.serialize(Topics.DECISIONS, decision))
                            .withTimestamp(nowMs));
        }
    }
}
