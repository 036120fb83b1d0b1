package dev.understudy.app.commands;

import dev.understudy.app.console.BadSettingsException;
import dev.understudy.app.console.Console;
import dev.understudy.app.console.Setting;
import dev.understudy.app.console.Settings;
import dev.understudy.schemas.RecordSigner;
import dev.understudy.schemas.Role;
import dev.understudy.schemas.Signing;
import dev.understudy.schemas.Topics;
import dev.understudy.schemas.Trust;
import dev.understudy.signing.VerifyingKey;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** With which keys a command signs, and whose it trusts. */
final class SigningSettings {
    /** Signs model files and candidates. */
    static final Setting<RecordSigner> SIGN_TRAINER = signer(Role.TRAINER, "model files and candidates");

    /** Signs verdicts. */
    static final Setting<RecordSigner> SIGN_GATE = signer(Role.GATE, "verdicts, and with them promotions");

    /** Signs rollbacks. */
    static final Setting<RecordSigner> SIGN_OPERATOR = signer(Role.OPERATOR, "the promotion of a rollback");

    private static final Map<Role, Setting<List<VerifyingKey>>> TRUSTED = new EnumMap<>(Map.of(
            Role.TRAINER, trusted(Role.TRAINER, "model files and candidates"),
            Role.GATE, trusted(Role.GATE, "verdicts and promotions"),
            Role.OPERATOR, trusted(Role.OPERATOR, "rollbacks")));

    private SigningSettings() {}

    static String word(Role role) {
        return role.name().toLowerCase(Locale.ROOT);
    }

    private static Setting<RecordSigner> signer(Role role, String what) {
        return new Setting<>(
                "sign." + word(role),
                "",
                "Private key (PEM, PKCS #8, P-256) that signs %s; without one they are not signed.".formatted(what),
                text -> text.isBlank() ? RecordSigner.NONE : RecordSigner.with(Path.of(text.strip())));
    }

    private static Setting<List<VerifyingKey>> trusted(Role role, String what) {
        return new Setting<>(
                "trust." + word(role),
                "",
                "Public keys (PEM) by comma, one of which has to have signed %s; with no key in any trust.* nothing is verified."
                        .formatted(what),
                text -> Arrays.stream(text.split(",", -1))
                        .map(String::strip)
                        .filter(file -> !file.isEmpty())
                        .map(file -> VerifyingKey.read(Path.of(file)))
                        .toList());
    }

    /** Returns settings with those of trust, and others, behind them. */
    static List<Setting<?>> with(List<Setting<?>> settings, Setting<?>... more) {
        List<Setting<?>> all = new ArrayList<>(settings);
        all.addAll(TRUSTED.values());
        all.addAll(List.of(more));
        return all;
    }

    /**
     * Returns whom a command trusts.
     *
     * @param needed roles of which there must be a key if there is one of any: without, nothing of theirs would count
     * @throws BadSettingsException naming each such role without a key
     */
    static Trust trust(Settings settings, Role... needed) {
        Map<Role, List<VerifyingKey>> keys = new EnumMap<>(Role.class);
        TRUSTED.forEach((role, setting) -> keys.put(role, settings.get(setting)));
        Trust trust = new Trust(keys);
        List<String> problems = Arrays.stream(needed)
                .filter(role -> !trust.isNone() && !trust.has(role))
                .map(role ->
                        "trust.%s: expected a public key, as other roles have one, found none".formatted(word(role)))
                .toList();
        if (!problems.isEmpty()) {
            throw new BadSettingsException(problems);
        }
        return trust;
    }

    /**
     * Returns with what a command signs.
     *
     * @throws BadSettingsException if it trusts somebody, but would not trust what it signs itself
     */
    static RecordSigner signer(Settings settings, Role role, Trust trust) {
        RecordSigner signer = settings.get(
                switch (role) {
                    case TRAINER -> SIGN_TRAINER;
                    case GATE -> SIGN_GATE;
                    case OPERATOR -> SIGN_OPERATOR;
                });
        if (!trust.isNone() && !trust.isTrusted(role, signer)) {
            throw new BadSettingsException(List.of(
                    "sign.%s: expected the private key of one of trust.%s, or nobody would trust what is sent, found %s"
                            .formatted(word(role), word(role), signer == RecordSigner.NONE ? "none" : "another")));
        }
        return signer;
    }

    /** Returns how a job signs what it sends, and whom it trusts. */
    static Signing signing(Settings settings, Role own) {
        Trust trust = trust(settings, Role.TRAINER, Role.GATE);
        return new Signing(signer(settings, own, trust), trust);
    }

    /** Says, once for a command, that nothing is verified, if so. */
    static void tell(Trust trust, Console console) {
        if (trust.isNone()) {
            console.note(
                    "no key is trusted: nothing that is read of models is verified, and whoever can write %s decides what is served ('understudy models keys' makes keys)"
                            .formatted(Topics.PROMOTIONS));
        }
    }
}
