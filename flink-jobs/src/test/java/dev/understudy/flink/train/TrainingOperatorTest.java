package dev.understudy.flink.train;

import static org.assertj.core.api.Assertions.assertThat;

import dev.understudy.catalogue.Catalogue;
import dev.understudy.data.Trajectory;
import dev.understudy.domain.Experts;
import dev.understudy.driving.CarFollowing;
import dev.understudy.flink.TestHistory;
import dev.understudy.flink.TestLogs;
import dev.understudy.flink.count.Tally;
import dev.understudy.flink.models.ModelEvent;
import dev.understudy.flink.models.ModelHistory;
import dev.understudy.flink.window.WindowBatch;
import dev.understudy.learn.Algorithms;
import dev.understudy.learn.Learner;
import dev.understudy.learn.LearnerState;
import dev.understudy.learn.TrainingReport;
import dev.understudy.learn.Update;
import dev.understudy.model.ModelFile;
import dev.understudy.schemas.Artifacts;
import dev.understudy.schemas.Promotion;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.streaming.util.KeyedTwoInputStreamOperatorTestHarness;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class TrainingOperatorTest {
    private static final int STEPS = 12;
    private static final LearningBranch CLONING =
            new LearningBranch(Algorithms.CLONING, spec -> spec.learner(Algorithms.CLONING, STEPS));

    /** Two iterations after a little cloning: a slice may stop in either. */
    private static final LearningBranch ADVERSARIAL =
            new LearningBranch(Algorithms.GAIL, spec -> spec.learner(Algorithms.GAIL, 2));

    /** One step of the learner per slice. */
    private static final TrainingConfig CONFIG = TrainingConfig.defaults(Catalogue.only(CarFollowing.POLICY))
            .withSlice(Duration.ofNanos(1))
            .withWindow(Duration.ofSeconds(60));

    private static KeyedTwoInputStreamOperatorTestHarness<String, WindowBatch, ModelEvent, TrainedWindow> harness()
            throws Exception {
        return harness(CLONING, TrainingOperator.Account.KEPT);
    }

    private static KeyedTwoInputStreamOperatorTestHarness<String, WindowBatch, ModelEvent, TrainedWindow> harness(
            LearningBranch branch, TrainingOperator.Account account) throws Exception {
        return harness(branch, account, TestHistory.NONE);
    }

    private static KeyedTwoInputStreamOperatorTestHarness<String, WindowBatch, ModelEvent, TrainedWindow> harness(
            LearningBranch branch, TrainingOperator.Account account, ModelHistory history) throws Exception {
        var harness = new KeyedTwoInputStreamOperatorTestHarness<String, WindowBatch, ModelEvent, TrainedWindow>(
                new TrainingOperator(CONFIG, Experts.DEFAULT, branch, account, history),
                WindowBatch::policy,
                ModelEvent::policy,
                Types.STRING);
        harness.setup(TrainedWindow.CODEC.serializer());
        return harness;
    }

    /** Runs slices until as many windows are learned, and returns how many slices that took. */
    private static int runUntil(
            KeyedTwoInputStreamOperatorTestHarness<String, WindowBatch, ModelEvent, TrainedWindow> h, int windows)
            throws Exception {
        int slices = 0;
        while (h.extractOutputValues().size() < windows) {
            h.setProcessingTime(h.getProcessingTime() + 1);
            slices++;
            assertThat(slices).as("slices for %d windows", windows).isLessThan(10_000);
        }
        return slices;
    }

    @Test
    void learnsTwoWindowsAndSaysWhereTheModelsComeFrom() throws Exception {
        try (var h = harness()) {
            h.open();
            h.processElement1(new StreamRecord<>(TestLogs.batch(0)));
            h.processElement1(new StreamRecord<>(TestLogs.batch(1)));
            assertThat(runUntil(h, 2)).as("work is spread over slices").isGreaterThan(2 * STEPS / 2);
            TrainedWindow first = h.extractOutputValues().get(0);
            TrainedWindow second = h.extractOutputValues().get(1);
            ModelFile file = ModelFile.read(second.model());
            assertThat(file.metadata().parentSha256())
                    .isEqualTo(first.candidate().sha256());
            assertThat(file.metadata().sourceRanges()).containsExactly("driving.logs.v1-0@0-1800");
            assertThat(second.candidate().sha256()).isEqualTo(file.sha256());
            assertThat(second.candidate().windowClosedAtMs()).isEqualTo(7);
            assertThat(second.candidate().id()).isNotEqualTo(first.candidate().id());
            assertThat(first.prequential())
                    .doesNotContainKey(WindowScore.POLICY)
                    .containsKey("idm");
            assertThat(second.prequential()).containsKeys(WindowScore.POLICY, "persistence");
            long trained = h.getSideOutput(TrainingOperator.TALLIES).stream()
                    .filter(record -> record.getValue().name().equals(Tally.TRAINED))
                    .mapToLong(record -> record.getValue().count())
                    .sum();
            assertThat(trained)
                    .isEqualTo(TestLogs.batch(0).steps() + TestLogs.batch(1).steps());
        }
    }

    @Test
    void aVariantBeginsWithTheModelOfItsParent() throws Exception {
        String variant = CarFollowing.POLICY + "@north";
        TrainedWindow parent;
        TrainedWindow fresh;
        try (var h = harness()) {
            h.open();
            h.processElement1(new StreamRecord<>(TestLogs.batch(0)));
            h.processElement1(new StreamRecord<>(TestLogs.batch(1, variant)));
            runUntil(h, 2);
            Map<String, TrainedWindow> byPolicy = new TreeMap<>();
            h.extractOutputValues()
                    .forEach(each -> byPolicy.put(each.candidate().policy(), each));
            assertThat(byPolicy).containsOnlyKeys(CarFollowing.POLICY, variant);
            parent = Objects.requireNonNull(byPolicy.get(CarFollowing.POLICY));
            fresh = Objects.requireNonNull(byPolicy.get(variant));
        }
        assertThat(fresh.candidate().parentSha256()).as("nothing is promoted").isEmpty();
        String sha256 = parent.candidate().sha256();
        Promotion promotion = verdict(CarFollowing.POLICY, 1, sha256, true, "candidate");
        TestHistory history = new TestHistory(List.of(promotion), Map.of(sha256, parent.model()));
        TrainedWindow trained;
        try (var h = harness(CLONING, TrainingOperator.Account.KEPT, history)) {
            h.open();
            h.processElement1(new StreamRecord<>(TestLogs.batch(1, variant)));
            runUntil(h, 1);
            trained = h.extractOutputValues().get(0);
            assertThat(trained.candidate().parentSha256()).isEqualTo(sha256);
            assertThat(ModelFile.read(trained.model()).metadata().policy()).isEqualTo(variant);
            assertThat(trained.prequential()).as("its parent answered so far").containsKey(WindowScore.POLICY);
            assertThat(trained.candidate().figures().get("validationLossBefore"))
                    .isLessThan(fresh.candidate().figures().get("validationLossBefore"));
        }
        for (TrainedWindow judged : List.of(fresh, trained)) {
            Promotion verdict = verdict(
                    variant,
                    0,
                    judged.candidate().sha256(),
                    false,
                    judged.candidate().id());
            Promotion later = verdict(CarFollowing.POLICY, 2, fresh.candidate().sha256(), true, "later");
            TestHistory since = new TestHistory(
                    List.of(promotion, later, verdict),
                    Map.of(sha256, parent.model(), fresh.candidate().sha256(), fresh.model()));
            try (var h = harness(CLONING, TrainingOperator.Account.KEPT, since)) {
                h.open();
                h.processElement1(new StreamRecord<>(TestLogs.batch(1, variant)));
                runUntil(h, 1);
                assertThat(h.extractOutputValues().get(0).model())
                        .as("learned again, it begins with what it began with before")
                        .isEqualTo(judged.model());
            }
        }
    }

    private static Promotion verdict(String policy, long epoch, String sha256, boolean isPromoted, String candidate) {
        return new Promotion(policy, epoch, sha256, 0, "", "test", isPromoted, candidate, new TreeMap<>(), 0);
    }

    @Test
    void manyVariantsLearnAFewAtATime() throws Exception {
        int policies = TrainingOperator.MOST_UPDATES + 3;
        try (var h = harness()) {
            h.open();
            for (int i = 0; i < policies; i++) {
                h.processElement1(new StreamRecord<>(TestLogs.batch(0, CarFollowing.POLICY + "@" + i)));
            }
            runUntil(h, 1);
            assertThat(h.numProcessingTimeTimers()).as("the others wait").isEqualTo(3);
            h.snapshot(1, 1);
            runUntil(h, policies);
            assertThat(h.extractOutputValues())
                    .extracting(trained -> trained.candidate().policy())
                    .doesNotHaveDuplicates();
            assertThat(h.numProcessingTimeTimers()).isZero();
        }
    }

    @Test
    void besideAnotherLearnerItLearnsTheSameAndLeavesTheAccountToThatOne() throws Exception {
        TrainedWindow alone;
        try (var h = harness()) {
            h.open();
            h.processElement1(new StreamRecord<>(TestLogs.batch(0)));
            runUntil(h, 1);
            alone = h.extractOutputValues().get(0);
        }
        try (var h = harness(CLONING, TrainingOperator.Account.LEFT_TO_ANOTHER)) {
            h.open();
            h.processElement1(new StreamRecord<>(TestLogs.batch(0)));
            runUntil(h, 1);
            TrainedWindow beside = h.extractOutputValues().get(0);
            assertThat(beside.model()).isEqualTo(alone.model());
            assertThat(beside.prequential()).isEmpty();
            assertThat(h.getSideOutput(TrainingOperator.TALLIES))
                    .extracting(StreamRecord::getValue)
                    .as("the length of its own queue, and nothing of the account")
                    .containsExactly(
                            new Tally(CarFollowing.POLICY, "queue.bc", 1),
                            new Tally(CarFollowing.POLICY, "queue.bc", -1));
        }
    }

    @Test
    void candidatesOfTwoAlgorithmsAreTwo() throws Exception {
        TrainedWindow cloned;
        try (var h = harness()) {
            h.open();
            h.processElement1(new StreamRecord<>(TestLogs.batch(0)));
            runUntil(h, 1);
            cloned = h.extractOutputValues().get(0);
        }
        try (var h = harness(new LearningBranch("other", CLONING.learners()), TrainingOperator.Account.KEPT)) {
            h.open();
            h.processElement1(new StreamRecord<>(TestLogs.batch(0)));
            runUntil(h, 1);
            TrainedWindow other = h.extractOutputValues().get(0);
            assertThat(other.candidate().id()).isNotEqualTo(cloned.candidate().id());
            assertThat(other.candidate().algorithm()).isEqualTo("other");
            assertThat(ModelFile.read(other.model()).metadata().extra()).containsEntry("algorithm", "other");
            assertThat(ModelFile.read(cloned.model()).metadata().extra()).containsEntry("algorithm", "bc");
        }
    }

    @Test
    void anUpdateThatDivergedLeavesNothingBehindButARefusedCandidate() throws Exception {
        byte[] untouched;
        try (var h = harness()) {
            h.open();
            h.processElement1(new StreamRecord<>(TestLogs.batch(1)));
            runUntil(h, 1);
            untouched = h.extractOutputValues().get(0).model();
        }
        LearningBranch diverging = new LearningBranch(
                Algorithms.CLONING, spec -> new DivergingOnce(CLONING.learners().create(spec)));
        try (var h = harness(diverging, TrainingOperator.Account.KEPT)) {
            h.open();
            h.processElement1(new StreamRecord<>(TestLogs.batch(0)));
            h.processElement1(new StreamRecord<>(TestLogs.batch(1)));
            runUntil(h, 2);
            assertThat(h.extractOutputValues().get(0).candidate().figures()).containsEntry("diverged", 1.0);
            assertThat(h.extractOutputValues().get(1).model())
                    .as("as if the window before had not been")
                    .isEqualTo(untouched);
            assertThat(h.getSideOutput(TrainingOperator.TALLIES))
                    .extracting(StreamRecord::getValue)
                    .filteredOn(tally -> !tally.name().startsWith(Tally.QUEUED))
                    .containsExactly(
                            new Tally(
                                    CarFollowing.POLICY,
                                    "rejected.DIVERGED",
                                    TestLogs.batch(0).steps()),
                            new Tally(
                                    CarFollowing.POLICY,
                                    Tally.TRAINED,
                                    TestLogs.batch(1).steps()));
        }
    }

    /** A learner whose first update says that it diverged. */
    private static final class DivergingOnce implements Learner {
        private final Learner learner;
        private boolean diverged;

        DivergingOnce(Learner learner) {
            this.learner = learner;
        }

        @Override
        public LearnerState initialState(long seed) {
            return learner.initialState(seed);
        }

        @Override
        public Update begin(LearnerState state, List<Trajectory> demonstrations, List<Trajectory> replay, long seed) {
            Update update = learner.begin(state, demonstrations, replay, seed);
            if (diverged) {
                return update;
            }
            diverged = true;
            return new Update() {
                @Override
                public boolean step() {
                    return update.step();
                }

                @Override
                public double progress() {
                    return update.progress();
                }

                @Override
                public LearnerState state() {
                    return update.state();
                }

                @Override
                public TrainingReport report() {
                    return new TrainingReport(new TreeMap<>(Map.of(TrainingReport.DIVERGED, 1.0)));
                }

                @Override
                public void close() {
                    update.close();
                }
            };
        }

        @Override
        public byte[] export(LearnerState state) {
            return learner.export(state);
        }

        @Override
        public void close() {
            learner.close();
        }
    }

    static List<LearningBranch> branches() {
        return List.of(CLONING, ADVERSARIAL);
    }

    @ParameterizedTest
    @MethodSource("branches")
    void givesTheSameModelsWhenItIsStoppedInTheMiddleOfAWindow(LearningBranch branch) throws Exception {
        List<TrainedWindow> whole;
        int slices;
        try (var h = harness(branch, TrainingOperator.Account.KEPT)) {
            h.open();
            h.processElement1(new StreamRecord<>(TestLogs.batch(0)));
            h.processElement1(new StreamRecord<>(TestLogs.batch(1)));
            slices = runUntil(h, 2);
            whole = h.extractOutputValues();
        }
        // Cloning is stopped where a window begins and ends too; adversarial windows take longer.
        int[] stops = branch.equals(CLONING)
                ? new int[] {1, slices / 4, slices / 2, 3 * slices / 4}
                : new int[] {slices / 4, slices - 2};
        for (int stop : stops) {
            List<TrainedWindow> parts = new ArrayList<>();
            OperatorSubtaskState state;
            try (var h = harness(branch, TrainingOperator.Account.KEPT)) {
                h.open();
                h.processElement1(new StreamRecord<>(TestLogs.batch(0)));
                h.processElement1(new StreamRecord<>(TestLogs.batch(1)));
                for (int i = 0; i < stop; i++) {
                    h.setProcessingTime(h.getProcessingTime() + 1);
                }
                state = h.snapshot(1, 1);
                parts.addAll(h.extractOutputValues());
            }
            try (var h = harness(branch, TrainingOperator.Account.KEPT)) {
                h.initializeState(state);
                h.setProcessingTime(1_000);
                h.open();
                runUntil(h, 2 - parts.size());
                parts.addAll(h.extractOutputValues());
            }
            assertThat(parts).hasSize(2);
            for (int i = 0; i < 2; i++) {
                assertThat(parts.get(i).candidate().id())
                        .isEqualTo(whole.get(i).candidate().id());
                assertThat(parts.get(i).model())
                        .as("model %d, stopped after %d of %d slices", i, stop, slices)
                        .isEqualTo(whole.get(i).model());
            }
        }
    }

    @Test
    void aCheckpointDoesNotDisturbTheUpdateItIsTakenIn() throws Exception {
        byte[] undisturbed;
        try (var h = harness()) {
            h.open();
            h.processElement1(new StreamRecord<>(TestLogs.batch(0)));
            runUntil(h, 1);
            undisturbed = h.extractOutputValues().get(0).model();
        }
        try (var h = harness()) {
            h.open();
            h.processElement1(new StreamRecord<>(TestLogs.batch(0)));
            for (int i = 1; h.extractOutputValues().isEmpty(); i++) {
                h.setProcessingTime(h.getProcessingTime() + 1);
                h.snapshot(i, i);
            }
            assertThat(h.extractOutputValues().get(0).model()).isEqualTo(undisturbed);
        }
    }

    @Test
    void scoresThePolicyThatIsInServiceRatherThanItsOwnLast() throws Exception {
        byte[] first;
        try (var h = harness()) {
            h.open();
            h.processElement1(new StreamRecord<>(TestLogs.batch(0)));
            h.processElement1(new StreamRecord<>(TestLogs.batch(1)));
            runUntil(h, 2);
            first = h.extractOutputValues().get(0).model();
        }
        double own;
        double inService;
        try (var h = harness()) {
            h.open();
            h.processElement1(new StreamRecord<>(TestLogs.batch(0)));
            h.processElement1(new StreamRecord<>(TestLogs.batch(1)));
            h.processElement1(new StreamRecord<>(TestLogs.batch(2)));
            runUntil(h, 3);
            own = score(h.extractOutputValues().get(2));
        }
        try (var h = harness()) {
            h.open();
            for (var piece : Artifacts.chunks(CarFollowing.POLICY, first)) {
                h.processElement2(new StreamRecord<>(new ModelEvent.Piece(piece.key(), piece.value())));
            }
            h.processElement2(new StreamRecord<>(new ModelEvent.Judged(new Promotion(
                    CarFollowing.POLICY, 1, Artifacts.sha256(first), 0, "", "", true, "c", new TreeMap<>(), 0))));
            h.processElement1(new StreamRecord<>(TestLogs.batch(0)));
            h.processElement1(new StreamRecord<>(TestLogs.batch(1)));
            h.processElement1(new StreamRecord<>(TestLogs.batch(2)));
            runUntil(h, 3);
            inService = score(h.extractOutputValues().get(2));
        }
        assertThat(inService).isNotEqualTo(own);
    }

    private static double score(TrainedWindow trained) {
        return trained.prequential().getOrDefault(WindowScore.POLICY, Double.NaN);
    }

    @Test
    void hasOneTimerHoweverManyWindowsWait() throws Exception {
        try (var h = harness()) {
            h.open();
            h.processElement1(new StreamRecord<>(TestLogs.batch(0)));
            h.setProcessingTime(h.getProcessingTime() + 1);
            h.setProcessingTime(h.getProcessingTime() + 1);
            h.processElement1(new StreamRecord<>(TestLogs.batch(1)));
            h.processElement1(new StreamRecord<>(TestLogs.batch(2)));
            assertThat(h.numProcessingTimeTimers()).isEqualTo(1);
            runUntil(h, 3);
            h.setProcessingTime(h.getProcessingTime() + 1);
            assertThat(h.numProcessingTimeTimers()).isZero();
        }
    }

    @Test
    void countsAWindowAsLateThatCameAfterANewerOne() throws Exception {
        try (var h = harness()) {
            h.open();
            h.processElement1(new StreamRecord<>(TestLogs.batch(1)));
            h.processElement1(new StreamRecord<>(TestLogs.batch(0)));
            runUntil(h, 1);
            assertThat(h.getSideOutput(TrainingOperator.TALLIES))
                    .extracting(StreamRecord::getValue)
                    .contains(new Tally(
                            CarFollowing.POLICY, Tally.LATE, TestLogs.batch(0).steps()));
        }
    }
}
