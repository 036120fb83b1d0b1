package dev.understudy.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.understudy.catalogue.Catalogue;
import dev.understudy.data.Matrix;
import dev.understudy.data.Rows;
import dev.understudy.dialogue.ActsSpec;
import dev.understudy.dialogue.Tokeniser;
import dev.understudy.domain.PolicySpec;
import dev.understudy.environment.ActionSpace;
import dev.understudy.graph.ElementType;
import dev.understudy.graph.Graph;
import dev.understudy.graph.Shape;
import dev.understudy.learn.Learner;
import dev.understudy.network.Activation;
import dev.understudy.network.ParameterLayout;
import dev.understudy.policy.GaussianPolicy;
import dev.understudy.policy.StochasticPolicy;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Whatever is exported here, or was, is of the dialect. */
class ExportedModelsTest {
    /** A policy of acts has nothing to export before it has seen acts; {@code ActsTest} takes in what it learned. */
    static Stream<Arguments> exporters() {
        return Catalogue.policies().stream()
                .filter(policy -> !policy.equals(ActsSpec.NAME))
                .flatMap(policy -> Catalogue.policy(policy).algorithms().stream()
                        .map(algorithm -> Arguments.of(policy, algorithm)));
    }

    @ParameterizedTest
    @MethodSource("exporters")
    void everyLearnerOfEveryPolicyStaysWithinTheDialect(String policy, String algorithm) {
        PolicySpec<?> spec = Catalogue.policy(policy);
        try (Learner learner = spec.learner(algorithm, 1)) {
            Map<String, String> extra = new TreeMap<>();
            if (spec.actions() instanceof ActionSpace.Text) {
                extra.put(
                        "tokenizer",
                        new String(Tokeniser.train(List.of("a b"), 300).toJson(), StandardCharsets.UTF_8));
            }
            ModelFile file = ModelFile.create(learner.export(learner.initialState(1)), metadata(spec, extra));

            assertThat(spec.intakeCheck(IntakeLimits.defaults()).inspect(file.bytes(), file.sha256()))
                    .isEqualTo(file);
        }
    }

    private static ModelMetadata metadata(PolicySpec<?> spec, Map<String, String> extra) {
        Rows golden = spec.observationType().room(2, spec.observationSize());
        return new ModelMetadata(
                spec.name(),
                "",
                0,
                1,
                List.of(),
                1,
                spec.fingerprint(),
                "{}",
                golden,
                new Matrix(2, spec.actionSize(), new float[2 * spec.actionSize()]),
                "test",
                "none",
                new TreeMap<>(extra));
    }

    /** Policies that a learner may be given, beyond those that the catalogue gives. */
    static Stream<StochasticPolicy> policies() {
        return Stream.of(GaussianPolicy.Deviation.values())
                .flatMap(deviation -> Stream.of(GaussianPolicy.Bounds.values())
                        .flatMap(bounds -> Stream.of(Activation.values())
                                .<StochasticPolicy>map(activation -> new GaussianPolicy(
                                        TestModels.N,
                                        2,
                                        List.of(4, 4),
                                        activation,
                                        deviation,
                                        bounds,
                                        -1,
                                        1,
                                        bounds == GaussianPolicy.Bounds.CLIPPED
                                                ? List.of(1f, 2f, 3f, 4f, 5f, 6f)
                                                : List.of()))));
    }

    @ParameterizedTest
    @MethodSource("policies")
    void everyKindOfPolicyStaysWithinTheDialect(StochasticPolicy policy) {
        int n = policy.observationSize();
        Graph graph = new Graph();
        ParameterLayout.Builder declared = ParameterLayout.builder();
        policy.declare(declared);
        ParameterLayout layout = declared.build();
        float[] theta = new float[layout.size()];
        policy.initialise(theta, layout, new SplittableRandom(1));
        byte[] onnx = graph.toModel(policy.distribution(
                        layout.constants(graph, theta),
                        graph.input("observation", ElementType.FLOAT, Shape.of(Shape.UNKNOWN, n)),
                        graph.constant(new float[n], Shape.of(n)),
                        graph.constant(new float[n], Shape.of(n)))
                .outputs());
        ModelMetadata metadata = ModelMetadata.unknown(n, 2);
        ModelFile file = ModelFile.create(onnx, metadata);
        IntakeCheck check = new IntakeCheck(
                "", "", Rows.Type.FLOAT32, n, new ActionSpace.Continuous(2, -1, 1), IntakeLimits.defaults());

        assertThat(check.inspect(file.bytes(), file.sha256()).metadata()).isEqualTo(metadata);
    }

    @Test
    void goldenFilesOfEarlierBuildsStillLoad() throws IOException {
        for (String policy : List.of("driving/car-following", "control/cartpole-v1", "control/pendulum-v1")) {
            byte[] bytes;
            try (InputStream in = Objects.requireNonNull(
                    getClass().getResourceAsStream("format1/" + policy.replace('/', '_') + ".onnx"))) {
                bytes = in.readAllBytes();
            }
            IntakeLimits patient = IntakeLimits.defaults().withLatencyBudget(Duration.ofSeconds(5));

            IntakeOutcome outcome =
                    Catalogue.policy(policy).intakeCheck(patient).check(bytes, ModelFile.sha256(bytes));

            assertThat(outcome).as(policy).isInstanceOf(IntakeOutcome.Accepted.class);
            ((IntakeOutcome.Accepted) outcome).policy().close();
        }
    }
}
