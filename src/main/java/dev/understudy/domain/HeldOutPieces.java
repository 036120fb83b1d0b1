package dev.understudy.domain;

import java.io.Serializable;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Which held-out driving is kept for judging: the newest, so that it stays up to date, and an anchor of the old, so
 * that it shows if a model loses what was learned once. Trips are kept in pieces of {@link #PIECE_MS}, aligned with
 * 1970.
 *
 * <p>Of all that is older than the newest pieces the anchor has those whose trips have the lowest hashes: a uniform
 * sample of all old trips (bottom-k, Cohen and Kelly 2007) that needs no memory of what was dropped, and whose trips
 * stay until trips of lower hashes come. What is kept at an event time follows from the pieces begun before it, not
 * from when they were read: so verdicts are the same on any machine, as long as judging lags behind reading by no more
 * pieces than there is room for.
 *
 * @param newest pieces kept because they are new
 * @param anchors older pieces kept
 * @param most pieces kept at any time, with those read ahead of judging
 */
public record HeldOutPieces(int newest, int anchors, int most) implements Serializable {
    /** Event time that a piece spans, milliseconds. */
    public static final long PIECE_MS = 300_000;

    private static final String SEPARATOR = "|";

    public HeldOutPieces {
        if (newest < 1 || anchors < 0 || most < newest + anchors) {
            throw new IllegalArgumentException(
                    "expected newest >= 1, anchors >= 0 and most >= newest + anchors, got %d, %d and %d"
                            .formatted(newest, anchors, most));
        }
    }

    /** Returns the defaults, guesses: as many old as new pieces, and room for as many read ahead. */
    public static HeldOutPieces defaults() {
        return new HeldOutPieces(48, 48, 192);
    }

    /** Returns the name of the piece that a step belongs to. */
    public static String name(Step step) {
        return String.join(SEPARATOR, step.episode(), step.entity(), Long.toString(step.timeMs() / PIECE_MS));
    }

    /**
     * Returns the pieces to judge by at an event time.
     *
     * @param startMs when each piece begins, milliseconds since 1970, by name
     * @param timeMs only pieces that begin before this count
     */
    public Set<String> at(Map<String, Long> startMs, long timeMs) {
        List<String> newestFirst = startMs.entrySet().stream()
                .filter(piece -> piece.getValue() < timeMs)
                .sorted(Map.Entry.<String, Long>comparingByValue().reversed().thenComparing(Map.Entry.comparingByKey()))
                .map(Map.Entry::getKey)
                .toList();
        int split = Math.min(newest, newestFirst.size());
        Set<String> kept = new HashSet<>(newestFirst.subList(0, split));
        newestFirst.subList(split, newestFirst.size()).stream()
                .sorted(Comparator.comparing(HeldOutPieces::hash).thenComparing(Comparator.naturalOrder()))
                .limit(anchors)
                .forEach(kept::add);
        return kept;
    }

    /**
     * Returns the pieces that need not be kept any longer.
     *
     * @param startMs when each piece begins, milliseconds since 1970, by name
     * @param judgedMs event time before which nothing is to be judged any more; {@link Long#MIN_VALUE} if nothing was
     *     yet
     */
    public Set<String> superfluous(Map<String, Long> startMs, long judgedMs) {
        long time = judgedMs;
        Set<String> kept = kept(startMs, time);
        // If judging is too far behind, the oldest waiting pieces are dropped as if they had been used.
        for (long start : startMs.values().stream().sorted().toList()) {
            if (kept.size() <= most) {
                break;
            }
            if (start >= time) {
                time = start + 1;
                kept = kept(startMs, time);
            }
        }
        Set<String> others = new HashSet<>(startMs.keySet());
        others.removeAll(kept);
        return others;
    }

    private Set<String> kept(Map<String, Long> startMs, long timeMs) {
        Set<String> kept = at(startMs, timeMs);
        startMs.forEach((name, start) -> {
            if (start >= timeMs) {
                kept.add(name);
            }
        });
        return kept;
    }

    /** Returns, of all held-out steps there ever were, those to judge by at an event time. */
    public List<Step> select(Collection<Step> steps, long timeMs) {
        Map<String, List<Step>> pieces = new TreeMap<>();
        Map<String, Long> startMs = new TreeMap<>();
        for (Step step : steps) {
            if (step.timeMs() < timeMs) {
                pieces.computeIfAbsent(name(step), any -> new ArrayList<>()).add(step);
                startMs.merge(name(step), step.timeMs(), Math::min);
            }
        }
        pieces.keySet().retainAll(at(startMs, timeMs));
        return pieces.values().stream().flatMap(List::stream).toList();
    }

    /** Returns a number that a trip's pieces share and that does not depend on whether it is held out. */
    private static long hash(String name) {
        String trip = name.substring(0, Math.max(0, name.lastIndexOf(SEPARATOR)));
        try {
            byte[] hash =
                    MessageDigest.getInstance("SHA-256").digest(("anchor " + trip).getBytes(StandardCharsets.UTF_8));
            return ByteBuffer.wrap(hash).getLong();
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
