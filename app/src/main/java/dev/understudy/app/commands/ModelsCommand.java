package dev.understudy.app.commands;

import dev.understudy.app.console.BadSettingsException;
import dev.understudy.app.console.CommandFailedException;
import dev.understudy.app.console.Console;
import dev.understudy.app.console.Setting;
import dev.understudy.app.console.Settings;
import dev.understudy.app.console.Table;
import dev.understudy.app.console.Tool;
import dev.understudy.app.kafka.Connection;
import dev.understudy.app.kafka.TopicReader;
import dev.understudy.model.FirstSight;
import dev.understudy.model.GoldenOutputs;
import dev.understudy.model.IntakeCheck;
import dev.understudy.model.IntakeLimits;
import dev.understudy.model.IntakeOutcome;
import dev.understudy.model.InvalidModelException;
import dev.understudy.model.ModelFile;
import dev.understudy.model.ModelIntake;
import dev.understudy.model.ServedPolicy;
import dev.understudy.schemas.Acknowledgement;
import dev.understudy.schemas.Artifacts;
import dev.understudy.schemas.Candidate;
import dev.understudy.schemas.Decision;
import dev.understudy.schemas.Promotion;
import dev.understudy.schemas.RecordSigner;
import dev.understudy.schemas.Role;
import dev.understudy.schemas.Topics;
import dev.understudy.schemas.Trust;
import dev.understudy.schemas.UnderstudySerdes;
import dev.understudy.signing.UntrustedException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.serialization.Serdes;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** The models of a cluster: what was judged, what is in force, and the way back. */
@Command(
        name = "models",
        description = "List, show, roll back, verify and export the models of a cluster; make keys to sign with.")
public final class ModelsCommand {
    private static final int SHORT_HASH = 12;

    static final Setting<String> POLICY = Setting.required("policy", "driving/car-following", "The policy's name.");

    private static final Setting<String> VERIFIED =
            Setting.text("policy", "", "The policy's name; by default the one that a model file names.");

    private ModelsCommand() {}

    /** Returns the group. */
    public static ModelsCommand group() {
        return new ModelsCommand();
    }

    static List<Setting<?>> withConnection(Setting<?>... more) {
        List<Setting<?>> settings = new ArrayList<>(Connection.SETTINGS);
        settings.addAll(List.of(more));
        return settings;
    }

    private static boolean isThat(Promotion verdict, Optional<Promotion> inForce) {
        return verdict.promoted()
                && inForce.isPresent()
                && verdict.epoch() == inForce.get().epoch()
                && verdict.sha256().equals(inForce.get().sha256());
    }

    private static String shortened(String sha256) {
        return sha256.length() <= SHORT_HASH ? sha256 : sha256.substring(0, SHORT_HASH);
    }

