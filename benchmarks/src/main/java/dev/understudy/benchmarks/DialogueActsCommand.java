package dev.understudy.benchmarks;

import com.fasterxml.jackson.core.JsonProcessingException;
import dev.understudy.data.Trajectory;
import dev.understudy.dialogue.ActsEvaluation;
import dev.understudy.dialogue.ActsSpec;
import dev.understudy.dialogue.Conversation;
import dev.understudy.ingest.DialogueFormat;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code bench dialogue-acts}. */
@Command(
        name = "dialogue-acts",
        description =
                "Micro-F1 of a policy of acts on a tenth of task-oriented conversations, drawn by their names, learned from the others, beside a logistic regression on the same inputs. Met if it is certainly no worse with every seed.",
        mixinStandardHelpOptions = true)
final class DialogueActsCommand extends Bench.Measurement {
    private static final int PARTS = 10;

    @Option(names = "--demos", required = true, description = "File of conversations whose turns have acts.")
    private Path demos = Path.of("");

    @Option(names = "--format", required = true, description = "Its layout: schema-guided or multiwoz.")
    private String format = "";

    @Option(names = "--passes", defaultValue = "0", description = "Over what is learned; 0 for the policy's own.")
    private int passes;

    @Option(
            names = "--regression-passes",
            defaultValue = "8",
            description = "Of the regression. Default: ${DEFAULT-VALUE}.")
    private int regressionPasses;

    @Option(names = "--seeds", defaultValue = "3", description = "How often it is learned. Default: ${DEFAULT-VALUE}.")
    private int seeds;

    @Option(names = "--conversations", description = "The first so many of the file; all if left out.")
    private int most = Integer.MAX_VALUE;

    @Override
    public Integer call() throws JsonProcessingException {
        List<Conversation> all = DialogueConversations.read(demos, DialogueFormat.named(format));
        List<Conversation> learned = new ArrayList<>();
        List<Conversation> heldOut = new ArrayList<>();
        all.stream().limit(most).forEach(conversation -> (isHeldOut(conversation.episode()) ? heldOut : learned)
                .add(conversation));
        ActsSpec spec = new ActsSpec();
        List<Trajectory> toLearn = DialogueConversations.trajectories(spec, learned);
        List<Trajectory> toPredict = DialogueConversations.trajectories(spec, heldOut);
        progress("%d conversations to learn, %d held out".formatted(learned.size(), heldOut.size()));
        List<Map<String, Object>> runs = new ArrayList<>();
        boolean met = true;
        for (int seed = 1; seed <= seeds; seed++) {
            DialogueConversations.Learned run = DialogueConversations.learn(spec, toLearn, passes, seed);
            ActsEvaluation.Result result;
            try (var policy = run.policy()) {
                result = new ActsEvaluation(policy).scores(toLearn, toPredict, regressionPasses, seed);
            }
            met &= result.all().high() >= 0;
            Map<String, Object> figures = new LinkedHashMap<>();
            figures.put("seed", seed);
            figures.put("turns", result.turns());
            figures.put("unknownActs", result.unknown());
            figures.put("all", json(result.all()));
            Map<String, Object> byDomain = new LinkedHashMap<>();
            result.byDomain().forEach((domain, f1) -> byDomain.put(domain, json(f1)));
            figures.put("byDomain", byDomain);
            figures.put("optimiserSteps", run.steps());
            figures.put("trainSeconds", run.seconds());
            runs.add(figures);
            progress("seed %d: %s; %.0f steps in %.0f s"
                    .formatted(seed, text(result.all()), run.steps(), run.seconds()));
            result.byDomain().forEach((domain, f1) -> progress("  %s: %s".formatted(domain, text(f1))));
        }
        Map<String, Object> figures = new LinkedHashMap<>();
        figures.put("learned", learned.size());
        figures.put("heldOut", heldOut.size());
        figures.put("runs", runs);
        return finish("dialogue-acts", figures, met);
    }

    private static boolean isHeldOut(String name) {
        CRC32 sum = new CRC32();
        sum.update(name.getBytes(StandardCharsets.UTF_8));
        return sum.getValue() % PARTS == 0;
    }

    private static String text(ActsEvaluation.MicroF1 f1) {
        return "micro-F1 %.3f (precision %.3f, recall %.3f), regression %.3f, difference [%.3f, %.3f] on %d acts"
                .formatted(f1.policy(), f1.precision(), f1.recall(), f1.regression(), f1.low(), f1.high(), f1.acts());
    }

    private static Map<String, Object> json(ActsEvaluation.MicroF1 f1) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("microF1", f1.policy());
        json.put("precision", f1.precision());
        json.put("recall", f1.recall());
        json.put("regression", f1.regression());
        json.put("differenceLow", f1.low());
        json.put("differenceHigh", f1.high());
        json.put("acts", f1.acts());
        return json;
    }
}
