package dev.understudy.dialogue;

import static org.assertj.core.api.Assertions.assertThat;

import dev.understudy.data.ByteRows;
import dev.understudy.data.Matrix;
import dev.understudy.data.Trajectory;
import dev.understudy.domain.Actor;
import dev.understudy.domain.Assembler;
import dev.understudy.domain.Experts;
import dev.understudy.domain.PolicySpec;
import dev.understudy.domain.Refusal;
import dev.understudy.domain.Step;
import dev.understudy.domain.Steps;
import dev.understudy.learn.Learner;
import dev.understudy.learn.LearnerState;
import dev.understudy.learn.Update;
import dev.understudy.model.IntakeLimits;
import dev.understudy.model.IntakeOutcome;
import dev.understudy.model.ModelFile;
import dev.understudy.model.ModelMetadata;
import dev.understudy.model.ServedPolicy;
import dev.understudy.model.TrainedFigures;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.TreeMap;

/** Visitors ask for the way to one of four cities, are told it, and thank. */
final class TestDialogues {
    static final List<String> CITIES = List.of("Rome", "Oslo", "Lima", "Bern");

    private TestDialogues() {}

    static Conversation conversation(int number) {
        String city = CITIES.get(number % CITIES.size());
        List<String> texts = List.of(
                "How do I get to " + city + "?", "Take the train to " + city + ".", "Thanks!", "Have a good trip.");
        List<List<String>> acts = List.of(
                List.of("Travel_1|REQUEST|way"),
                List.of("Travel_1|INFORM|city|" + city, "Travel_1|OFFER|" + city.toLowerCase(Locale.ROOT)),
                List.of("Travel_1|THANK|"),
                List.of("general|bye|none|none"));
        List<Turn> turns = new ArrayList<>();
        for (int i = 0; i < texts.size(); i++) {
            Role role = i % 2 == 0 ? Role.USER : Role.ASSISTANT;
            turns.add(new Turn(
                    "visitor " + number,
                    "conversation " + number,
                    i,
                    100_000L * number + 1000L * i,
                    Actor.HUMAN,
                    "",
                    false,
                    role,
                    texts.get(i),
                    acts.get(i),
                    Turn.usualWeight(role, Actor.HUMAN)));
        }
        return new Conversation("conversation " + number, turns);
    }

    static List<Conversation> conversations(int count) {
        List<Conversation> all = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            all.add(conversation(i));
        }
        return all;
    }

    static List<Step> steps(PolicySpec<Turn> spec, int conversations) {
        List<Step> all = new ArrayList<>();
        for (Conversation conversation : conversations(conversations)) {
            Assembler<Turn> assembler = new Assembler<>(spec, Experts.DEFAULT);
            Assembler.Output<Turn> out = new Assembler.Output<>() {
                @Override
                public void step(Step step) {
                    all.add(step);
                }

                @Override
                public void rejected(Turn turn, Refusal reason) {
                    assertThat(turn.role()).as("a turn that no reply follows").isEqualTo(Role.ASSISTANT);
                }
            };
            conversation.turns().forEach(turn -> assembler.offer(turn, out));
            assembler.end(out);
        }
        return all;
    }

    static List<Trajectory> trajectories(PolicySpec<Turn> spec, int conversations) {
        return Steps.trajectories(steps(spec, conversations), 0);
    }

    /** Returns the state after at most so many steps of an update. */
    static LearnerState learn(Learner learner, LearnerState from, List<Trajectory> window, int stopsAfter) {
        try (Update update = learner.begin(from, window, List.of(), 3)) {
            for (int i = 0; i < stopsAfter && update.step(); i++) {
                // the next
            }
            return update.state();
        }
    }

    static ModelFile model(PolicySpec<Turn> spec, Learner learner, LearnerState state, List<Trajectory> window) {
        ByteRows golden = (ByteRows) TrainedFigures.goldenObservations(window);
        ModelMetadata metadata = new ModelMetadata(
                spec.name(),
                "",
                0,
                1,
                List.of(),
                1,
                spec.fingerprint(),
                "{}",
                golden,
                new Matrix(golden.rows(), spec.actionSize(), new float[golden.rows() * spec.actionSize()]),
                "test",
                "none",
                new TreeMap<>(learner.metadata(state)));
        return ModelFile.createGolden(learner.export(state), metadata, spec::load);
    }

    /** Returns what serving loads, by the check that it makes. */
    static ServedPolicy accepted(PolicySpec<Turn> spec, ModelFile model) {
        IntakeOutcome outcome = spec.intakeCheck(IntakeLimits.defaults().withLatencyBudget(Duration.ofSeconds(5)))
                .check(model.bytes(), model.sha256());
        assertThat(outcome).isInstanceOf(IntakeOutcome.Accepted.class);
        return ((IntakeOutcome.Accepted) outcome).policy();
    }

    static ByteRows contexts(List<Step> of) {
        ByteRows rows = new ByteRows(of.size(), DialogueContext.BYTES, new byte[of.size() * DialogueContext.BYTES]);
        for (int i = 0; i < of.size(); i++) {
            of.get(i).observation().copy(0, 1, rows, i);
        }
        return rows;
    }

    static float[] actions(List<Step> of) {
        int size = of.get(0).action().length;
        float[] actions = new float[of.size() * size];
        for (int i = 0; i < of.size(); i++) {
            System.arraycopy(of.get(i).action(), 0, actions, i * size, size);
        }
        return actions;
    }
}