    private static Map<String, Object> json(Promotion verdict, boolean inForce) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("epoch", verdict.epoch());
        json.put("promoted", verdict.promoted());
        json.put("inForce", inForce);
        json.put("sha256", verdict.sha256());
        json.put("previousSha256", verdict.previousSha256());
        json.put("candidateId", verdict.candidateId());
        json.put(
                "effectiveFrom", Instant.ofEpochMilli(verdict.effectiveFromMs()).toString());
        json.put("decidedAt", Instant.ofEpochMilli(verdict.decidedAtMs()).toString());
        json.put("reason", verdict.reason());
        SortedMap<String, Double> evidence = new TreeMap<>(verdict.evidence());
        evidence.keySet().removeAll(GoldenOutputs.in(evidence).keySet());
        json.put("evidence", evidence);
        return json;
    }

    /** Every verdict on one policy's models. */
    @Command(name = "list", description = "List every model that was judged, oldest first.")
    public static final class ListModels implements Tool {
        @Override
        public List<Setting<?>> settings() {
            return SigningSettings.with(withConnection(POLICY));
        }

        @Override
        public boolean announcesSettings() {
            return false;
        }

        @Override
        public int run(Settings settings, Console console) {
            Models models = Models.read(settings, settings.get(POLICY), SigningSettings.trust(settings));
            Optional<Promotion> current = models.inForce();
            Map<String, String> algorithms = models.algorithms();
            Table table = new Table("epoch", "model", "learned by", "verdict", "effective from (event time)", "reason");
            List<Map<String, Object>> json = new ArrayList<>();
            for (Promotion verdict : models.verdicts()) {
                boolean inForce = isThat(verdict, current);
                String algorithm = algorithms.getOrDefault(verdict.sha256(), "-");
                Map<String, Object> entry = json(verdict, inForce);
                entry.put("algorithm", algorithm);
                json.add(entry);
                table.row(
                        verdict.promoted() ? verdict.epoch() : "-",
                        shortened(verdict.sha256()),
                        algorithm,
                        inForce ? "in force" : verdict.promoted() ? "promoted" : "refused",
                        verdict.promoted() ? Instant.ofEpochMilli(verdict.effectiveFromMs()) : "-",
                        verdict.reason());
            }
            console.result(
                    Map.of("policy", models.policy(), "models", json),
                    () -> models.verdicts().isEmpty() ? models.none() : table.toString());
            return 0;
        }
    }

    /** One model: verdict, evidence, training report, who serves it. */
    @Command(name = "show", description = "Show the verdict, the evidence and the training report of one model.")
    public static final class ShowModel implements Tool {
        @Parameters(paramLabel = "<sha256>", description = "The model's SHA-256, or the beginning of it.")
        private String hash = "";

        @Override
        public List<Setting<?>> settings() {
            return SigningSettings.with(withConnection(POLICY));
        }

        @Override
        public boolean announcesSettings() {
            return false;
        }

        @Override
        public int run(Settings settings, Console console) {
            Models models = Models.read(settings, settings.get(POLICY), SigningSettings.trust(settings));
            Promotion verdict = models.verdict(hash);
            Map<String, Object> json = json(verdict, isThat(verdict, models.inForce()));
            models.candidates().stream()
                    .filter(candidate -> candidate.sha256().equals(verdict.sha256()))
                    .forEach(candidate -> json.put("candidate", figures(candidate)));
            Map<String, Object> instances = new TreeMap<>();
            for (ConsumerRecord<String, Acknowledgement> ack :
                    models.reader().all(Topics.ACKS, Serdes.String(), UnderstudySerdes.acknowledgement())) {
                Acknowledgement standing = ack.value();
                if (standing != null && standing.sha256().equals(verdict.sha256())) {
                    instances.put(
                            standing.instance(), standing.accepted() ? "loaded" : "kept another: " + standing.reason());
                }
            }
            json.put("instances", instances);
            console.result(json, () -> text(json, ""));
            return 0;
        }

        private static Map<String, Object> figures(Candidate candidate) {
            Map<String, Object> json = new LinkedHashMap<>();
            json.put("id", candidate.id());
            json.put("algorithm", candidate.algorithm());
            json.put("parentSha256", candidate.parentSha256());
            json.put("sizeBytes", candidate.sizeBytes());
            json.put(
                    "windowStart",
                    Instant.ofEpochMilli(candidate.windowStartMs()).toString());
            json.put("windowEnd", Instant.ofEpochMilli(candidate.windowEndMs()).toString());
            json.put("seed", candidate.seed());
            json.put("codeVersion", candidate.codeVersion());
            json.put("fingerprint", candidate.fingerprint());
            json.put("trainMillis", candidate.trainMillis());
            json.put("figures", candidate.figures());
            return json;
        }

        static String text(Map<?, ?> json, String indent) {
            StringBuilder text = new StringBuilder();
            json.forEach((key, value) -> {
                if (value instanceof Map<?, ?> nested) {
                    text.append("%s%s:%n%s".formatted(indent, key, text(nested, indent + "  ")));
                } else {
                    text.append("%s%s: %s%n".formatted(indent, key, value));
                }
            });
            return text.toString();
        }
    }

    /** Puts an older model back in force. */
    @Command(
            name = "rollback",
            description = "Put an older model back in force: a new promotion with a higher epoch that names its hash.")
    public static final class RollBack implements Tool {
        private static final Setting<String> TO = Setting.text(
                        "rollback.to",
                        "",
                        "SHA-256 of the model to return to, or its beginning; the one before by default.")
                .as("--to");
        private static final Setting<String> REASON = Setting.required(
                        "rollback.reason", "rolled back by hand", "Why, for the history.")
                .as("--reason");

        @Override
        public List<Setting<?>> settings() {
            return SigningSettings.with(withConnection(POLICY, TO, REASON), SigningSettings.SIGN_OPERATOR);
        }

        @Override
        public int run(Settings settings, Console console) throws Exception {
            Trust trust = SigningSettings.trust(settings, Role.TRAINER, Role.GATE, Role.OPERATOR);
            RecordSigner signer = SigningSettings.signer(settings, Role.OPERATOR, trust);
            SigningSettings.tell(trust, console);
            Models models = Models.read(settings, settings.get(POLICY), trust);
            Promotion current = models.inForce()
                    .orElseThrow(
                            () -> new CommandFailedException("expected a promotion of %s to roll back, found none%s"
                                    .formatted(
                                            models.policy(), models.verdicts().isEmpty() ? ": " + models.none() : "")));
            String target = settings.get(TO).isEmpty()
                    ? current.previousSha256()
                    : models.verdict(settings.get(TO)).sha256();
            if (target.isEmpty()) {
                throw new CommandFailedException("expected a model before %s, found none: it is the first"
                        .formatted(shortened(current.sha256())));
            }
            if (target.equals(current.sha256())) {
                throw new CommandFailedException(
                        "expected another model than the one in force, found " + shortened(target));
            }
            if (models.reader().artifact(models.policy(), target).isEmpty()) {
                throw new CommandFailedException(
                        "expected the file of %s in %s, found none".formatted(shortened(target), Topics.ARTIFACTS));
            }
            long epoch = 1
                    + models.verdicts().stream()
                            .filter(Promotion::promoted)
                            .mapToLong(Promotion::epoch)
                            .reduce(current.epoch(), Math::max);
            Promotion promotion = new Promotion(
                    models.policy(),
                    epoch,
                    target,
                    effectiveFrom(models, current),
                    current.sha256(),
                    settings.get(REASON),
                    true,
                    "",
                    models.goldenOutputs(target),
                    System.currentTimeMillis());
            models.publish(promotion, signer);
            Promotion after = models.inForce().orElse(promotion);
            if (!isThat(promotion, Optional.of(after))) {
                throw new CommandFailedException(
                        "expected %s in force as epoch %d, found %s as epoch %d: the gate promoted it meanwhile; look at 'models list' and roll back again"
                                .formatted(shortened(target), epoch, shortened(after.sha256()), after.epoch()));
            }
            console.result(json(promotion, true), () -> "epoch %d puts %s in force from event time %s"
                    .formatted(epoch, shortened(target), Instant.ofEpochMilli(promotion.effectiveFromMs())));
            return 0;
        }

        /** Returns the first event time that nothing was decided on yet, so that no past decision is contradicted. */
        private static long effectiveFrom(Models models, Promotion current) {
            return 1
                    + models.reader().last(Topics.DECISIONS, Serdes.String(), UnderstudySerdes.decision()).stream()
                            .map(ConsumerRecord::value)
                            .filter(Objects::nonNull)
                            // One whose input was unusable may have any time, and rests on no model.
                            .filter(decision -> decision.kind() != Decision.Kind.FALLBACK_INPUT)
                            .mapToLong(Decision::eventTimeMs)
                            .reduce(current.effectiveFromMs(), Math::max);
        }
    }

    /** Runs the intake check that serving runs on a file that it sees for the first time. */
    @Command(
            name = "verify",
            description = {
                "Run the checks that serving runs, on a model file or on a model of the cluster: who signed it,",
                "where keys are trusted, and the intake check."
            })
    public static final class VerifyModel implements Tool {
        private static final Setting<String> SIGNATURE = Setting.text(
                "signature",
                "",
                "Signature of a model file; the file of the same name with .sig behind it by default.");

        @Parameters(
                paramLabel = "<model>",
                description = "A model file, or the SHA-256 of a model of the cluster or its beginning.")
        private String model = "";

        @Override
        public List<Setting<?>> settings() {
            return SigningSettings.with(withConnection(VERIFIED, SIGNATURE));
        }

        @Override
        public boolean announcesSettings() {
            return false;
        }

        @Override
        public int run(Settings settings, Console console) throws IOException {
            Trust trust = SigningSettings.trust(settings, Role.TRAINER);
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
                        settings.get(VERIFIED).isEmpty() ? POLICY.defaultText() : settings.get(VERIFIED),
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
            String policy = settings.get(VERIFIED).isEmpty() ? policyOf(bytes) : settings.get(VERIFIED);
            IntakeCheck check = Pipeline.spec(policy).intakeCheck(policy, IntakeLimits.defaults());
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

        /**
         * Returns the policy that a file names; the default where it names none, for the check to say what is wrong.
         */
        private static String policyOf(byte[] bytes) {
            try {
                String named = ModelFile.read(bytes).metadata().policy();
                Pipeline.spec(named);
                return named;
            } catch (InvalidModelException | BadSettingsException e) {
                return POLICY.defaultText();
            }
        }

        private static String sentence(Map<String, Object> json) {
            String model = "%s (%s bytes)"
                    .formatted(shortened(String.valueOf(json.get("sha256"))), String.valueOf(json.get("sizeBytes")));
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
}
