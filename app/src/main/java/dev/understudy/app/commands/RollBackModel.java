package dev.understudy.app.commands;

import dev.understudy.app.console.CommandFailedException;
import dev.understudy.app.console.Console;
import dev.understudy.app.console.Setting;
import dev.understudy.app.console.Settings;
import dev.understudy.app.console.Tool;
import dev.understudy.schemas.Decision;
import dev.understudy.schemas.Promotion;
import dev.understudy.schemas.RecordSigner;
import dev.understudy.schemas.Role;
import dev.understudy.schemas.Topics;
import dev.understudy.schemas.Trust;
import dev.understudy.schemas.UnderstudySerdes;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.serialization.Serdes;
import picocli.CommandLine.Command;

/** Puts an older model back in force. */
@Command(
        name = "rollback",
        description = "Put an older model back in force: a new promotion with a higher epoch that names its hash.")
public final class RollBackModel implements Tool {
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
        return SigningSettings.with(
                ModelsCommand.withConnection(ModelsCommand.POLICY, TO, REASON), SigningSettings.SIGN_OPERATOR);
    }

    @Override
    public int run(Settings settings, Console console) throws Exception {
        Trust trust = SigningSettings.trust(settings, Role.TRAINER, Role.GATE, Role.OPERATOR);
        RecordSigner signer = SigningSettings.signer(settings, Role.OPERATOR, trust);
        SigningSettings.tell(trust, console);
        Models models = Models.read(settings, settings.get(ModelsCommand.POLICY), trust);
        Promotion current = models.inForce()
                .orElseThrow(() -> new CommandFailedException("expected a promotion of %s to roll back, found none%s"
                        .formatted(models.policy(), models.verdicts().isEmpty() ? ": " + models.none() : "")));
        String target = settings.get(TO).isEmpty()
                ? current.previousSha256()
                : models.verdict(settings.get(TO)).sha256();
        if (target.isEmpty()) {
            throw new CommandFailedException("expected a model before %s, found none: it is the first"
                    .formatted(ModelsCommand.shortened(current.sha256())));
        }
        if (target.equals(current.sha256())) {
            throw new CommandFailedException(
                    "expected another model than the one in force, found " + ModelsCommand.shortened(target));
        }
        if (models.reader().artifact(models.policy(), target).isEmpty()) {
            throw new CommandFailedException("expected the file of %s in %s, found none"
                    .formatted(ModelsCommand.shortened(target), Topics.ARTIFACTS));
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
        if (!ModelsCommand.isThat(promotion, Optional.of(after))) {
            throw new CommandFailedException(
                    "expected %s in force as epoch %d, found %s as epoch %d: the gate promoted it meanwhile; look at 'models list' and roll back again"
                            .formatted(
                                    ModelsCommand.shortened(target),
                                    epoch,
                                    ModelsCommand.shortened(after.sha256()),
                                    after.epoch()));
        }
        console.result(ModelsCommand.json(promotion, true), () -> "epoch %d puts %s in force from event time %s"
                .formatted(epoch, ModelsCommand.shortened(target), Instant.ofEpochMilli(promotion.effectiveFromMs())));
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
