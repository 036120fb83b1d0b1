package dev.understudy.benchmarks;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import dev.understudy.data.Rows;
import dev.understudy.domain.Featuriser;
import dev.understudy.driving.CarFollowing;
import dev.understudy.driving.CarFollowingPolicy;
import dev.understudy.driving.FollowingSample;
import dev.understudy.model.LoadedPolicy;
import dev.understudy.model.ModelFile;
import dev.understudy.schemas.Decision;
import dev.understudy.schemas.Topics;
import dev.understudy.schemas.UnderstudySerdes;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.processor.api.ContextualFixedKeyProcessor;
import org.apache.kafka.streams.processor.api.FixedKeyRecord;

/**
 * What one would write without this system: a Kafka Streams application that decodes an observation, calls ONNX Runtime
 * on it alone and encodes a decision, with the defaults of Kafka Streams but for {@code linger.ms} of 5. It has the
 * same records, features and model file as serving. It keeps no store, has no envelope and swaps no models.
 */
final class PlainStreams {
    private PlainStreams() {}

    /**
     * Runs it until the process is told to end, and says RUNNING once it does.
     *
     * @param arguments brokers, application id, directory for its state, topic of its decisions, model file
     */
    public static void main(String[] arguments) throws Exception {
        byte[] model = Files.readAllBytes(Path.of(arguments[4]));
        Properties properties = new Properties();
        properties.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, arguments[0]);
        properties.put(StreamsConfig.APPLICATION_ID_CONFIG, arguments[1]);
        properties.put(StreamsConfig.STATE_DIR_CONFIG, arguments[2]);
        properties.put(StreamsConfig.mainConsumerPrefix(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG), "earliest");
        properties.put(StreamsConfig.producerPrefix(ProducerConfig.LINGER_MS_CONFIG), 5);
        CountDownLatch stop = new CountDownLatch(1);
        KafkaStreams streams = new KafkaStreams(topology(arguments[3], model), properties);
        streams.setStateListener((now, before) -> {
            if (now == KafkaStreams.State.RUNNING) {
                System.out.println(now);
            }
        });
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            streams.close(Duration.ofSeconds(10));
            stop.countDown();
        }));
        streams.start();
        stop.await();
    }

    private static Topology topology(String decisions, byte[] model) {
        StreamsBuilder builder = new StreamsBuilder();
        builder.stream(Topics.OBSERVATIONS, Consumed.with(Serdes.String(), UnderstudySerdes.following()))
                .processValues(() -> new Decide(model))
                .to(decisions, Produced.with(Serdes.String(), UnderstudySerdes.decision()));
        return builder.build();
    }

    /** Answers one observation at a time. */
    private static final class Decide extends ContextualFixedKeyProcessor<String, FollowingSample, Decision> {
        private static final float[] NOTHING = {};

        private final CarFollowingPolicy spec = new CarFollowingPolicy();
        private final Map<String, Featuriser<FollowingSample>> featurisers = new HashMap<>();
        private final Rows observation = spec.observationType().room(1, spec.observationSize());
        private final OrtEnvironment environment = OrtEnvironment.getEnvironment();
        private final OrtSession session;
        private final String sha256;

        Decide(byte[] model) {
            sha256 = ModelFile.sha256(model);
            try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
                options.setIntraOpNumThreads(1);
                session = environment.createSession(model, options);
            } catch (OrtException e) {
                throw new IllegalStateException("ONNX Runtime does not load the model: " + e.getMessage(), e);
            }
        }

        @Override
        public void process(FixedKeyRecord<String, FollowingSample> record) {
            FollowingSample sample = record.value();
            boolean isAsked = featurisers
                            .computeIfAbsent(sample.episode(), any -> spec.featuriser())
                            .observe(sample, false, observation, 0, Featuriser.Steps.none())
                    == null;
            float[] action = isAsked ? answer() : NOTHING;
            long nowMs = context().currentSystemTimeMs();
            Decision decision = new Decision(
                    sample.vehicle(),
                    sample.trip(),
                    sample.sequence(),
                    sample.timeMs(),
                    CarFollowing.POLICY,
                    1,
                    isAsked ? sha256 : "",
                    action,
                    action,
                    isAsked ? Decision.Kind.POLICY : Decision.Kind.FALLBACK_HISTORY,
                    "",
                    Double.NaN,
                    record.timestamp(),
                    nowMs,
                    "plain");
            context().forward(record.withValue(decision).withTimestamp(nowMs));
        }

        private float[] answer() {
            float[] row = new float[observation.columns()];
            for (int i = 0; i < row.length; i++) {
                row[i] = observation.at(0, i);
            }
            try (OnnxTensor input =
                            OnnxTensor.createTensor(environment, FloatBuffer.wrap(row), new long[] {1, row.length});
                    OrtSession.Result result = session.run(Map.of(LoadedPolicy.OBSERVATION, input))) {
                float[][] actions = (float[][])
                        result.get(LoadedPolicy.ACTION).orElseThrow().getValue();
                return actions[0];
            } catch (OrtException e) {
                throw new IllegalStateException("the model did not answer: " + e.getMessage(), e);
            }
        }

        @Override
        public void close() {
            try {
                session.close();
            } catch (OrtException e) {
                throw new IllegalStateException("cannot close the model: " + e.getMessage(), e);
            }
        }
    }
}
