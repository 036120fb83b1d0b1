package dev.understudy.benchmarks;

import com.fasterxml.jackson.core.JsonProcessingException;
import dev.understudy.data.Trajectory;
import dev.understudy.dialogue.Conversation;
import dev.understudy.dialogue.RetrieverEvaluation;
import dev.understudy.dialogue.RetrieverSpec;
import dev.understudy.ingest.DialogueFormat;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code bench dialogue-retrieval}. */
@Command(
        name = "dialogue-retrieval",
        description =
                "How often a retriever, learned from the first nine tenths of conversations, finds a reply of the last tenth among twenty, beside TF-IDF. Met if it is at least 5 points better with every seed.",
        mixinStandardHelpOptions = true)
final class DialogueRetrievalCommand extends Bench.Measurement {
    private static final double TARGET = 0.05;

    @Option(names = "--demos", required = true, description = "File of conversations.")
    private Path demos = Path.of("");

    @Option(
            names = "--format",
            defaultValue = "self-dialogue",
            description =
                    "Its layout: self-dialogue, schema-guided, multiwoz, chat or rasa. Default: ${DEFAULT-VALUE}.")
    private String format = "";

    @Option(names = "--passes", defaultValue = "0", description = "Over what is learned; 0 for the policy's own.")
    private int passes;

    @Option(names = "--seeds", defaultValue = "3", description = "How often it is learned. Default: ${DEFAULT-VALUE}.")
    private int seeds;

    @Option(names = "--conversations", description = "The last so many of the file; all if left out.")
    private int most = Integer.MAX_VALUE;

    @Override
    public Integer call() throws JsonProcessingException {
        List<Conversation> all = DialogueConversations.read(demos, DialogueFormat.named(format));
        List<Conversation> used = all.subList(Math.max(0, all.size() - most), all.size());
        int heldOutFrom = used.size() * 9 / 10;
        List<Conversation> learned = used.subList(0, heldOutFrom);
        List<Conversation> heldOut = used.subList(heldOutFrom, used.size());
        RetrieverSpec spec = new RetrieverSpec();
        List<Trajectory> trajectories = DialogueConversations.trajectories(spec, learned);
        progress("%d conversations to learn, %d held out".formatted(learned.size(), heldOut.size()));
        List<Map<String, Object>> runs = new ArrayList<>();
        boolean met = true;
        for (int seed = 1; seed <= seeds; seed++) {
            DialogueConversations.Learned run = DialogueConversations.learn(spec, trajectories, passes, seed);
            RetrieverEvaluation.Recall recall;
            try (var policy = run.policy()) {
                recall = new RetrieverEvaluation(policy).recall(learned, heldOut, RetrieverSpec.CHOICES, 1);
            }
            double difference = recall.recallAtOne() - recall.tfIdf();
            met &= difference >= TARGET;
            Map<String, Object> figures = new LinkedHashMap<>();
            figures.put("seed", seed);
            figures.put("recallAtOne", recall.recallAtOne());
            figures.put("tfIdf", recall.tfIdf());
            figures.put("differenceLow", recall.low());
            figures.put("differenceHigh", recall.high());
            figures.put("replies", recall.replies());
            figures.put("optimiserSteps", run.steps());
            figures.put("trainSeconds", run.seconds());
            runs.add(figures);
            progress(
                    "seed %d: R@1 of %d %.3f, TF-IDF %.3f, difference %.3f [%.3f, %.3f] on %d replies; %.0f steps in %.0f s"
                            .formatted(
                                    seed,
                                    recall.candidates(),
                                    recall.recallAtOne(),
                                    recall.tfIdf(),
                                    difference,
                                    recall.low(),
                                    recall.high(),
                                    recall.replies(),
                                    run.steps(),
                                    run.seconds()));
        }
        Map<String, Object> figures = new LinkedHashMap<>();
        figures.put("learned", learned.size());
        figures.put("heldOut", heldOut.size());
        figures.put("runs", runs);
        return finish("dialogue-retrieval", figures, met);
    }
}
