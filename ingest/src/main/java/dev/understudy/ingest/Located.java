package dev.understudy.ingest;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A value of a JSON or YAML file, and where in the file it stands.
 *
 * @param kind what it is
 * @param text of a text, a number or a truth value as it was written; empty of others
 * @param members of an object, in the order of the file; empty of others
 * @param elements of an array; empty of others
 * @param line from 1
 * @param column from 1
 */
record Located(Kind kind, String text, Map<String, Located> members, List<Located> elements, int line, int column) {
    /** What a value is. */
    enum Kind {
        OBJECT("an object"),
        ARRAY("an array"),
        TEXT("text"),
        NUMBER("a number"),
        TRUTH("true or false"),
        NOTHING("null");

        private final String words;

        Kind(String words) {
            this.words = words;
        }

        @Override
        public String toString() {
            return words;
        }
    }

    /** Receives what is wrong at a place. */
    interface Problems {
        void add(int line, int column, String problem);
    }

    private static final int DEEPEST = 32;

    /** Returns how a message names the value: its text, or what kind it is. */
    String found() {
        return kind == Kind.TEXT ? "'" + text + "'" : text.isEmpty() ? kind.toString() : text;
    }

    /**
     * Reads a file.
     *
     * @param isYaml whether the text is YAML; otherwise it is JSON, where comments are allowed
     * @param problems receives members that come twice
     * @return the value; null if the text is not of that form, which the problems then say
     */
    static @org.jspecify.annotations.Nullable Located read(String text, boolean isYaml, Problems problems) {
        JsonFactory factory = isYaml
                ? new YAMLFactory()
                : JsonFactory.builder()
                        .enable(com.fasterxml.jackson.core.json.JsonReadFeature.ALLOW_JAVA_COMMENTS)
                        .build();
        try (JsonParser parser = factory.createParser(text)) {
            JsonToken first = parser.nextToken();
            if (first == null) {
                problems.add(1, 1, "expected an object, found an empty file");
                return null;
            }
            Located root = value(parser, first, 0, problems);
            if (parser.nextToken() != null) {
                JsonLocation place = parser.currentTokenLocation();
                problems.add(place.getLineNr(), place.getColumnNr(), "expected the end of the file, found more");
            }
            return root;
        } catch (JsonProcessingException e) {
            JsonLocation place = e.getLocation();
            String message = e.getOriginalMessage().lines().findFirst().orElse("");
            problems.add(
                    place == null ? 1 : place.getLineNr(),
                    place == null ? 1 : place.getColumnNr(),
                    "expected " + (isYaml ? "YAML" : "JSON") + ", found " + message);
            return null;
        } catch (IOException e) {
            throw new IngestException("expected a text in memory to be readable, found " + e.getMessage(), e);
        }
    }

    private static Located value(JsonParser parser, JsonToken token, int depth, Problems problems) throws IOException {
        JsonLocation place = parser.currentTokenLocation();
        int line = place.getLineNr();
        int column = place.getColumnNr();
        if (depth > DEEPEST) {
            throw new com.fasterxml.jackson.core.JsonParseException(
                    parser, "values within each other more than " + DEEPEST + " deep");
        }
        Map<String, Located> members = new LinkedHashMap<>();
        List<Located> elements = new ArrayList<>();
        if (token == JsonToken.START_OBJECT) {
            while (parser.nextToken() != JsonToken.END_OBJECT) {
                String name = parser.currentName();
                JsonLocation named = parser.currentTokenLocation();
                Located member = value(parser, parser.nextToken(), depth + 1, problems);
                if (members.put(name, member) != null) {
                    problems.add(
                            named.getLineNr(),
                            named.getColumnNr(),
                            "expected each key once, found '" + name + "' twice");
                }
            }
            return new Located(Kind.OBJECT, "", members, elements, line, column);
        }
        if (token == JsonToken.START_ARRAY) {
            for (JsonToken next = parser.nextToken(); next != JsonToken.END_ARRAY; next = parser.nextToken()) {
                elements.add(value(parser, next, depth + 1, problems));
            }
            return new Located(Kind.ARRAY, "", members, elements, line, column);
        }
        Kind kind =
                switch (token) {
                    case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> Kind.NUMBER;
                    case VALUE_TRUE, VALUE_FALSE -> Kind.TRUTH;
                    case VALUE_NULL -> Kind.NOTHING;
                    default -> Kind.TEXT;
                };
        return new Located(kind, kind == Kind.NOTHING ? "" : parser.getText(), members, elements, line, column);
    }
}
