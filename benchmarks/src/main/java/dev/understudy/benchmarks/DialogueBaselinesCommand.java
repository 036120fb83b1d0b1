package dev.understudy.benchmarks;

import com.fasterxml.jackson.core.JsonProcessingException;
import dev.understudy.dialogue.Tokeniser;
import dev.understudy.ingest.DialogueFormat;
import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code bench dialogue-baselines}. */
@Command(
        name = "dialogue-baselines",
        description =
                "Bits per byte of an interpolated modified Kneser-Ney 5-gram on conversations, the last tenth held out and scored before it is learned; how often TF-IDF finds the reply among twenty.",
        mixinStandardHelpOptions = true)
final class DialogueBaselinesCommand extends Bench.Measurement {
    @Option(names = "--demos", required = true, description = "File of conversations.")
    private Path demos = Path.of("");

    @Option(
            names = "--format",
            defaultValue = "self-dialogue",
            description =
                    "Its layout: self-dialogue, schema-guided, multiwoz, chat or rasa. Default: ${DEFAULT-VALUE}.")
    private String format = "";

    @Option(
            names = "--entries",
            defaultValue = "" + Tokeniser.MOST_ENTRIES,
            description = "Most entries of the tokeniser. Default: ${DEFAULT-VALUE}.")
    private int entries;

    @Option(
            names = "--tokeniser-characters",
            defaultValue = "3000000",
            description = "Text at the beginning that the tokeniser is learned from. Default: ${DEFAULT-VALUE}.")
    private long tokeniserCharacters;

    @Option(names = "--seed", defaultValue = "1", description = "Of the candidates. Default: ${DEFAULT-VALUE}.")
    private long seed;

    @Override
    public Integer call() throws JsonProcessingException {
        DialogueBaselines benchmark = new DialogueBaselines(
                new DialogueBaselines.Settings(demos, DialogueFormat.named(format), entries, tokeniserCharacters, seed),
                this::progress);
        return finish("dialogue-baselines", benchmark.run(), true);
    }
}
