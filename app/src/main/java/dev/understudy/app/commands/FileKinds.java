package dev.understudy.app.commands;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Collectors;

/** Says what kind of file was given where another was expected. */
final class FileKinds {
    private static final int LOOKED_AT = 4_096;
    private static final int SHOWN = 8;
    private static final byte[] GZIP = {0x1F, (byte) 0x8B};

    private FileKinds() {}

    /** Returns what each file is, with its path. */
    static String found(List<Path> files) {
        return files.stream().map(file -> found(file) + " at " + file).collect(Collectors.joining(", "));
    }

    /** Returns what a file is, such as {@code an empty file}. */
    static String found(Path file) {
        if (Files.isDirectory(file)) {
            return "a folder";
        }
        byte[] beginning;
        try (InputStream in = Files.newInputStream(file)) {
            beginning = in.readNBytes(LOOKED_AT);
        } catch (IOException e) {
            return "a file that cannot be read (%s)".formatted(e.getClass().getSimpleName());
        }
        if (beginning.length == 0) {
            return "an empty file";
        }
        if (Arrays.mismatch(beginning, GZIP) == GZIP.length) {
            return "a gzip file";
        }
        return isText(beginning)
                ? "a file of text"
                : "a file that is no text (it begins with %s)"
                        .formatted(
                                HexFormat.ofDelimiter(" ").formatHex(beginning, 0, Math.min(SHOWN, beginning.length)));
    }

    private static boolean isText(byte[] beginning) {
        for (byte each : beginning) {
            if (each == 0) {
                return false;
            }
        }
        // Not told that nothing follows, it does not mind the part of a character at the end.
        CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder();
        CoderResult result = decoder.decode(ByteBuffer.wrap(beginning), CharBuffer.allocate(LOOKED_AT), false);
        return !result.isError();
    }
}
