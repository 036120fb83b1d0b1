package dev.understudy.dialogue;

import dev.understudy.json.Json;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * A tokeniser as {@code tokenizer.json}, the form of Hugging Face's libraries. There a byte is written as a character
 * that can be seen: itself where it is one in Latin-1, else one from U+0100 on.
 */
final class TokeniserJson {
    private static final char[] CHARACTER_OF_BYTE = new char[256];
    private static final Map<Character, Integer> BYTE_OF_CHARACTER = new HashMap<>();

    static {
        char unseen = 0x100;
        for (int value = 0; value < 256; value++) {
            boolean isSeen = (value >= '!' && value <= '~') || (value >= 0xA1 && value != 0xAD);
            CHARACTER_OF_BYTE[value] = isSeen ? (char) value : unseen++;
            BYTE_OF_CHARACTER.put(CHARACTER_OF_BYTE[value], value);
        }
    }

    private TokeniserJson() {}

    /** Returns all bytes in the order of their characters, which is that of their ids. */
    static List<Integer> bytesInOrder() {
        return IntStream.range(0, 256)
                .boxed()
                .sorted(Comparator.comparing((Integer value) -> CHARACTER_OF_BYTE[value]))
                .toList();
    }

    static byte[] write(Tokeniser tokeniser) {
        StringBuilder out = new StringBuilder(1 << 17);
        out.append("{\"version\":\"1.0\",\"truncation\":null,\"padding\":null,\"added_tokens\":[");
        for (int id = 0; id < Tokeniser.MARKS.size(); id++) {
            out.append(id > 0 ? "," : "").append("{\"id\":").append(id).append(",\"content\":");
            Json.quote(out, Tokeniser.MARKS.get(id));
            out.append(
                    ",\"single_word\":false,\"lstrip\":false,\"rstrip\":false,\"normalized\":false,\"special\":true}");
        }
        String byteLevel =
                "{\"type\":\"ByteLevel\",\"add_prefix_space\":false,\"trim_offsets\":true,\"use_regex\":true}";
        out.append("],\"normalizer\":null,\"pre_tokenizer\":").append(byteLevel);
        out.append(",\"post_processor\":null,\"decoder\":").append(byteLevel);
        out.append(
                ",\"model\":{\"type\":\"BPE\",\"dropout\":null,\"unk_token\":null,\"continuing_subword_prefix\":null,"
                        + "\"end_of_word_suffix\":null,\"fuse_unk\":false,\"byte_fallback\":false,\"ignore_merges\":false,\"vocab\":{");
        for (int id = 0; id < tokeniser.size(); id++) {
            out.append(id > 0 ? "," : "");
            Json.quote(out, word(tokeniser, id));
            out.append(':').append(id);
        }
        out.append("},\"merges\":[");
        for (int i = 0; i < tokeniser.merges().size(); i++) {
            Tokeniser.Merge merge = tokeniser.merges().get(i);
            out.append(i > 0 ? "," : "");
            Json.quote(out, word(tokeniser, merge.left()) + " " + word(tokeniser, merge.right()));
        }
        return out.append("]}}").toString().getBytes(StandardCharsets.UTF_8);
    }

    private static String word(Tokeniser tokeniser, int id) {
        if (Tokeniser.isMark(id)) {
            return Tokeniser.MARKS.get(id);
        }
        StringBuilder word = new StringBuilder();
        for (byte value : tokeniser.entries().get(id)) {
            word.append(CHARACTER_OF_BYTE[value & 0xFF]);
        }
        return word.toString();
    }

    static Tokeniser read(byte[] json) {
        Map<?, ?> root = map(Json.parse(new String(json, StandardCharsets.UTF_8)), "tokenizer.json");
        Map<?, ?> model = map(root.get("model"), "model");
        require("model.type", model, "type", "BPE");
        Map<?, ?> words = map(root.get("pre_tokenizer"), "pre_tokenizer");
        require("pre_tokenizer.type", words, "type", "ByteLevel");
        require("pre_tokenizer.add_prefix_space", words, "add_prefix_space", false);
        if (words.containsKey("use_regex")) {
            require("pre_tokenizer.use_regex", words, "use_regex", true);
        }
        if (root.containsKey("normalizer")) {
            require("normalizer", root, "normalizer", Json.NULL);
        }
        Map<String, Integer> idByWord = ids(map(model.get("vocab"), "model.vocab"));
        List<byte[]> entries = new ArrayList<>(Tokeniser.marksAndBytes());
        entries.addAll(Collections.nCopies(idByWord.size() - entries.size(), new byte[0]));
        idByWord.forEach((word, id) -> {
            if (!Tokeniser.isMark(id)) {
                entries.set(id, bytes(word));
            }
        });
        return new Tokeniser(entries, merges(model.get("merges"), idByWord));
    }

