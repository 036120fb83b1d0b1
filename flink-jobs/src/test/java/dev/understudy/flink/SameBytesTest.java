package dev.understudy.flink;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import ai.onnx.proto.OnnxMl.ModelProto;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.understudy.catalogue.Catalogue;
import dev.understudy.domain.Experts;
import dev.understudy.domain.Policies;
import dev.understudy.domain.Step;
import dev.understudy.driving.CarFollowing;
import dev.understudy.driving.CarFollowingPolicy;
import dev.understudy.driving.FollowingSample;
import dev.understudy.flink.assemble.AssembleEntity;
import dev.understudy.flink.kafka.JobRuntime;
import dev.understudy.flink.kafka.KafkaConnectors;
import dev.understudy.flink.logs.LogReading;
import dev.understudy.flink.logs.LogRecord;
import dev.understudy.flink.models.ModelEvent;
import dev.understudy.flink.serialization.Codecs;
import dev.understudy.flink.train.LearningBranch;
import dev.understudy.flink.train.TrainingConfig;
import dev.understudy.flink.window.WindowBatch;
import dev.understudy.graph.ElementType;
import dev.understudy.graph.Graph;
import dev.understudy.graph.Program;
import dev.understudy.graph.Result;
import dev.understudy.graph.Shape;
import dev.understudy.graph.Tensor;
import dev.understudy.ingest.OpenAccReader;
import dev.understudy.model.ModelFile;
import dev.understudy.model.ModelMetadata;
import dev.understudy.schemas.Artifacts;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.connector.datagen.source.DataGeneratorSource;
import org.apache.flink.connector.datagen.source.GeneratorFunction;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.util.CloseableIterator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A few minutes of the bundled logs through the learning job: what is learned stays the same, bit for bit, while the
 * code is laid out anew. The hashes change where somebody means to change what is learned, and are written down here
 * again then.
 */
class SameBytesTest {
    /** SHA-256 of the demonstrations of all windows. */
    private static final String WINDOWS = "ddc6583638aaf9b176c19a68742c25c5296624d8623003b345f9a02758f95be4";

    /** SHA-256 of the model files of all windows, by cloning and by GAIL. */
    private static final String MODELS = "05e216afb1b82d5c34c084b411c74fde5e44d693dab322381b9860fd79503e9f";

    /** SHA-256 of what {@link #arithmetic} gives where {@link #MODELS} was written down. */
    private static final String ARITHMETIC = "b9064ea46c22e706e1704b0761ed32798172e199c9ac01c6c6234706e685eb41";

    private static final Path FOLDER = Path.of("..", "ingest", "data", "openacc-zalazone");
    private static final LogReading READING = LogReading.defaults();
    private static final List<FollowingSample> LOGS = logs();

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    private static List<FollowingSample> logs() {
        OpenAccReader reader = OpenAccReader.open(FOLDER);
        try (Stream<FollowingSample> samples = reader.readSequentially(
                        reader.runs().subList(0, 2), Instant.parse("2019-10-08T08:00:00Z"), Duration.ofSeconds(5))
                .samples(bad -> {})) {
            return samples.limit(8_000).toList();
        }
    }

    /** What the job reads. */
    private record Job(DataStream<LogRecord> logs, DataStream<ModelEvent> models, LearningJobConfig config) {}

    private Job job() {
        JobRuntime runtime = TestJobs.runtime(folder, Duration.ofMinutes(10), 1);
        Configuration configuration = runtime.configuration();
        StreamExecutionEnvironment env = StreamExecutionEnvironment.createLocalEnvironment(1, configuration);
        env.configure(configuration);
        GeneratorFunction<Long, LogRecord> generator = index -> TestLogs.read(LOGS.get(index.intValue()), 0, index);
        TypeInformation<LogRecord> type = LogRecord.CODEC.typeInformation();
        DataStream<LogRecord> read = env.fromSource(
                        new DataGeneratorSource<>(generator, LOGS.size(), type),
                        WatermarkStrategy.noWatermarks(),
                        "logs")
                .uid("logs");
        DataStream<LogRecord> logs = KafkaConnectors.ordered(read, runtime, READING, any -> TestJobs.moreToCome(0));
        DataStream<ModelEvent> models = TestJobs.noModels(logs);
        TrainingConfig training =
                TrainingConfig.defaults(Catalogue.only(CarFollowing.POLICY)).withWindow(Duration.ofSeconds(60));
        return new Job(logs, models, new LearningJobConfig(runtime, READING, training));
    }

    private static <T> List<T> run(DataStream<T> stream) throws Exception {
        List<T> all = new ArrayList<>();
        try (CloseableIterator<T> results = stream.executeAndCollect()) {
            results.forEachRemaining(all::add);
        }
        return all;
    }

