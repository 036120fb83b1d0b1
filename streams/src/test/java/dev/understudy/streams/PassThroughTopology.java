package dev.understudy.streams;

import dev.understudy.driving.FollowingSample;
import dev.understudy.schemas.Topics;
import dev.understudy.schemas.UnderstudySerdes;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.processor.api.ContextualProcessor;
import org.apache.kafka.streams.processor.api.Record;

/** What serving is measured against: it decodes and encodes the same records and does nothing between. */
final class PassThroughTopology {
    private PassThroughTopology() {}

    static Topology build() {
        Topology topology = new Topology();
        topology.addSource(
                "in", new StringDeserializer(), UnderstudySerdes.following().deserializer(), Topics.OBSERVATIONS);
        topology.<String, FollowingSample, String, FollowingSample>addProcessor(
                "pass",
                () -> new ContextualProcessor<>() {
                    @Override
                    public void process(Record<String, FollowingSample> record) {
                        context().forward(record);
                    }
                },
                "in");
        topology.addSink(
                "out",
                Topics.LOGS,
                new StringSerializer(),
                UnderstudySerdes.following().serializer(),
                "pass");
        return topology;
    }
}
