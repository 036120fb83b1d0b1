package dev.understudy.ingest;

import com.github.luben.zstd.ZstdInputStream;
import java.io.BufferedInputStream;
import java.io.BufferedReader;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipInputStream;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVParser;
import org.apache.commons.csv.CSVRecord;
import org.jspecify.annotations.Nullable;

/**
 * The lines of a text file in UTF-8, or in UTF-16 with a byte order mark; unpacked when it is gzip, zstd, or a zip
 * archive of one file. No line is longer than a limit.
 */
final class Lines implements AutoCloseable {
    /** Far above any row of numbers; keeps a file without line ends from filling memory. */
    static final int MAX_CHARS = 64 * 1024;

    private final BufferedReader reader;
    private final String name;
    private final int mostChars;
    private long number;
    private boolean cut;

    /** @throws IngestException if the file cannot be opened */
    Lines(Path file) {
        this(file, MAX_CHARS);
    }

    /**
     * @param mostChars longest line that is read whole, UTF-16 units
     * @throws IngestException if the file cannot be opened
     */
    Lines(Path file, int mostChars) {
        this.mostChars = mostChars;
        this.name = file.toString();
        InputStream raw = null;
        boolean packed = name.toLowerCase(Locale.ROOT).endsWith(".gz");
        try {
            raw = new BufferedInputStream(Files.newInputStream(file), 1 << 16);
            packed |= startsWith(raw, 0x1F, 0x8B);
            InputStream in = unpacked(raw, packed);
            if (startsWith(in, 0xFD, '7', 'z', 'X', 'Z')) {
                in.close();
                throw new IngestException(
                        "expected text, gzip, zstd or zip in " + name + ", found an xz archive; unpack it first");
            }
            Charset charset = startsWith(in, 0xFF, 0xFE)
                    ? StandardCharsets.UTF_16LE
                    : startsWith(in, 0xFE, 0xFF) ? StandardCharsets.UTF_16BE : StandardCharsets.UTF_8;
            this.reader = new BufferedReader(new InputStreamReader(in, charset), 1 << 16);
        } catch (IOException e) {
            closeQuietly(raw);
            throw new IngestException(
                    "expected a readable " + (packed ? "gzip " : "") + "file " + name + ", found " + describe(e), e);
        }
    }

    private InputStream unpacked(InputStream raw, boolean isGzip) throws IOException {
        if (isGzip) {
            return new BufferedInputStream(new GZIPInputStream(raw, 1 << 16));
        }
        if (startsWith(raw, 0x28, 0xB5, 0x2F, 0xFD)) {
            return new BufferedInputStream(new ZstdInputStream(raw));
        }
        return startsWith(raw, 'P', 'K', 3, 4) ? ofZip(raw) : raw;
    }

    /** Returns what is in the only file of an archive. */
    private InputStream ofZip(InputStream raw) throws IOException {
        String inside = null;
        try (ZipFile zip = new ZipFile(name)) {
            List<String> files = zip.stream()
                    .filter(entry -> !entry.isDirectory())
                    .map(ZipEntry::getName)
                    .filter(entry -> !entry.startsWith("__MACOSX/"))
                    .toList();
            if (files.size() != 1) {
                raw.close();
                throw new IngestException(
                        "expected one file in the archive %s, found %d; unpack it first".formatted(name, files.size()));
            }
            inside = files.get(0);
        }
        ZipInputStream zip = new ZipInputStream(raw);
        for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
            if (entry.getName().equals(inside)) {
                InputStream in = new BufferedInputStream(zip, 1 << 16);
                return startsWith(in, 0x1F, 0x8B) ? new BufferedInputStream(new GZIPInputStream(in, 1 << 16)) : in;
            }
        }
        throw new EOFException();
    }

    private static boolean startsWith(InputStream in, int... bytes) throws IOException {
        in.mark(bytes.length);
        boolean same = true;
        for (int expected : bytes) {
            same &= in.read() == expected;
        }
        in.reset();
        return same;
    }

    /** Returns text without blanks around it, those included that do not break a line. */
    static String strip(String text) {
        int from = 0;
        int to = text.length();
        while (from < to && isBlank(text.charAt(from))) {
            from++;
        }
        while (to > from && isBlank(text.charAt(to - 1))) {
            to--;
        }
        return text.substring(from, to);
    }

    private static boolean isBlank(char c) {
        return Character.isWhitespace(c) || Character.isSpaceChar(c);
    }

    /** Returns the next line without its end, or null after the last. */
    @Nullable
    String next() throws IOException {
        StringBuilder line = null;
        cut = false;
        for (int c = reader.read(); c >= 0; c = reader.read()) {
            if (line == null) {
                line = new StringBuilder(96);
            }
            if (c == '\n') {
                break;
            }
            if (line.length() < mostChars) {
                line.append((char) c);
            } else {
                cut = true;
            }
        }
        if (line == null) {
            return null;
        }
        number++;
        if (line.length() > 0 && line.charAt(line.length() - 1) == '\r') {
            line.setLength(line.length() - 1);
        }
        if (number == 1 && line.length() > 0 && line.charAt(0) == '\uFEFF') {
            line.deleteCharAt(0);
        }
        return line.toString();
    }

    /** Whether the last line was longer than the limit and is cut. */
    boolean wasCut() {
        return cut;
    }

    /** Number of the last line, from 1. */
    long number() {
        return number;
    }

    String name() {
        return name;
    }

    @Override
    public void close() {
        closeQuietly(reader);
    }

    /**
     * Returns the cells of a line of CSV, without surrounding blanks. A quoted cell ends on its line.
     *
     * @throws IOException if quotes do not match
     */
    static List<String> cells(String line, char delimiter) throws IOException {
        List<String> cells = new ArrayList<>();
        if (line.indexOf('"') < 0) {
            int from = 0;
            for (int at = line.indexOf(delimiter); at >= 0; at = line.indexOf(delimiter, from)) {
                cells.add(strip(line.substring(from, at)));
                from = at + 1;
            }
            cells.add(strip(line.substring(from)));
            return cells;
        }
        CSVFormat format = CSVFormat.DEFAULT.builder().setDelimiter(delimiter).get();
        try (CSVParser parser = CSVParser.parse(line, format)) {
            for (CSVRecord values : parser) {
                values.forEach(value -> cells.add(strip(value)));
            }
        } catch (UncheckedIOException e) {
            throw new IOException(e.getMessage(), e);
        }
        return cells;
    }

    static String describe(IOException e) {
        if (e instanceof NoSuchFileException) {
            return "none";
        }
        if (e instanceof AccessDeniedException) {
            return "one that may not be read";
        }
        if (e instanceof EOFException) {
            return "its end: the file is cut off";
        }
        if (e instanceof CharacterCodingException) {
            return "bytes that are no text in UTF-8";
        }
        // Libraries put the names of classes before their messages.
        String message = e.getMessage() == null ? "" : e.getMessage().replaceFirst("^(\\S*(Exception|Error): )+", "");
        if (message.contains("encapsulated token")) {
            return message.contains("EOF") ? "a quote that is never closed" : "text behind a quote that closes";
        }
        return message.isBlank() ? "an error of reading" : message;
    }

    @SuppressWarnings("EmptyCatch") // a file that was only read loses nothing by a failed close
    private static void closeQuietly(@Nullable AutoCloseable closeable) {
        try {
            if (closeable != null) {
                closeable.close();
            }
        } catch (Exception e) {
            // nothing to do
        }
    }
}