    @Test
    void theWindowsHoldTheSameDemonstrations() throws Exception {
        Job job = job();
        DataStream<Step> steps = job.logs
                .keyBy(LogRecord::entity, Types.STRING)
                .process(new AssembleEntity<>(
                        Policies.one(new CarFollowingPolicy()), READING, AssembleEntity.Share.TRAINING))
                .returns(Codecs.STEP.typeInformation());
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        for (WindowBatch batch : run(LearningJob.batches(steps, job.config.training(), READING))) {
            bytes.writeBytes("%s %d %d %d %d %s"
                    .formatted(
                            batch.policy(),
                            batch.startMs(),
                            batch.endMs(),
                            batch.freshSteps(),
                            batch.lateSteps(),
                            batch.sourceRanges())
                    .getBytes(StandardCharsets.UTF_8));
            batch.trajectories().forEach(each -> {
                bytes.writeBytes("%s %s %d"
                        .formatted(each.trip(), each.entity(), each.startMs())
                        .getBytes(StandardCharsets.UTF_8));
                bytes.writeBytes(bytes(each.observations().floats()));
                bytes.writeBytes(bytes(each.actions().values()));
            });
        }

        assertThat(Artifacts.sha256(bytes.toByteArray())).isEqualTo(WINDOWS);
    }

    @Test
    void theSameModelsAreLearned() throws Exception {
        Job job = job();
        List<LearningBranch> branches =
                LearningBranch.of(LearningBranch.BOTH, job.config.training().policies(), 40, 4);
        Map<String, String> models = new TreeMap<>();
        run(LearningJob.flows(job.logs, job.models, job.config, branches).trained())
                .forEach(trained -> models.put(
                        trained.candidate().algorithm() + " "
                                + trained.candidate().windowEndMs(),
                        Artifacts.sha256(alone(trained.model()))));

        assertThat(models).hasSizeGreaterThan(2);
        assumeThat(Artifacts.sha256(bytes(arithmetic())))
                .as("kernels of ONNX Runtime that round as those of the machine where the hash was written down")
                .isEqualTo(ARITHMETIC);
        assertThat(Artifacts.sha256(models.toString().getBytes(StandardCharsets.UTF_8)))
                .as("models %s", models)
                .isEqualTo(MODELS);
    }

    /**
     * Returns a model file without what it tells of its parent and of whom it was learned from, and as it was before it
     * was sealed.
     */
    private static byte[] alone(byte[] model) {
        ModelMetadata told = ModelFile.read(model).metadata();
        assertThat(told.extra()).containsEntry(Experts.KEY, "HUMAN,ASSISTANCE");
        ModelMetadata alone = new ModelMetadata(
                told.policy(),
                "",
                told.windowStartMs(),
                told.windowEndMs(),
                told.sourceRanges(),
                told.seed(),
                told.fingerprint(),
                told.reportJson(),
                told.goldenObservations(),
                told.goldenActions(),
                told.codeVersion(),
                told.dataLicence(),
                new TreeMap<>());
        return unsealed(ModelFile.create(model, alone).bytes());
    }

    private static byte[] unsealed(byte[] sealed) {
        ModelProto.Builder file;
        try {
            file = ModelProto.parseFrom(sealed).toBuilder();
        } catch (InvalidProtocolBufferException e) {
            throw new IllegalArgumentException("expected a model file", e);
        }
        int last = file.getMetadataPropsCount() - 1;
        assertThat(file.getMetadataProps(last).getKey()).isEqualTo("understudy.seal");
        file.removeMetadataProps(last);
        file.getMetadataPropsBuilderList().stream()
                .filter(property -> property.getKey().equals("understudy.format"))
                .forEach(property -> property.setValue("1"));
        return file.build().toByteArray();
    }

    /** Returns sums of products, whose last bits depend on how wide the processor's registers are. */
    private static float[] arithmetic() {
        SplittableRandom random = new SplittableRandom(1);
        float[] left = new float[64 * 64];
        float[] right = new float[64 * 64];
        for (int i = 0; i < left.length; i++) {
            left[i] = random.nextFloat() - 0.5f;
            right[i] = random.nextFloat() - 0.5f;
        }
        Graph graph = new Graph();
        Tensor product = graph.constant(left, Shape.of(64, 64))
                .matMul(graph.input("right", ElementType.FLOAT, Shape.of(64, 64)));
        try (Program program = Program.builder(graph)
                .output("activations", product.tanh().matMul(product))
                .output("sums", product.exp().sum(0))
                .build()) {
            program.setInput("right", right, Shape.of(64, 64));
            try (Result result = program.run()) {
                float[] all = new float[64 * 65];
                System.arraycopy(result.floats("activations"), 0, all, 0, 64 * 64);
                System.arraycopy(result.floats("sums"), 0, all, 64 * 64, 64);
                return all;
            }
        }
    }

    private static byte[] bytes(float[] values) {
        ByteBuffer bytes = ByteBuffer.allocate(Float.BYTES * values.length);
        bytes.asFloatBuffer().put(values);
        return bytes.array();
    }
}
