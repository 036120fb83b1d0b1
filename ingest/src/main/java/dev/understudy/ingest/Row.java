package dev.understudy.ingest;

import dev.understudy.control.ControlStep;
import dev.understudy.dialogue.Turn;
import dev.understudy.driving.FollowingSample;

/** One row of a source: a sample, or what was wrong with it. */
public sealed interface Row {
    /** The file. */
    String source();

    /** Line of the file, from 1. */
    long line();

    /** A row that could be read, of any domain. */
    sealed interface Usable extends Row {
        /** Returns what it holds. */
        dev.understudy.domain.Sample sample();
    }

    /**
     * A step of an episode.
     *
     * @param source the file
     * @param line number of the step among those of the file, from 1
     * @param sample what it holds
     */
    record Step(String source, long line, ControlStep sample) implements Usable {}

    /**
     * A turn of a conversation.
     *
     * @param source the file
     * @param line line of the file, from 1
     * @param sample what it holds
     */
    record Said(String source, long line, Turn sample) implements Usable {}

    /**
     * A row of a log of cars.
     *
     * @param source the file
     * @param line line of the file, from 1
     * @param sample what it holds
     * @param afterPutBack whether the clock of its trip was put back before it
     */
    record Sample(String source, long line, FollowingSample sample, boolean afterPutBack) implements Usable {
        /** A row of a trip whose clock was not put back. */
        public Sample(String source, long line, FollowingSample sample) {
            this(source, line, sample, false);
        }

        /** Returns its place, as {@code file:line}. */
        String place() {
            return source + ":" + line;
        }
    }

    /**
     * A row that could not be read.
     *
     * @param source the file
     * @param line line of the file, from 1
     * @param column column of the file, from 1; 0 when it is the row as a whole
     * @param problem what kind of problem
     * @param message what was expected and what was found
     * @param text the row as it came, cut if very long
     */
    record Bad(String source, long line, int column, Problem problem, String message, String text) implements Row {
        /** The message behind its place, as {@code file:line:column: expected ..., found ...}. */
        public String describe() {
            return source + ":" + line + (column > 0 ? ":" + column : "") + ": " + message;
        }
    }

    /** Kinds of problem, by which bad rows are counted. */
    enum Problem {
        /** The row has too few columns, or more than the header. */
        COLUMNS,
        /** A value that must be there is not. */
        MISSING,
        /** Text where a number belongs, or a number that is not finite. */
        NUMBER,
        /** No time in the form that was announced. */
        TIME,
        /** A time before that of the row above in the same run. */
        TIME_BACKWARDS,
        /** A word that is none of those announced for the field. */
        WORD,
        /** No JSON object. */
        JSON,
        /** Text that is no Unicode, or has control characters. */
        TEXT,
        /** A second record of what was read before. */
        DUPLICATE,
        /** A row or a text too long to be one. */
        TOO_LONG,
        /** Quotes that do not match. */
        QUOTES,
        /** The rest of the file cannot be read. */
        UNREADABLE
    }
}
