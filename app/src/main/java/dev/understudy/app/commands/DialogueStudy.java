package dev.understudy.app.commands;

import dev.understudy.app.console.BadSettingsException;
import dev.understudy.app.console.CommandFailedException;
import dev.understudy.app.console.Console;
import dev.understudy.app.console.Setting;
import dev.understudy.app.console.Settings;
import dev.understudy.data.Trajectory;
import dev.understudy.dialogue.ActsSpec;
import dev.understudy.dialogue.Conversation;
import dev.understudy.dialogue.ResponderEvaluation;
import dev.understudy.dialogue.RetrievalBaseline;
import dev.understudy.dialogue.RetrieverSpec;
import dev.understudy.dialogue.TextScores;
import dev.understudy.dialogue.Turn;
import dev.understudy.domain.Actor;
import dev.understudy.domain.Assembler;
import dev.understudy.domain.Experts;
import dev.understudy.domain.PolicySpec;
import dev.understudy.domain.Refusal;
import dev.understudy.domain.Step;
import dev.understudy.domain.Steps;
import dev.understudy.ingest.DialogueFormat;
import dev.understudy.ingest.IngestException;
import dev.understudy.ingest.SampleSource;
import dev.understudy.learn.Learner;
import dev.understudy.learn.LearnerState;
import dev.understudy.model.ServedPolicy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** Dialogue: learned from files of conversations, evaluated by how well it predicts or chooses what others said. */
final class DialogueStudy implements Study {
    private static final Setting<String> FORMAT = Setting.text(
            "format",
            "",
            "Layout of conversations (of dialogue): self-dialogue, schema-guided, multiwoz, chat, rasa; told by their members"
                    + " where nothing is said.");
    private static final Setting<String> FITTED = Setting.text(
            "baseline.demos",
            "",
            "What baselines are fitted to (of dialogue): files of conversations; by default n-grams learn each that is"
                    + " evaluated on once they have predicted it, TF-IDF counts words in all of them, and there is no"
                    + " regression of acts.");

    private static final Setting<String> MODEL = TrainCommand.existingIfGiven(
            "model",
            "The model file that learning goes on from (of dialogue); by default it begins with nothing, and gail"
                    + " clones before it imitates.");

    /** What training asks for besides. */
    static final List<Setting<?>> TRAINING = List.of(FORMAT, MODEL);

    /** What evaluation asks for besides. */
    static final List<Setting<?>> EVALUATION = List.of(FORMAT, FITTED);

    private final PolicySpec<Turn> spec;

    DialogueStudy(PolicySpec<Turn> spec) {
        this.spec = spec;
    }

    /** Returns the policy of dialogue that a model file names. */
    @SuppressWarnings("unchecked") // a policy of the domain of turns is about turns
    static PolicySpec<Turn> named(Path model) throws IOException {
        String name = EvaluateCommand.named(model);
        PolicySpec<?> spec = Pipeline.spec(name);
        if (!spec.domain().equals(Turn.DOMAIN)) {
            throw new CommandFailedException(
                    "expected a model of dialogue, got one of %s (file=%s)".formatted(name, model));
        }
        return (PolicySpec<Turn>) spec;
    }

    /** Conversations of files, and what became of their turns. */
    private record Read(List<Conversation> conversations, Map<String, Long> bad) {
        boolean hasActs() {
            return conversations.stream().flatMap(each -> each.turns().stream()).anyMatch(turn -> !turn.acts()
                    .isEmpty());
        }
    }

    private static Read read(List<Path> files, String format) {
        LogFiles.requireExisting(files);
        List<Turn> turns = new ArrayList<>();
        Map<String, Long> bad = new TreeMap<>();
        try (SampleSource source = (format.isBlank() ? LogFiles.recognised(files) : DialogueFormat.named(format))
                .open(files, Instant.EPOCH)) {
            source.samples(Turn.class, row -> bad.merge(row.problem().name(), 1L, Long::sum))
                    .forEach(turns::add);
        } catch (IngestException e) {
            throw new BadSettingsException(List.of(String.valueOf(e.getMessage())));
        }
        return new Read(Conversation.of(turns), bad);
    }

    @Override
    public Material read(List<Path> files, Settings settings, Console console) {
        Read read = read(files, settings.get(FORMAT));
        Map<String, Long> rejected = new TreeMap<>();
        List<Step> steps =
                steps(read.conversations(), settings.get(TrainCommand.EXPERTS).actors(), rejected);
        List<Trajectory> trajectories = Steps.trajectories(steps, spec.stepMs());
        if (trajectories.isEmpty() && spec instanceof ActsSpec && !read.hasActs()) {
            throw new CommandFailedException(
                    "expected turns with acts, which %s learns from, in %s, found none among %d turns: logs as %s have them"
                            .formatted(
                                    spec.name(),
                                    files,
                                    read.conversations().stream()
                                            .mapToInt(each -> each.turns().size())
                                            .sum(),
                                    List.of(
                                            DialogueFormat.SCHEMA_GUIDED,
                                            DialogueFormat.MULTIWOZ,
                                            DialogueFormat.RASA)));
        }
        if (trajectories.isEmpty()) {
            throw new CommandFailedException(
                    "expected at least one reply to learn from in %s, got none (bad %s, rejected %s)"
                            .formatted(files, read.bad(), rejected));
        }
        Map<String, Object> told = new LinkedHashMap<>();
        told.put("conversations", read.conversations().size());
        told.put("replies", steps.size());
        told.put("badByReason", read.bad());
        told.put("rejectedByReason", rejected);
        return new Material(trajectories, Map.of(), told);
    }

