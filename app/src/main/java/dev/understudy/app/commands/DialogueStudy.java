package dev.understudy.app.commands;

import dev.understudy.app.console.BadSettingsException;
import dev.understudy.app.console.CommandFailedException;
import dev.understudy.app.console.Console;
import dev.understudy.app.console.Setting;
import dev.understudy.app.console.Settings;
import dev.understudy.data.Trajectory;
import dev.understudy.dialogue.Conversation;
import dev.understudy.dialogue.ResponderEvaluation;
import dev.understudy.dialogue.ResponderSpec;
import dev.understudy.dialogue.TextScores;
import dev.understudy.dialogue.Turn;
import dev.understudy.domain.Assembler;
import dev.understudy.domain.Refusal;
import dev.understudy.domain.Step;
import dev.understudy.domain.Steps;
import dev.understudy.ingest.DialogueFormat;
import dev.understudy.ingest.IngestException;
import dev.understudy.ingest.SampleSource;
import dev.understudy.learn.Learner;
import dev.understudy.model.ServedPolicy;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** Dialogue: learned from files of conversations, evaluated by how well it predicts others. */
final class DialogueStudy implements Study {
    private static final Setting<String> FORMAT = Setting.text(
            "format",
            "",
            "Layout of conversations (of dialogue): self-dialogue, schema-guided, multiwoz, chat, rasa; told by their members"
                    + " where nothing is said.");
    private static final Setting<String> FITTED = Setting.text(
            "baseline.demos",
            "",
            "What the n-gram baseline is fitted to (of dialogue): files of conversations; by default it learns each that is"
                    + " evaluated on once it has predicted it.");

    /** What training asks for besides. */
    static final List<Setting<?>> TRAINING = List.of(FORMAT);

    /** What evaluation asks for besides. */
    static final List<Setting<?>> EVALUATION = List.of(FORMAT, FITTED);

    private final ResponderSpec spec;

    DialogueStudy(ResponderSpec spec) {
        this.spec = spec;
    }

    /** Conversations of files, and what became of their turns. */
    private record Read(List<Conversation> conversations, Map<String, Long> bad) {}

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
        List<Step> steps = new ArrayList<>();
        Map<String, Long> rejected = new TreeMap<>();
        for (Conversation conversation : read.conversations()) {
            Assembler<Turn> assembler =
                    new Assembler<>(spec, settings.get(TrainCommand.EXPERTS).actors());
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
            conversation.turns().forEach(turn -> assembler.offer(turn, out));
            assembler.end(out);
        }
        List<Trajectory> trajectories = Steps.trajectories(steps, spec.stepMs());
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

    @Override
    public Learner learner(String algorithm, int length, Settings settings) {
        return spec.learner(algorithm, length);
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
        ResponderEvaluation evaluation = new ResponderEvaluation(policy);
        TextScores scores = evaluation.scores(conversations, seed);
        TextScores nGram = evaluation.nGram(seen, conversations, fitted.isBlank(), seed);
        Map<String, Object> result = new LinkedHashMap<>();
        result.put("policy", policy.metadata().policy());
        result.put("sha256", policy.sha256());
        result.put("conversations", conversations.size());
        result.put("badByReason", heldOut.bad());
        result.putAll(figures(scores));
        result.put("baselines", Map.of(fitted.isBlank() ? "nGramTestThenTrain" : "nGram", figures(nGram)));
        console.result(
                result,
                () -> String.format(
                        Locale.ROOT,
                        "%.3f bits per byte (5-gram%s %.3f), %.1f per token, %d tokens in %d conversations;"
                                + " of its replies %.2f of words and %.2f of pairs are distinct",
                        scores.bitsPerByte(),
                        fitted.isBlank() ? " that learns as it goes" : "",
                        nGram.bitsPerByte(),
                        scores.perplexityPerToken(),
                        scores.tokens(),
                        conversations.size(),
                        scores.distinct1(),
                        scores.distinct2()));
        return 0;
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
