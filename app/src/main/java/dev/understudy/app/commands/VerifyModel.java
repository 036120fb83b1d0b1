package dev.understudy.app.commands;

import dev.understudy.app.console.BadSettingsException;
import dev.understudy.app.console.CommandFailedException;
import dev.understudy.app.console.Console;
import dev.understudy.app.console.Setting;
import dev.understudy.app.console.Settings;
import dev.understudy.app.console.Table;
import dev.understudy.app.console.Tool;
import dev.understudy.app.kafka.TopicReader;
import dev.understudy.domain.PolicySpec;
import dev.understudy.model.FirstSight;
import dev.understudy.model.IntakeCheck;
import dev.understudy.model.IntakeLimits;
import dev.understudy.model.IntakeOutcome;
import dev.understudy.model.InvalidModelException;
import dev.understudy.model.ModelFile;
import dev.understudy.model.ModelIntake;
import dev.understudy.model.ServedPolicy;
import dev.understudy.schemas.Artifacts;
import dev.understudy.schemas.Promotion;
import dev.understudy.schemas.Role;
import dev.understudy.schemas.Topics;
import dev.understudy.schemas.Trust;
import dev.understudy.signing.UntrustedException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** Runs the intake check that serving runs on a file that it sees for the first time. */
@Command(
        name = "verify",
        description = {
            "Run the checks that serving runs, on a model file or on a model of the cluster: who signed it,",
            "where keys are trusted, and the intake check."
        })
public final class VerifyModel implements Tool {
    private static final Setting<String> POLICY =
            Setting.text("policy", "", "The policy's name; by default the one that a model file names.");
    private static final Setting<String> SIGNATURE = Setting.text(
            "signature", "", "Signature of a model file; the file of the same name with .sig behind it by default.");

    @Parameters(
            paramLabel = "<model>",
            description = "A model file, or the SHA-256 of a model of the cluster or its beginning.")
    private String model = "";

    @Override
    public List<Setting<?>> settings() {
        return SigningSettings.with(ModelsCommand.withConnection(POLICY, PolicyFiles.FILE, SIGNATURE));
    }

    @Override
    public boolean announcesSettings() {
        return false;
    }

    @Override
    public int run(Settings settings, Console console) throws IOException {
        Trust trust = SigningSettings.trust(settings, Role.TRAINER);
        Optional<PolicySpec<?>> declared = PolicyFiles.policy(settings);
        String named = declared.<String>map(PolicySpec::name).orElse(settings.get(POLICY));
        byte[] bytes;
        String sha256;
        Map<String, Double> evidence = Map.of();
        Optional<byte[]> signature;
        if (Files.exists(Path.of(model))) {
            bytes = Files.readAllBytes(Path.of(model));
            sha256 = Artifacts.sha256(bytes);
            signature = ExportModel.signature(Path.of(model), settings.get(SIGNATURE));
        } else if (model.matches("[0-9a-f]{4,64}")) {
            Models models = Models.read(
                    settings,
                    named.isEmpty() ? ModelsCommand.POLICY.defaultText() : named,
                    SigningSettings.trust(settings, Role.TRAINER, Role.GATE));
            Promotion verdict = models.verdict(model);
            sha256 = verdict.sha256();
            evidence = verdict.evidence();
            // Whoever signed it: what is wrong with that is what this command says.
            TopicReader reader = models.reader().trusting();
            signature = reader.signature(models.policy(), sha256);
            bytes = reader.artifact(models.policy(), sha256)
                    .orElseThrow(() -> new CommandFailedException(
                            "expected the file of %s in %s, found none".formatted(model, Topics.ARTIFACTS)));
        } else {
            throw new BadSettingsException(
                    List.of("expected a model file or the beginning of a SHA-256, found neither at " + model));
        }
        String policy = named.isEmpty() ? policyOf(bytes) : named;
        IntakeCheck check =
                declared.orElseGet(() -> Pipeline.spec(policy)).intakeCheck(policy, IntakeLimits.defaults());
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("sha256", sha256);
        json.put("sizeBytes", bytes.length);
        json.put("signature", trust.isNone() ? "not verified: no key is trusted" : "verified");
        int code;
        try (ModelIntake intake = new FirstSight()) {
            trust.checkFile(sha256, signature.orElse(null));
            code = intake.take(check, bytes, sha256, evidence)
                    .fold(accepted -> accepted(accepted, json), rejected -> rejected(rejected.reason(), json));
        } catch (UntrustedException e) {
            json.put("signature", "refused");
            code = rejected(String.valueOf(e.getMessage()), json);
        }
        console.result(json, () -> sentence(json));
        return code;
    }

    /** Returns the policy that a file names; the default where it names none, for the check to say what is wrong. */
    private static String policyOf(byte[] bytes) {
        try {
            String named = ModelFile.read(bytes).metadata().policy();
            Pipeline.spec(named);
            return named;
        } catch (InvalidModelException | BadSettingsException e) {
            return ModelsCommand.POLICY.defaultText();
        }
    }

    private static String sentence(Map<String, Object> json) {
        String model = "%s (%s bytes)"
                .formatted(
                        ModelsCommand.shortened(String.valueOf(json.get("sha256"))),
                        String.valueOf(json.get("sizeBytes")));
        String verdict = json.containsKey("reason")
                ? "Refused: model %s: %s".formatted(model, String.valueOf(json.get("reason")))
                : "Accepted: model %s of %s, loaded in %s ms; it answers an observation in %s µs"
                        .formatted(
                                model,
                                String.valueOf(json.get("policy")),
                                Table.figure(json.get("loadMillis")),
                                Table.figure(json.get("latencyMicros")));
        return verdict + "; signature: " + json.get("signature");
    }

    private static int accepted(IntakeOutcome.Accepted accepted, Map<String, Object> json) {
        try (ServedPolicy policy = accepted.policy()) {
            json.put("accepted", true);
            json.put("policy", policy.metadata().policy());
            json.put("loadMillis", accepted.loadNanos() / 1e6);
            json.put("latencyMicros", accepted.latencyNanos() / 1e3);
            return 0;
        }
    }

    private static int rejected(String reason, Map<String, Object> json) {
        json.put("accepted", false);
        json.put("reason", reason);
        return 1;
    }
}
