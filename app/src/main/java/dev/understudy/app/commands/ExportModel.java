package dev.understudy.app.commands;

import dev.understudy.app.console.CommandFailedException;
import dev.understudy.app.console.Console;
import dev.understudy.app.console.Setting;
import dev.understudy.app.console.Settings;
import dev.understudy.app.console.Tool;
import dev.understudy.schemas.Role;
import dev.understudy.schemas.Topics;
import dev.understudy.schemas.Trust;
import dev.understudy.signing.Bundle;
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

/** Writes a model of a cluster, and its signature, to files. */
@Command(
        name = "export",
        description = {
            "Write a model of the cluster to a file, and its signature beside it with .sig behind the name,",
            "as OpenSSF Model Signing has it: model_signing verify key FILE --signature FILE.sig --public_key trainer.pub"
        })
public final class ExportModel implements Tool {
    private static final Setting<String> OUT = Setting.text(
                    "export.out", "", "The file to write; the beginning of the hash and .onnx by default.")
            .as("--out");

    @Parameters(paramLabel = "<sha256>", description = "The model's SHA-256, or the beginning of it.")
    private String hash = "";

    @Override
    public List<Setting<?>> settings() {
        return SigningSettings.with(ModelsCommand.withConnection(ModelsCommand.POLICY, OUT));
    }

    @Override
    public boolean announcesSettings() {
        return false;
    }

    @Override
    public int run(Settings settings, Console console) throws IOException {
        Models.requireHash(hash);
        if (!settings.get(OUT).isEmpty()) {
            requireNone(Path.of(settings.get(OUT)));
        }
        Trust trust = SigningSettings.trust(settings, Role.TRAINER, Role.GATE);
        Models models = Models.read(settings, settings.get(ModelsCommand.POLICY), trust);
        String sha256 = models.verdict(hash).sha256();
        Path out = Path.of(settings.get(OUT).isEmpty() ? sha256.substring(0, 12) + ".onnx" : settings.get(OUT));
        requireNone(out);
        byte[] model = models.reader()
                .artifact(models.policy(), sha256)
                .orElseThrow(() -> new CommandFailedException(
                        "expected the file of %s in %s, found none".formatted(sha256, Topics.ARTIFACTS)));
        Optional<byte[]> signature = models.reader().signature(models.policy(), sha256);
        try {
            trust.checkFile(sha256, signature.orElse(null));
        } catch (UntrustedException e) {
            throw new CommandFailedException(String.valueOf(e.getMessage()), e);
        }
        Path beside = beside(out);
        Files.write(out, model);
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("sha256", sha256);
        json.put("model", out.toString());
        if (signature.isPresent()) {
            Files.write(beside, signature.get());
            json.put("signature", beside.toString());
        }
        console.result(json, () -> "wrote %s (%,d bytes)%s"
                .formatted(
                        out,
                        model.length,
                        signature.isPresent() ? " and its signature " + beside : "; it is not signed"));
        return 0;
    }

    private static void requireNone(Path out) {
        for (Path file : List.of(out, beside(out))) {
            if (Files.exists(file)) {
                throw new CommandFailedException(
                        "expected no file at %s, found one: it is not overwritten".formatted(file));
            }
        }
    }

    /** Returns where the signature of a model file is. */
    static Path beside(Path model) {
        return model.resolveSibling(model.getFileName() + ".sig");
    }

    /**
     * Returns the signature of a model file.
     *
     * @param named the file that holds it; empty for the one beside the model, which need not be there
     */
    static Optional<byte[]> signature(Path model, String named) throws IOException {
        Path file = named.isEmpty() ? beside(model) : Path.of(named);
        if (!Files.exists(file)) {
            if (named.isEmpty()) {
                return Optional.empty();
            }
            throw new CommandFailedException("expected a signature at %s, found no file".formatted(file));
        }
        if (Files.size(file) > Bundle.MOST_BYTES) {
            throw new CommandFailedException("expected a signature of at most %d bytes at %s, found %d"
                    .formatted(Bundle.MOST_BYTES, file, Files.size(file)));
        }
        return Optional.of(Files.readAllBytes(file));
    }
}
