package dev.understudy.benchmarks;

import dev.understudy.learn.sequence.SequenceCloningConfig;
import dev.understudy.model.AutoregressivePolicy;
import dev.understudy.network.NGramTables;
import dev.understudy.network.RecurrentNetwork;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The measurements of the network of dialogue. */
final class DialogueCommands {
    private DialogueCommands() {}

    /** What is learned, and by what. */
    static final class Problem {
        private static final SequenceCloningConfig DEFAULTS = SequenceCloningConfig.defaults();

        @Option(
                names = "--tokens",
                required = true,
                description = "Conversations as tokens, as peers/dialogue_tokens.py writes them.")
        private Path tokens = Path.of("");

        @Option(names = "--conversations", description = "The first of them; all if left out.")
        private int conversations = Integer.MAX_VALUE;

        @Option(names = "--state", defaultValue = "256", description = "Width of the state. Default: ${DEFAULT-VALUE}.")
        private int state;

        @Option(
                names = "--n-grams",
                negatable = true,
                defaultValue = "true",
                fallbackValue = "true",
                description = "Mix in what n-gram tables say. Default: ${DEFAULT-VALUE}.")
        private boolean nGrams;

        @Option(names = "--streams", description = "Conversations read at once. Default: ${DEFAULT-VALUE}.")
        private int streams = DEFAULTS.streams();

        @Option(names = "--steps", description = "Tokens the gradient goes through. Default: ${DEFAULT-VALUE}.")
        private int steps = DEFAULTS.steps();

        @Option(names = "--piece", description = "Rows whose logits are held at once. Default: ${DEFAULT-VALUE}.")
        private int piece = DEFAULTS.piece();

        @Option(names = "--learning-rate", description = "Default: ${DEFAULT-VALUE}.")
        private double learningRate = DEFAULTS.learningRate();

        @Option(names = "--steady", description = "Steps before the rate falls. Default: ${DEFAULT-VALUE}.")
        private int steady = DEFAULTS.steady();

        @Option(names = "--averaging", description = "What the average keeps. Default: ${DEFAULT-VALUE}.")
        private double averaging = DEFAULTS.averaging();

        @Option(names = "--dropout", description = "Default: ${DEFAULT-VALUE}.")
        private double dropout = DEFAULTS.dropout();

        @Option(names = "--passes", description = "Over each window. Default: ${DEFAULT-VALUE}.")
        private int passes = DEFAULTS.passes();

        TokenFile file() throws IOException {
            return TokenFile.read(tokens, conversations);
        }

        RecurrentNetwork network(TokenFile file) {
            return new RecurrentNetwork(
                    file.vocabulary(), 192, state, nGrams ? NGramTables.defaults(file.vocabulary()) : null);
        }

        SequenceCloningConfig config() {
            return new SequenceCloningConfig(
                    streams,
                    steps,
                    learningRate,
                    DEFAULTS.warmUp(),
                    steady,
                    DEFAULTS.gradientNorm(),
                    averaging,
                    dropout,
                    passes,
                    piece);
        }
    }

    /** {@code bench dialogue-stream}. */
    @Command(
            name = "dialogue-stream",
            description = "Bits per byte of one pass over conversations as a stream: a window is scored, then learned.",
            mixinStandardHelpOptions = true)
    static final class Streamed extends Bench.Measurement {
        @Mixin
        private Problem problem = new Problem();

        @Option(names = "--window", defaultValue = "100", description = "Conversations. Default: ${DEFAULT-VALUE}.")
        private int window;

        @Option(
                names = "--replay",
                defaultValue = "0",
                description = "Older conversations learned for each new one. Default: ${DEFAULT-VALUE}.")
        private double replay;

        @Option(names = "--seed", defaultValue = "1", description = "Default: ${DEFAULT-VALUE}.")
        private long seed;

        @Option(names = "--out", description = "ONNX file for the model at the end.")
        private @Nullable Path out;

        @Option(
                names = "--five-gram",
                description = "Let a Kneser-Ney 5-gram over the same tokens go through the same windows.")
        private boolean fiveGram;

        @Option(
                names = "--unseen",
                description =
                        "Other conversations as tokens of the same tokeniser, of other writers, say: scored at the end.")
        private @Nullable Path unseen;

        @Option(names = "--csv", description = "File for a line of each window, written as the stream goes on.")
        private @Nullable Path csv;

        @Override
        public Integer call() throws IOException {
            TokenFile file = problem.file();
            SequenceStream.Settings settings = new SequenceStream.Settings(
                    problem.network(file),
                    problem.config(),
                    window,
                    replay,
                    seed,
                    fiveGram,
                    unseen == null ? null : TokenFile.read(unseen, Integer.MAX_VALUE),
                    out,
                    csv);
            return finish("dialogue-stream", new SequenceStream(file, settings, this::progress).run(), true);
        }
    }

    /** {@code bench dialogue-train}. */
    @Command(
            name = "dialogue-train",
            description = "Tokens a second of learning on one thread, for comparison with peers/pytorch_gru.py.",
            mixinStandardHelpOptions = true)
    static final class Timed extends Bench.Measurement {
        @Mixin
        private Problem problem = new Problem();

        @Option(names = "--dump", description = "Folder for the first parameters and the segments.")
        private @Nullable Path dump;

        @Override
        public Integer call() throws IOException {
            TokenFile file = problem.file();
            SequenceTraining training = new SequenceTraining(file, problem.network(file), problem.config());
            if (dump != null && problem.nGrams) {
                throw new IllegalArgumentException("--dump is of the network alone: expected --no-n-grams beside it");
            }
            if (dump != null) {
                training.dump(dump);
            }
            Map<String, Object> figures = training.run();
            progress(figures.toString());
            return finish("dialogue-train", figures, true);
        }
    }

    /** {@code bench dialogue-reply}. */
    @Command(
            name = "dialogue-reply",
            description = "Milliseconds of replies of twenty tokens, alone and many at once.",
            mixinStandardHelpOptions = true)
    static final class Replies extends Bench.Measurement {
        @Mixin
        private Problem problem = new Problem();

        @Option(names = "--model", required = true, description = "ONNX file that dialogue-stream wrote.")
        private Path model = Path.of("");

        @Option(names = "--at-once", defaultValue = "32", description = "Dialogues. Default: ${DEFAULT-VALUE}.")
        private int atOnce;

        @Option(names = "--context", defaultValue = "200", description = "Tokens, at most. Default: ${DEFAULT-VALUE}.")
        private int context;

        @Option(names = "--temperature", defaultValue = "0.8", description = "Default: ${DEFAULT-VALUE}.")
        private double temperature;

        @Override
        public Integer call() throws IOException {
            Map<String, Object> figures = new LinkedHashMap<>();
            try (AutoregressivePolicy policy = AutoregressivePolicy.ofExport(Files.readAllBytes(model))) {
                figures.putAll(new ReplyTiming(policy, problem.file().sequences(), context, temperature).run(atOnce));
            }
            progress(figures.toString());
            return finish("dialogue-reply", figures, true);
        }
    }
}