    /**
     * Returns the steps of conversations that are learned from, and counts turns that nothing to be imitated follows.
     */
    private List<Step> steps(List<Conversation> conversations, Set<Actor> experts, Map<String, Long> rejected) {
        List<Step> steps = new ArrayList<>();
        Assembler.Output<Turn> out = new Assembler.Output<>() {
            @Override
            public void step(Step step) {
                steps.add(step);
            }

            @Override
            public void rejected(Turn turn, Refusal reason) {
                rejected.merge(reason.name(), 1L, Long::sum);
            }
        };
        for (Conversation conversation : conversations) {
            Assembler<Turn> assembler = new Assembler<>(spec, experts);
            conversation.turns().forEach(turn -> assembler.offer(turn, out));
            assembler.end(out);
        }
        return steps;
    }

    private List<Trajectory> trajectories(List<Conversation> conversations) {
        return Steps.trajectories(steps(conversations, Experts.DEFAULT, new TreeMap<>()), spec.stepMs());
    }

    @Override
    public Learner learner(String algorithm, int length, Settings settings) {
        return spec.learner(algorithm, length);
    }

    @Override
    public LearnerState begin(Learner learner, long seed, Settings settings) throws IOException {
        String model = settings.get(MODEL);
        if (model.isBlank()) {
            return learner.initialState(seed);
        }
        Path path = Path.of(model);
        LearnerState state = learner.stateFrom(Files.readAllBytes(path), seed);
        if (state == null) {
            throw new BadSettingsException(
                    List.of("model: expected a model of %s with its tokeniser, found another at %s"
                            .formatted(spec.name(), path)));
        }
        return state;
    }

    @Override
    public int evaluate(ServedPolicy policy, List<Path> files, Settings settings, Console console) {
        if (files.isEmpty()) {
            throw new BadSettingsException(List.of("demos: expected files of conversations, found none"));
        }
        Read heldOut = read(files, settings.get(FORMAT));
        List<Conversation> conversations = heldOut.conversations();
        if (conversations.stream().noneMatch(each -> each.turns().stream().anyMatch(Turn::isDemonstration))) {
            throw new CommandFailedException("expected at least one turn to be imitated in %s, got none (bad %s)"
                    .formatted(files, heldOut.bad()));
        }
        long seed = settings.get(TrainCommand.SEED);
        String fitted = settings.get(FITTED);
        List<Conversation> seen = fitted.isBlank()
                ? List.of()
                : read(LogFiles.paths(fitted, List.of()), settings.get(FORMAT)).conversations();
        Map<String, Object> result = new LinkedHashMap<>();
        result.put("policy", policy.metadata().policy());
        result.put("sha256", policy.sha256());
        result.put("conversations", conversations.size());
        result.put("badByReason", heldOut.bad());
        if (spec instanceof RetrieverSpec) {
            DialogueEvaluations.ofRetriever(policy, seen, conversations, seed, result, console);
        } else if (spec instanceof ActsSpec) {
            DialogueEvaluations.ofActs(policy, trajectories(seen), trajectories(conversations), seed, result, console);
        } else {
            ofResponder(policy, seen, conversations, seed, result, console);
        }
        return 0;
    }

    private static void ofResponder(
            ServedPolicy policy,
            List<Conversation> seen,
            List<Conversation> conversations,
            long seed,
            Map<String, Object> result,
            Console console) {
        ResponderEvaluation evaluation = new ResponderEvaluation(policy);
        TextScores scores = evaluation.scores(conversations, seed);
        TextScores nGram = evaluation.nGram(seen, conversations, seen.isEmpty(), seed);
        RetrievalBaseline retrieval = new RetrievalBaseline(seen.isEmpty() ? conversations : seen);
        TextScores retrieved = retrieval.replies(conversations, seed);
        double recallAtOne = retrieval.recallAtOne(conversations, RetrieverSpec.CHOICES, seed);
        result.putAll(figures(scores));
        Map<String, Object> tfIdf = new LinkedHashMap<>();
        tfIdf.put("recallAtOne", recallAtOne);
        tfIdf.put("candidates", RetrieverSpec.CHOICES);
        tfIdf.put("distinct1", retrieved.distinct1());
        tfIdf.put("distinct2", retrieved.distinct2());
        Map<String, Object> baselines = new LinkedHashMap<>();
        baselines.put(seen.isEmpty() ? "nGramTestThenTrain" : "nGram", figures(nGram));
        baselines.put("tfIdf", tfIdf);
        result.put("baselines", baselines);
        console.result(
                result,
                () -> String.format(
                        Locale.ROOT,
                        "%.3f bits per byte (5-gram%s %.3f), %.1f per token, %d tokens in %d conversations;"
                                + " of its replies %.2f of words and %.2f of pairs are distinct (of replies retrieved by"
                                + " TF-IDF %.2f and %.2f)",
                        scores.bitsPerByte(),
                        seen.isEmpty() ? " that learns as it goes" : "",
                        nGram.bitsPerByte(),
                        scores.perplexityPerToken(),
                        scores.tokens(),
                        conversations.size(),
                        scores.distinct1(),
                        scores.distinct2(),
                        retrieved.distinct1(),
                        retrieved.distinct2()));
    }

    private static Map<String, Object> figures(TextScores scores) {
        Map<String, Object> figures = new LinkedHashMap<>();
        figures.put("bitsPerByte", scores.bitsPerByte());
        figures.put("perplexityPerToken", scores.perplexityPerToken());
        figures.put("perplexityPerWord", scores.perplexityPerWord());
        figures.put("tokens", scores.tokens());
        figures.put("bytes", scores.bytes());
        figures.put("distinct1", scores.distinct1());
        figures.put("distinct2", scores.distinct2());
        return figures;
    }
}
