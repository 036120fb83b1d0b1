package dev.understudy.app.commands;

import dev.understudy.app.console.Console;
import dev.understudy.app.console.Setting;
import dev.understudy.app.console.Settings;
import dev.understudy.app.console.Table;
import dev.understudy.app.console.Tool;
import dev.understudy.app.kafka.Connection;
import dev.understudy.model.GoldenOutputs;
import dev.understudy.schemas.Acknowledgement;
import dev.understudy.schemas.Candidate;
import dev.understudy.schemas.Promotion;
import dev.understudy.schemas.Topics;
import dev.understudy.schemas.UnderstudySerdes;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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

    static boolean isThat(Promotion verdict, Optional<Promotion> inForce) {
        return verdict.promoted()
                && inForce.isPresent()
                && verdict.epoch() == inForce.get().epoch()
                && verdict.sha256().equals(inForce.get().sha256());
    }

    static String shortened(String sha256) {
        return sha256.length() <= SHORT_HASH ? sha256 : sha256.substring(0, SHORT_HASH);
    }

    static Map<String, Object> json(Promotion verdict, boolean inForce) {
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
                    Map.of("policy", models.policy(), "models", json, "passedOver", models.passedOver()),
                    () -> models.verdicts().isEmpty() ? models.none() : table.toString());
            if (models.passedOver() > 0) {
                console.note("%d records of %s are left out, each named above: none of them is a verdict that counts"
                        .formatted(models.passedOver(), Topics.HISTORY));
            }
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
            Models.requireHash(hash);
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
}
