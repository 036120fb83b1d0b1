package dev.understudy.signing;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Base64;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The text form of keys (RFC 7468). */
final class Pem {
    private static final int MOST_BYTES = 64 * 1024;
    private static final Pattern BLOCK =
            Pattern.compile("-----BEGIN ([A-Z0-9 ]+)-----([A-Za-z0-9+/=\\s]*)-----END \\1-----");

    private Pem() {}

    /** Returns bytes as a block, 64 characters a line, with a line break at the end. */
    static String write(String label, byte[] bytes) {
        String body = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(bytes);
        return "-----BEGIN %s-----\n%s\n-----END %s-----\n".formatted(label, body, label);
    }

    /**
     * Returns the bytes of the only block of a text.
     *
     * @param where the text is from, for messages
     * @param remedy what to do with another block
     * @throws IllegalArgumentException if there is none, or more than one, or another
     */
    static byte[] read(String label, String text, String where, String remedy) {
        Matcher matcher = BLOCK.matcher(text);
        if (!matcher.find()) {
            throw new IllegalArgumentException(
                    "expected -----BEGIN %s----- in %s, found no block".formatted(label, where));
        }
        if (!matcher.group(1).equals(label)) {
            throw new IllegalArgumentException("expected -----BEGIN %s----- in %s, found %s; %s"
                    .formatted(label, where, matcher.group(1), remedy));
        }
        String body = matcher.group(2);
        if (matcher.find()) {
            throw new IllegalArgumentException("expected one key in %s, found more".formatted(where));
        }
        try {
            return Base64.getMimeDecoder().decode(body);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("expected base64 in %s: %s".formatted(where, e.getMessage()), e);
        }
    }

    /** Returns the text of a file. */
    static String text(Path file) {
        try {
            if (Files.size(file) > MOST_BYTES) {
                throw new IllegalArgumentException("expected a key of at most %d bytes in %s, found %d"
                        .formatted(MOST_BYTES, file, Files.size(file)));
            }
            return Files.readString(file, StandardCharsets.ISO_8859_1);
        } catch (NoSuchFileException e) {
            throw new IllegalArgumentException("expected a key in %s, found no such file".formatted(file), e);
        } catch (IOException e) {
            throw new IllegalArgumentException("expected a key in %s, cannot read it: %s".formatted(file, e), e);
        }
    }
}
