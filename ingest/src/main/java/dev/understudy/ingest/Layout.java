package dev.understudy.ingest;

import dev.understudy.ingest.Mapping.Column;
import java.time.ZoneId;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * Where a declared policy's samples are read from: the part of a policy file that says which columns hold what.
 *
 * @param format what files are; {@link Format#AUTO} tells by each file's beginning
 * @param delimiter between the columns of CSV; 0 finds it from the header
 * @param decimal before the fraction of a number; 0 finds it from the first rows
 * @param comment what lines that are no rows begin with
 * @param header names of the columns where no row has them; empty where one does
 * @param zone of times that name none
 * @param sort whether to read everything first and sort it by time
 * @param fields columns of what is no number that is observed or done
 * @param signals columns of the signals, in the order of the declaration
 * @param actions columns of the action's numbers, or of the choice
 */
record Layout(
        Format format,
        char delimiter,
        char decimal,
        String comment,
        List<String> header,
        ZoneId zone,
        boolean sort,
        Map<Role, Column> fields,
        List<Measured> signals,
        List<Measured> actions) {
    /** What a file is. */
    enum Format {
        AUTO,
        CSV,
        JSONL
    }

    /** What a column is that says where a sample belongs. */
    enum Role {
        ENTITY("entity"),
        EPISODE("episode"),
        TIME("time"),
        SEQUENCE("sequence"),
        ACTOR("actor"),
        LABEL("label");

        private final String word;

        Role(String word) {
            this.word = word;
        }

        /** Its key in a policy file. */
        String word() {
            return word;
        }
    }

    /**
     * A column of numbers, or of names of choices.
     *
     * @param column where it is
     * @param scale what numbers are multiplied with
     */
    record Measured(Column column, double scale) {}

    Layout {
        header = List.copyOf(header);
        // The copy of a map that is empty would have to know its keys' type.
        Map<Role, Column> copy = new EnumMap<>(Role.class);
        copy.putAll(fields);
        fields = Collections.unmodifiableMap(copy);
        signals = List.copyOf(signals);
        actions = List.copyOf(actions);
    }
}