    /** Returns the id of each word; they are 0, 1, 2 and so on, the marks and bytes where they are always. */
    private static Map<String, Integer> ids(Map<?, ?> vocabulary) {
        int size = vocabulary.size();
        if (size < Tokeniser.FEWEST_ENTRIES || size > Tokeniser.MOST_ENTRIES) {
            throw new IllegalArgumentException("expected %d to %d entries in model.vocab, got %d"
                    .formatted(Tokeniser.FEWEST_ENTRIES, Tokeniser.MOST_ENTRIES, size));
        }
        Map<String, Integer> ids = new HashMap<>();
        boolean[] seen = new boolean[size];
        vocabulary.forEach((word, value) -> {
            int id = value instanceof Double number ? number.intValue() : -1;
            if (id < 0 || id >= size || seen[id]) {
                throw new IllegalArgumentException(
                        "expected ids from 0 to %d, each once, in model.vocab, got %s of '%s'"
                                .formatted(size - 1, value, word));
            }
            seen[id] = true;
            ids.put(String.valueOf(word), id);
        });
        for (int id = 0; id < Tokeniser.MARKS.size(); id++) {
            requireId(ids, Tokeniser.MARKS.get(id), id);
        }
        int id = Tokeniser.MARKS.size();
        for (int value : bytesInOrder()) {
            requireId(ids, String.valueOf(CHARACTER_OF_BYTE[value]), id++);
        }
        return ids;
    }

    private static void requireId(Map<String, Integer> ids, String word, int id) {
        Integer found = ids.get(word);
        if (found == null || found != id) {
            throw new IllegalArgumentException(
                    "expected '%s' to have id %d in model.vocab, got %s".formatted(word, id, found));
        }
    }

    private static byte[] bytes(String word) {
        byte[] bytes = new byte[word.length()];
        for (int i = 0; i < bytes.length; i++) {
            Integer value = BYTE_OF_CHARACTER.get(word.charAt(i));
            if (value == null) {
                throw new IllegalArgumentException(
                        "expected characters that stand for bytes in model.vocab, got '%s'".formatted(word));
            }
            bytes[i] = value.byteValue();
        }
        return bytes;
    }

    /** Merges are pairs of words, or one text of two words with a blank between them, as older libraries write. */
    private static List<Tokeniser.Merge> merges(@Nullable Object listed, Map<String, Integer> idByWord) {
        if (!(listed instanceof List<?> list)) {
            throw new IllegalArgumentException("expected a list in model.merges, got " + listed);
        }
        List<Tokeniser.Merge> merges = new ArrayList<>();
        for (Object merge : list) {
            List<?> words = merge instanceof List<?> pair
                    ? pair
                    : Arrays.asList(String.valueOf(merge).split(" ", -1));
            Integer left = words.size() == 2 ? idByWord.get(words.get(0)) : null;
            Integer right = words.size() == 2 ? idByWord.get(words.get(1)) : null;
            Integer merged = left == null || right == null ? null : idByWord.get("" + words.get(0) + words.get(1));
            if (left == null || right == null || merged == null || Tokeniser.isMark(left) || Tokeniser.isMark(right)) {
                throw new IllegalArgumentException(
                        "expected two entries that become one in model.merges, got '%s'".formatted(merge));
            }
            merges.add(new Tokeniser.Merge(left, right, merged));
        }
        return merges;
    }

    private static Map<?, ?> map(@Nullable Object value, String name) {
        if (value instanceof Map<?, ?> map) {
            return map;
        }
        throw new IllegalArgumentException("expected an object as %s, got %s".formatted(name, value));
    }

    private static void require(String name, Map<?, ?> object, String key, Object wanted) {
        Object found = object.get(key);
        if (!wanted.equals(found)) {
            throw new IllegalArgumentException("expected %s as %s, got %s".formatted(wanted, name, found));
        }
    }
}
