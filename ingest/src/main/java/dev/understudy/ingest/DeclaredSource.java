package dev.understudy.ingest;

import dev.understudy.control.ControlStep;
import dev.understudy.ingest.Layout.Role;
import dev.understudy.ingest.Row.Problem;
import dev.understudy.ingest.TableHeader.Wanted;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The samples of files that a policy file explains. Where no column numbers them, they are numbered along their episode
 * in the order in which they are read.
 */
public final class DeclaredSource implements SampleSource {
    private static final int SHOWN_CHARS = 1000;

    private final PolicyFile policyFile;
    private final List<Path> files;
    private final DeclaredRows rows;
    private final List<Wanted> wanted;
    private final Set<String> notes = new LinkedHashSet<>();
    private final Map<String, Long> numbers = new HashMap<>();
    private int nextFile;
    private @Nullable TableFile open;
    private @Nullable Row ready;
    private @Nullable Iterator<Row> sorted;

    /**
     * Looks into each file of a list; of a folder, and of those in it, at the {@code .csv}, {@code .tsv}, {@code .txt},
     * {@code .jsonl}, {@code .ndjson} and {@code .json} files, also packed as {@code .gz}, {@code .zst} or
     * {@code .zip}, in the order of their names. What else there is is named in {@link #notes}.
     *
     * @throws IngestException if there is nothing to read, or files cannot be read or lack columns; all problems are in
     *     one message
     */
    public DeclaredSource(PolicyFile policyFile, List<Path> filesAndFolders) {
        this.policyFile = policyFile;
        rows = new DeclaredRows(policyFile.policy().declaration(), policyFile.layout());
        wanted = rows.wanted();
        files = expanded(filesAndFolders);
        List<String> problems = new ArrayList<>();
        for (Path file : files) {
            try (TableFile table = new TableFile(file, policyFile.layout(), wanted)) {
                notes.addAll(table.notes());
            } catch (IngestException e) {
                problems.add(String.valueOf(e.getMessage()));
            }
        }
        if (!problems.isEmpty()) {
            throw new IngestException(String.join("; ", problems));
        }
    }

    private List<Path> expanded(List<Path> filesAndFolders) {
        List<Path> found = new ArrayList<>();
        for (Path path : filesAndFolders) {
            if (!Files.isDirectory(path)) {
                found.add(path);
                continue;
            }
            List<String> others = new ArrayList<>();
            try (Stream<Path> inside = Files.walk(path)) {
                for (Path file : inside.filter(Files::isRegularFile).sorted().toList()) {
                    boolean isLog = file.toString()
                            .toLowerCase(Locale.ROOT)
                            .matches("(?s).*\\.(csv|tsv|txt|jsonl|ndjson|json)(\\.(gz|zst|zip))?|.*\\.zip");
                    boolean isItself = Files.isSameFile(file, policyFile.path());
                    if (isLog && !isItself) {
                        found.add(file);
                    } else if (!isItself) {
                        others.add(path.relativize(file).toString());
                    }
                }
            } catch (IOException e) {
                throw new IngestException("expected to list " + path + ", found " + Lines.describe(e), e);
            }
            if (!others.isEmpty()) {
                notes.add(path + ": skipped " + others + ", which do not end as logs do; name them if they are logs");
            }
        }
        if (found.isEmpty()) {
            throw new IngestException("expected logs in " + filesAndFolders + ", found none"
                    + (notes.isEmpty() ? "" : "; " + String.join("; ", notes)));
        }
        return found;
    }

    @Override
    public String describe() {
        return "declared by %s (%s): %s"
                .formatted(
                        policyFile.path(),
                        policyFile.fingerprint(),
                        String.join(",", files.stream().map(Path::toString).toList()));
    }

    @Override
    public List<String> notes() {
        return List.copyOf(notes);
    }

    @Override
    public boolean hasNext() {
        if (policyFile.layout().sort()) {
            return sorted().hasNext();
        }
        while (ready == null && (open != null || nextFile < files.size())) {
            Row row = read();
            ready = row == null ? null : numbered(row);
        }
        return ready != null;
    }

    @Override
    public Row next() {
        if (!hasNext()) {
            throw new NoSuchElementException();
        }
        if (policyFile.layout().sort()) {
            return numbered(sorted().next());
        }
        Row row = ready;
        ready = null;
        if (row == null) {
            throw new NoSuchElementException();
        }
        return row;
    }

    private Iterator<Row> sorted() {
        if (sorted == null) {
            List<Row> all = new ArrayList<>();
            while (open != null || nextFile < files.size()) {
                Row row = read();
                if (row != null) {
                    all.add(row);
                }
            }
            all.sort(Comparator.comparingLong(
                    row -> row instanceof Row.Step read ? read.sample().timeMs() : Long.MIN_VALUE));
            sorted = all.iterator();
        }
        return sorted;
    }

    private Row numbered(Row row) {
        if (!(row instanceof Row.Step read) || policyFile.layout().fields().containsKey(Role.SEQUENCE)) {
            return row;
        }
        ControlStep step = read.sample();
        long number = numbers.merge(step.episode(), 1L, Long::sum) - 1;
        return new Row.Step(
                read.source(),
                read.line(),
                new ControlStep(
                        step.entity(),
                        step.episode(),
                        number,
                        step.timeMs(),
                        step.actor(),
                        step.label(),
                        step.engaged(),
                        step.observation(),
                        step.action(),
                        step.reward(),
                        step.end()));
    }

    /** Returns the next row of the file under way, or of the next; null if it ends. */
    private @Nullable Row read() {
        TableFile table = open;
        if (table == null) {
            table = new TableFile(files.get(nextFile++), policyFile.layout(), wanted);
            open = table;
        }
        try {
            @Nullable String[] texts = table.next();
            if (texts == null) {
                close();
                return null;
            }
            return new Row.Step(table.name(), table.line(), rows.map(table, texts));
        } catch (BadRow e) {
            String text = table.text();
            return new Row.Bad(
                    table.name(),
                    table.line(),
                    e.column,
                    e.problem,
                    e.getMessage(),
                    text.substring(0, Math.min(SHOWN_CHARS, text.length())));
        } catch (IOException e) {
            Row bad = new Row.Bad(
                    table.name(),
                    table.line() + 1,
                    0,
                    Problem.UNREADABLE,
                    "expected the file to go on, found " + Lines.describe(e),
                    "");
            close();
            return bad;
        }
    }

    @Override
    public void close() {
        if (open != null) {
            open.close();
            open = null;
        }
    }
}
