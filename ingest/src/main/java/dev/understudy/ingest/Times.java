package dev.understudy.ingest;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.TemporalAccessor;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Times in text: the forms of ISO 8601 with a date and a time of day, extended or basic, with a point or a comma before
 * the fraction, an offset as +02:00, +0200, +02 or Z, or none; and what a pattern says.
 */
final class Times {
    private static final Pattern ISO = Pattern.compile(
            "([0-9]{4})(-?)([0-9]{2})\\2([0-9]{2})[Tt ]([0-9]{2})(?:(:?)([0-9]{2})(?:\\6([0-9]{2})(?:[.,]([0-9]{1,18}))?)?)?"
                    + " ?(?:([Zz]|UTC|GMT)|([+\\-\u2212])([0-9]{2})(?::?([0-9]{2}))?(?:\\[[^\\]]*])?)?");

    /** How far back a time may lie from the one before and be out of order, not in the repeated hour, ms. */
    private static final long DISORDER_MS = 5_000;

    private Times() {}

    /**
     * Returns the time that a text in a form of ISO 8601 names.
     *
     * @param zone of times that name none
     * @param previousMs the time before in the same log, which decides between the two meanings of a time that a clock
     *     showed twice; null if there was none
     * @throws DateTimeException if it names none; the message says what was found
     */
    static Instant iso(String text, ZoneId zone, @Nullable Long previousMs) {
        Matcher form = ISO.matcher(text);
        if (!form.matches()) {
            throw new DateTimeException("'" + text + "'");
        }
        LocalDate date = LocalDate.of(number(form, 1), number(form, 3), number(form, 4));
        int hour = number(form, 5);
        int minute = number(form, 7);
        int second = number(form, 8);
        int nanos = form.group(9) == null ? 0 : nanos(form.group(9));
        // The end of a day is the beginning of the next.
        boolean midnight = hour == 24 && minute == 0 && second == 0 && nanos == 0;
        LocalDateTime local = midnight
                ? date.plusDays(1).atStartOfDay()
                : LocalDateTime.of(date, LocalTime.of(hour, minute, second, nanos));
        if (form.group(10) != null) {
            return local.toInstant(ZoneOffset.UTC);
        }
        if (form.group(11) != null) {
            int sign = form.group(11).equals("+") ? 1 : -1;
            return local.toInstant(ZoneOffset.ofHoursMinutes(sign * number(form, 12), sign * number(form, 13)));
        }
        return inZone(local, zone, previousMs);
    }

    /**
     * Returns the time that a text in the form of a pattern names.
     *
     * @throws DateTimeException if it names none
     */
    static Instant patterned(String text, DateTimeFormatter pattern, ZoneId zone, @Nullable Long previousMs) {
        TemporalAccessor time = pattern.parseBest(text, OffsetDateTime::from, LocalDateTime::from);
        return time instanceof OffsetDateTime withOffset
                ? withOffset.toInstant()
                : inZone(LocalDateTime.from(time), zone, previousMs);
    }

    /** Local times that come twice are the later ones once the earlier would lie before what the log has already. */
    private static Instant inZone(LocalDateTime local, ZoneId zone, @Nullable Long previousMs) {
        List<ZoneOffset> offsets = zone.getRules().getValidOffsets(local);
        if (offsets.isEmpty()) {
            throw new DateTimeException("'" + local + "', which " + zone + " does not have: clocks were put forward");
        }
        Instant first = local.toInstant(offsets.get(0));
        if (offsets.size() == 1 || previousMs == null) {
            return first;
        }
        Instant second = local.toInstant(offsets.get(1));
        long earliest = previousMs - DISORDER_MS;
        return first.toEpochMilli() < earliest && second.toEpochMilli() >= earliest ? second : first;
    }

    private static int number(Matcher form, int group) {
        return form.group(group) == null ? 0 : Integer.parseInt(form.group(group));
    }

    private static int nanos(String fraction) {
        return Integer.parseInt((fraction + "000000000").substring(0, 9));
    }
}
