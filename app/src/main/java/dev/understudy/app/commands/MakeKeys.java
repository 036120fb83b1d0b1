package dev.understudy.app.commands;

import dev.understudy.app.console.CommandFailedException;
import dev.understudy.app.console.Console;
import dev.understudy.app.console.Setting;
import dev.understudy.app.console.Settings;
import dev.understudy.app.console.Tool;
import dev.understudy.schemas.Role;
import dev.understudy.signing.SigningKey;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import picocli.CommandLine.Command;

/** Makes pairs of keys. */
@Command(
        name = "keys",
        description = {
            "Make a pair of keys for each role: ROLE.pem to sign with, which only its owner may read, and ROLE.pub to verify with.",
            "Existing files are not overwritten."
        })
public final class MakeKeys implements Tool {
    private static final Setting<Path> DIRECTORY = Setting.writableDirectory(
                    "keys.directory", "understudy-keys", "Where the files are written.")
            .as("--directory");
    private static final Setting<List<Role>> ROLES = new Setting<>(
            "keys.roles",
            "--roles",
            "trainer,gate,operator",
            "Whose keys to make, by comma: trainer (learn), gate (promote-gate), operator (models rollback).",
            text -> Arrays.stream(text.split("\\s*,\\s*"))
                    .map(word -> Arrays.stream(Role.values())
                            .filter(role -> SigningSettings.word(role).equals(word))
                            .findFirst()
                            .orElseThrow(() -> new IllegalArgumentException(
                                    "expected trainer, gate or operator, found \"%s\"".formatted(word))))
                    .distinct()
                    .toList());

    @Override
    public List<Setting<?>> settings() {
        return List.of(DIRECTORY, ROLES);
    }

    @Override
    public boolean announcesSettings() {
        return false;
    }

    @Override
    public int run(Settings settings, Console console) throws IOException {
        Path directory = Files.createDirectories(settings.get(DIRECTORY));
        Map<String, Object> json = new LinkedHashMap<>();
        StringBuilder text = new StringBuilder();
        for (Role role : settings.get(ROLES)) {
            String word = SigningSettings.word(role);
            SigningKey key = SigningKey.generate();
            Path secret = directory.resolve(word + ".pem");
            Path open = directory.resolve(word + ".pub");
            write(secret, key.toPem(), "rw-------");
            write(open, key.verifyingKey().toPem(), "rw-r--r--");
            json.put(
                    word,
                    Map.of(
                            "sign",
                            secret.toString(),
                            "trust",
                            open.toString(),
                            "sha256",
                            key.verifyingKey().fingerprint()));
            text.append("sign.%s=%s%n".formatted(word, secret)).append("trust.%s=%s%n".formatted(word, open));
        }
        console.result(json, () -> text.toString().stripTrailing());
        return 0;
    }

    private static void write(Path file, String text, String permissions) throws IOException {
        boolean isPosix = FileSystems.getDefault().supportedFileAttributeViews().contains("posix");
        FileAttribute<?>[] attributes = isPosix
                ? new FileAttribute<?>[] {
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(permissions))
                }
                : new FileAttribute<?>[0];
        try (var out = Files.newByteChannel(
                file, Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE), attributes)) {
            var bytes = java.nio.ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII));
            while (bytes.hasRemaining()) {
                out.write(bytes);
            }
        } catch (FileAlreadyExistsException e) {
            throw new CommandFailedException(
                    "expected no file at %s, found one: it is not overwritten".formatted(file), e);
        }
    }
}
