package dev.understudy.streams;

import dev.understudy.driving.Actor;
import dev.understudy.driving.CarFollowing;
import dev.understudy.driving.FollowingSample;
import dev.understudy.model.ModelFile;
import dev.understudy.schemas.Topics;
import dev.understudy.schemas.UnderstudySerdes;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;

/** Measures, by hand: records/s of serving beside those of {@link PassThroughTopology}, in turns on one broker. */
final class ServingRate {
    private static final int VEHICLES = 50;

    private ServingRate() {}

    /** Takes the number of records and of rounds. */
    public static void main(String[] arguments) throws Exception {
        int records = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 400_000;
        int rounds = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 3;
        Path folder = Files.createTempDirectory("serving-rate");
        try (TestBroker broker = new TestBroker(folder.resolve("broker"), 1)) {
            produce(broker.address(), records);
            for (int round = 0; round < rounds; round++) {
                double pass = rate(broker, folder, "pass-" + round, records, Topics.LOGS);
                double serve = rate(broker, folder, "serve-" + round, records, Topics.DECISIONS);
                print("pass-through %.0f/s, serving %.0f/s, ratio %.2f%n", pass, serve, serve / pass);
            }
        }
        System.exit(0);
    }

    private static double rate(TestBroker broker, Path folder, String name, int records, String output)
            throws Exception {
        ServingConfig config =
                ServingConfig.defaults(broker.address(), folder.resolve(name)).named(name, name);
        ServingMetrics metrics = new ServingMetrics();
        try (ModelDirectory directory = new ModelDirectory(
                name, CarFollowing.POLICY, Serving.intakeCheck(config), metrics, ack -> {}, InstantSource.system())) {
            ModelFile model = TestModels.constant(-0.25f);
            Serving.intakeCheck(config)
                    .check(model.bytes(), model.sha256())
                    .fold(accepted -> directory.slot().install(1, accepted.policy(), 0), refused -> {
                        throw new IllegalStateException(refused.reason());
                    });
            Topology topology = name.startsWith("pass")
                    ? PassThroughTopology.build()
                    : ServingTopology.build(config, directory, metrics);
            Properties properties = config.toProperties();
            properties.put(StreamsConfig.APPLICATION_ID_CONFIG, name);
            try (var reader = new KafkaConsumer<>(
                            Map.<String, Object>of("bootstrap.servers", broker.address()),
                            new ByteArrayDeserializer(),
                            new ByteArrayDeserializer());
                    KafkaStreams streams = new KafkaStreams(topology, properties)) {
                long before = end(reader, output);
                streams.start();
                long started = 0;
                long first = before;
                while (true) {
                    long now = end(reader, output);
                    if (started == 0 && now > before + records / 10) {
                        started = System.nanoTime();
                        first = now;
                    }
                    if (now >= before + records) {
                        double seconds = (System.nanoTime() - started) / 1e9;
                        streams.close(Duration.ofSeconds(10));
                        print("%s %s%n", name, metrics.snapshot());
                        return (now - first) / seconds;
                    }
                    LockSupport.parkNanos(5_000_000);
                }
            }
        }
    }

    private static long end(KafkaConsumer<byte[], byte[]> reader, String topic) {
        TopicPartition partition = new TopicPartition(topic, 0);
        return reader.endOffsets(List.of(partition)).getOrDefault(partition, 0L);
    }

    private static void produce(String address, int records) {
        try (var producer = new KafkaProducer<>(
                Map.<String, Object>of("bootstrap.servers", address, "linger.ms", 5, "batch.size", 1 << 17),
                new StringSerializer(),
                UnderstudySerdes.following().serializer())) {
            for (int i = 0; i < records; i++) {
                int step = i / VEHICLES;
                String vehicle = "car-" + i % VEHICLES;
                FollowingSample sample = new FollowingSample(
                        vehicle,
                        "2019-06-20-run-4/" + vehicle,
                        step,
                        1_500_000_000_000L + 100L * step,
                        Actor.ASSISTANCE,
                        "acc-S",
                        20 + Math.sin(step / 100.0),
                        30 + Math.sin(step / 150.0),
                        20 + Math.sin(step / 100.0));
                producer.send(new ProducerRecord<>(Topics.OBSERVATIONS, vehicle, sample));
            }
        }
    }

    private static void print(String format, Object... values) {
        PrintStream out = System.out;
        out.printf(format, values);
        out.flush();
    }
}
