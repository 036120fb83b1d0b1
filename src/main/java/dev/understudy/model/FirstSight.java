package dev.understudy.model;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes in files from outside. A file that was never seen is tried in a process apart, a {@link CheckProcess}; if that
 * dies or takes too much, the file is refused. One that passed before, by its hash and by all that the check depends
 * on, ONNX Runtime and the code of the check included, is loaded at once.
 *
 * <p>The process is started with the first file that needs it, or by {@link #prepare}, and stays for the next. Used by
 * any number of threads, one file at a time.
 */
public final class FirstSight implements ModelIntake {
    private static final Logger LOG = LoggerFactory.getLogger(FirstSight.class);
    private static final int MOST_KNOWN = 10_000;

    private final CheckProcess.Limits limits;
    private final @Nullable Path known;
    private final String version;
    private final Set<String> passed = new LinkedHashSet<>();
    private @Nullable CheckProcess process;
    private int starts;
    private long peakBytes;
    private boolean closed;

    /** An intake that remembers what passed as long as it is open. */
    public FirstSight() {
        this(CheckProcess.Limits.defaults(), null, "");
    }

    /**
     * An intake that remembers what passed from start to start.
     *
     * @param known the file to remember it in, one line each; it need not exist
     */
    public FirstSight(Path known) {
        this(known, CheckVersion.ofThis());
    }

    /** @param version of what checks: what passed by another one is tried again */
    FirstSight(Path known, String version) {
        this(CheckProcess.Limits.defaults(), known, version);
    }

    FirstSight(CheckProcess.Limits limits, @Nullable Path known, String version) {
        this.limits = limits;
        this.known = known;
        this.version = version;
        if (known != null && Files.exists(known)) {
            try {
                passed.addAll(Files.readAllLines(known, StandardCharsets.US_ASCII));
            } catch (IOException e) {
                LOG.warn("Cannot read which models were checked before; they are checked again: {}", e.toString());
            }
        }
    }

    @Override
    public IntakeOutcome take(IntakeCheck check, byte[] bytes, String sha256, Map<String, Double> evidence) {
        try {
            check.inspect(bytes, sha256);
        } catch (InvalidModelException e) {
            return new IntakeOutcome.Rejected(String.valueOf(e.getMessage()), IntakeOutcome.Cause.FILE);
        }
        String sight = ModelFile.sha256(
                "%s %s %s".formatted(version, sha256, check.describe()).getBytes(StandardCharsets.UTF_8));
        if (!isKnown(sight)) {
            CheckProcess.Verdict verdict = tried(check, bytes, sha256);
            if (verdict.reason() != null) {
                return new IntakeOutcome.Rejected(verdict.reason(), verdict.cause());
            }
            remember(sight);
        }
        return ModelIntake.held(check, check.checkKnown(bytes, sha256), evidence);
    }

    private synchronized boolean isKnown(String sight) {
        return passed.contains(sight);
    }

    private synchronized void remember(String sight) {
        passed.add(sight);
        if (known == null) {
            return;
        }
        try {
            Files.createDirectories(known.toAbsolutePath().getParent());
            if (passed.size() > MOST_KNOWN) {
                passed.clear();
                passed.add(sight);
                Files.writeString(known, sight + "\n", StandardCharsets.US_ASCII);
            } else {
                Files.writeString(
                        known,
                        sight + "\n",
                        StandardCharsets.US_ASCII,
                        StandardOpenOption.CREATE,
                        StandardOpenOption.APPEND);
            }
        } catch (IOException e) {
            LOG.warn("Cannot write down that a model was checked; a restart checks it again: {}", e.toString());
        }
    }

    /** Tries a file; twice if the process dies, which may be killed for another's sake. */
    private synchronized CheckProcess.Verdict tried(IntakeCheck check, byte[] bytes, String sha256) {
        CheckProcess.Verdict verdict = running().check(check, bytes, sha256);
        if (verdict.died()) {
            LOG.warn("Model {} is tried again: {}", sha256, verdict.reason());
            verdict = running().check(check, bytes, sha256);
        }
        peakBytes = process == null ? peakBytes : Math.max(peakBytes, process.peakBytes());
        return verdict;
    }

    /** Returns how often a process was started. */
    public synchronized int processStarts() {
        return starts;
    }

    /** Returns the most memory that a process was seen to take after a file; 0 where the system does not say. */
    public synchronized long processPeakBytes() {
        return peakBytes;
    }

    private CheckProcess running() {
        if (closed) {
            throw new IllegalStateException("expected an open intake, found it closed");
        }
        CheckProcess now = process;
        if (now == null || !now.isAlive()) {
            if (now != null) {
                now.close();
            }
            process = null;
            now = CheckProcess.start(limits);
            process = now;
            starts++;
        }
        return now;
    }

    @Override
    public synchronized void prepare() {
        if (!closed) {
            running();
        }
    }

    @Override
    public synchronized void close() {
        closed = true;
        if (process != null) {
            process.close();
        }
    }
}
