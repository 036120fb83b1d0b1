package dev.understudy.app.commands;

import dev.understudy.app.console.Console;
import dev.understudy.app.console.Setting;
import dev.understudy.app.console.Settings;
import dev.understudy.app.console.Tool;
import dev.understudy.data.Rows;
import dev.understudy.dialogue.Role;
import dev.understudy.dialogue.Turn;
import dev.understudy.domain.Actor;
import dev.understudy.domain.Envelope;
import dev.understudy.domain.Featuriser;
import dev.understudy.domain.PolicySpec;
import dev.understudy.domain.Refusal;
import dev.understudy.environment.ActionSpace;
import dev.understudy.model.LoadedPolicy;
import dev.understudy.model.ServedPolicy;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;

/** Talks with a model file: a line in, a reply out, by the featuriser and the envelope that serving uses. */
@Command(
        name = "chat",
        description = {
            "Talk with a model of dialogue: each line of the input is a turn, each line of the output a reply.",
            "An empty line begins another conversation."
        })
public final class ChatCommand implements Tool {
    private static final Setting<Path> MODEL =
            TrainCommand.existing("model", "The model file, as train writes it or models show saves it.");

    @Override
    public List<Setting<?>> settings() {
        return List.of(MODEL, TrainCommand.SEED);
    }

    @Override
    public boolean announcesSettings() {
        return false;
    }

    @Override
    public int run(Settings settings, Console console) throws IOException {
        PolicySpec<Turn> spec = DialogueStudy.named(settings.get(MODEL));
        try (ServedPolicy policy = EvaluateCommand.accepted(settings.get(MODEL), spec);
                BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
            talk(spec, policy, lines, settings.get(TrainCommand.SEED), console);
        }
        return 0;
    }

    private static void talk(
            PolicySpec<Turn> spec, ServedPolicy policy, BufferedReader lines, long seed, Console console)
            throws IOException {
        Featuriser<Turn> featuriser = spec.featuriser();
        Envelope<Turn> envelope = spec.envelope();
        Rows context = spec.observationType().room(1, spec.observationSize());
        int conversation = 0;
        long sequence = 0;
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            if (line.isBlank()) {
                conversation++;
                sequence = 0;
                continue;
            }
            Turn turn = new Turn(
                    "console",
                    "conversation " + conversation,
                    sequence,
                    System.currentTimeMillis(),
                    Actor.HUMAN,
                    "",
                    false,
                    Role.USER,
                    line,
                    List.of(),
                    0);
            sequence += 2;
            Refusal refusal = featuriser.observe(turn, false, context, 0, Featuriser.Steps.none());
            if (refusal != null) {
                console.line(refusal.text());
                continue;
            }
            float[] reply = new float[spec.actionSize()];
            policy.answer(
                    context, 1, new long[] {seed + sequence}, new LoadedPolicy.Answer(reply, null, null, null, null));
            envelope.judge(turn, reply, reply, 0);
            featuriser.acted(reply);
            String text = ((ActionSpace.Text) spec.actions()).read(reply, 0);
            Map<String, Object> told = new LinkedHashMap<>();
            told.put("reply", text);
            told.put("sha256", policy.sha256());
            told.put("seed", seed + sequence);
            console.result(told, () -> text);
        }
    }
}
