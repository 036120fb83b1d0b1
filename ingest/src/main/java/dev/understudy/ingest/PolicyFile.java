package dev.understudy.ingest;

import dev.understudy.control.DeclaredPolicy;
import dev.understudy.schemas.Artifacts;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/**
 * A policy that a user declares in a file, JSON or YAML ({@code docs/policy-file.md}), and where its samples are read
 * from.
 */
public final class PolicyFile {
    private final Path path;
    private final DeclaredPolicy policy;
    private final Layout layout;
    private final String fingerprint;

    private PolicyFile(Path path, DeclaredPolicy policy, Layout layout, String fingerprint) {
        this.path = path;
        this.policy = policy;
        this.layout = layout;
        this.fingerprint = fingerprint;
    }

    /**
     * Reads a policy file.
     *
     * @throws IngestException if it cannot be read or says something wrong; all problems are in one message, each with
     *     its line and column
     */
    public static PolicyFile read(Path path) {
        String text;
        try {
            String read = Files.readString(path);
            text = read.startsWith("\uFEFF") ? read.substring(1) : read;
        } catch (IOException e) {
            throw new IngestException("expected a readable policy file " + path + ", found " + Lines.describe(e), e);
        }
        PolicyFileReader reader = new PolicyFileReader(path.toString());
        PolicyFileReader.Result result = reader.read(text, isYaml(path));
        String fingerprint =
                Artifacts.sha256(text.getBytes(StandardCharsets.UTF_8)).substring(0, 12);
        return new PolicyFile(path, new DeclaredPolicy(result.declaration()), result.layout(), fingerprint);
    }

    private static boolean isYaml(Path path) {
        return path.toString().toLowerCase(Locale.ROOT).matches("(?s).*\\.ya?ml");
    }

    /** Returns where the file is. */
    public Path path() {
        return path;
    }

    /** Returns what it declares. */
    public DeclaredPolicy policy() {
        return policy;
    }

    /** Returns the first 12 hexadecimal digits of the SHA-256 of its text. */
    public String fingerprint() {
        return fingerprint;
    }

    Layout layout() {
        return layout;
    }
}
