package dev.understudy.schemas;

import dev.understudy.domain.Sample;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What the fields of records from topics may hold. Anybody may write to a topic; what passes here can be kept in state,
 * counted on and put into a key. What does not is named with what was expected and what was found.
 */
public final class FieldRules {
    /** Most characters of a name: an entity, an episode, a policy, an instance. */
    public static final int MOST_NAME = 1024;

    /** Most characters of a text in words, such as a reason. */
    public static final int MOST_TEXT = 64 * 1024;

    /** Most entries of figures or counts. */
    public static final int MOST_ENTRIES = 10_000;

    /** Latest time, the end of the year 9999, milliseconds since 1970: sums with it stay numbers. */
    public static final long LATEST_MS = 253_402_300_799_999L;

    /** Highest sequence number: room for a clock in nanoseconds, and the difference of any two is a number. */
    public static final long HIGHEST_SEQUENCE = 1L << 62;

    /** Highest epoch of a promotion. */
    public static final long HIGHEST_EPOCH = 1L << 53;

    private static final Pattern SHA256 = Pattern.compile("[0-9a-f]{64}");
    private static final int SHOWN = 80;

    private @Nullable String problem;

    private FieldRules() {}

    /** Returns whether a text is a SHA-256: 64 hex digits in lower case. */
    public static boolean isSha256(String text) {
        return text.length() == 64 && SHA256.matcher(text).matches();
    }

    /** Returns what is wrong with a sample, be it a log or an observation; null if nothing is. */
    static @Nullable String problem(Sample sample) {
        return acted(sample.entity(), sample.episode(), "label", sample.label(), sample.timeMs())
                .number("sequence", sample.sequence(), 0, HIGHEST_SEQUENCE)
                .problem;
    }

    static @Nullable String problem(RolloutStep step) {
        return acted(step.entity(), step.episode(), "policy", step.policy(), step.eventTimeMs())
                .number("sequence", step.sequence(), 0, HIGHEST_SEQUENCE)
                .number("epoch", step.epoch(), 0, HIGHEST_EPOCH)
                .sha256OrNone("sha256", step.sha256())
                .problem;
    }

    static @Nullable String problem(Decision decision) {
        return acted(decision.entity(), decision.episode(), "policy", decision.policy(), decision.eventTimeMs())
                .number("epoch", decision.epoch(), 0, HIGHEST_EPOCH)
                .sha256OrNone("sha256", decision.sha256())
                .text("reason", decision.reason())
                .problem;
    }

    static @Nullable String problem(Promotion promotion) {
        return new FieldRules()
                .name("policy", promotion.policy())
                .number("epoch", promotion.epoch(), 0, HIGHEST_EPOCH)
                .sha256("sha256", promotion.sha256())
                .number("effectiveFromMs", promotion.effectiveFromMs(), -LATEST_MS, LATEST_MS)
                .sha256OrNone("previousSha256", promotion.previousSha256())
                .text("reason", promotion.reason())
                .nameOrNone("candidateId", promotion.candidateId())
                .entries("evidence", promotion.evidence())
                .time("decidedAtMs", promotion.decidedAtMs())
                .problem;
    }

    static @Nullable String problem(Candidate candidate) {
        return new FieldRules()
                .name("id", candidate.id())
                .name("policy", candidate.policy())
                .sha256OrNone("parentSha256", candidate.parentSha256())
                .sha256("sha256", candidate.sha256())
                .number("sizeBytes", candidate.sizeBytes(), 1, Artifacts.MAX_BYTES)
                .time("windowStartMs", candidate.windowStartMs())
                .number("windowEndMs", candidate.windowEndMs(), candidate.windowStartMs(), LATEST_MS)
                .time("windowClosedAtMs", candidate.windowClosedAtMs())
                .nameOrNone("codeVersion", candidate.codeVersion())
                .nameOrNone("fingerprint", candidate.fingerprint())
                .entries("figures", candidate.figures())
                .time("trainMillis", candidate.trainMillis())
                .time("createdAtMs", candidate.createdAtMs())
                .nameOrNone("algorithm", candidate.algorithm())
                .problem;
    }

    static @Nullable String problem(TrainingRecord report) {
        return new FieldRules()
                .name("policy", report.policy())
                .nameOrNone("candidateId", report.candidateId())
                .sha256OrNone("sha256", report.sha256())
                .entries("figures", report.figures())
                .entries("counts", report.counts())
                .text("remark", report.remark())
                .problem;
    }

    static @Nullable String problem(Acknowledgement acknowledgement) {
        return new FieldRules()
                .name("instance", acknowledgement.instance())
                .name("policy", acknowledgement.policy())
                .number("epoch", acknowledgement.epoch(), 0, HIGHEST_EPOCH)
                .sha256("sha256", acknowledgement.sha256())
                .text("reason", acknowledgement.reason())
                .time("acknowledgedAtMs", acknowledgement.acknowledgedAtMs())
                .problem;
    }

    /** Checks what records of somebody who acts have in common. */
    private static FieldRules acted(String entity, String episode, String whatThird, String third, long timeMs) {
        FieldRules rules = new FieldRules();
        int longest = Math.max(Math.max(entity.length(), episode.length()), third.length());
        if (longest > MOST_NAME) {
            rules.problem = "expected entity, episode and %s of at most %d characters, found %d"
                    .formatted(whatThird, MOST_NAME, longest);
        } else if (entity.isEmpty() || episode.isEmpty()) {
            rules.problem = "expected an entity and an episode, found '%s' and '%s'".formatted(entity, episode);
        } else if (timeMs < 0 || timeMs > LATEST_MS) {
            rules.problem = "expected an event time from 1970 to 9999, found %d ms".formatted(timeMs);
        }
        return rules;
    }

    private FieldRules name(String field, String value) {
        return value.isEmpty() ? found(field, "a name", "none") : nameOrNone(field, value);
    }

    private FieldRules nameOrNone(String field, String value) {
        return value.length() <= MOST_NAME ? this : found(field, "at most " + MOST_NAME + " characters", length(value));
    }

    private FieldRules text(String field, String value) {
        return value.length() <= MOST_TEXT ? this : found(field, "at most " + MOST_TEXT + " characters", length(value));
    }

    private FieldRules sha256OrNone(String field, String value) {
        return value.isEmpty() ? this : sha256(field, value);
    }

    private FieldRules sha256(String field, String value) {
        if (isSha256(value)) {
            return this;
        }
        return found(
                field,
                "64 hex digits in lower case",
                value.length() > SHOWN
                        ? "'" + value.substring(0, SHOWN) + "...' of " + length(value)
                        : "'" + value + "'");
    }

    private FieldRules time(String field, long timeMs) {
        return number(field, timeMs, 0, LATEST_MS);
    }

    private FieldRules number(String field, long value, long least, long most) {
        return value >= least && value <= most
                ? this
                : found(field, "a number from " + least + " to " + most, Long.toString(value));
    }

    private FieldRules entries(String field, Map<String, ? extends Number> entries) {
        if (entries.size() > MOST_ENTRIES) {
            return found(field, "at most " + MOST_ENTRIES + " entries", Integer.toString(entries.size()));
        }
        for (String name : entries.keySet()) {
            if (name.length() > MOST_NAME) {
                return found(field, "names of at most " + MOST_NAME + " characters", length(name));
            }
        }
        return this;
    }

    private static String length(String value) {
        return value.length() + " characters";
    }

    private FieldRules found(String field, String expected, String found) {
        if (problem == null) {
            problem = "%s: expected %s, found %s".formatted(field, expected, found);
        }
        return this;
    }
}
