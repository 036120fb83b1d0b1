package dev.understudy.dialogue;

import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * The acts of a turn without their values, {@code domain|act|slot}, as policies of acts predict them (Chen and others,
 * 2019, arXiv:1905.12866, predict domain, act and slot of MultiWOZ): a slot that an act lacks is empty. A number behind
 * a domain, which tells services of one kind apart ({@code Restaurants_1}), is left out.
 */
final class Acts {
    /** Separates acts where they are one text. */
    static final String SEPARATOR = "\n";

    private static final Pattern NUMBER = Pattern.compile("_\\d+$");

    private Acts() {}

    /** Returns what was meant by a turn, in the order of the alphabet; nothing if the log does not say. */
    static SortedSet<String> of(List<String> acts) {
        SortedSet<String> all = new TreeSet<>();
        for (String act : acts) {
            String[] parts = act.strip().replaceAll("\\s+", " ").split("\\|", -1);
            String slot = parts.length > 2 && !parts[2].equals("none") ? parts[2] : "";
            if (!parts[0].isBlank() && parts.length > 1) {
                all.add(NUMBER.matcher(parts[0]).replaceFirst("") + "|" + parts[1] + "|" + slot);
            }
        }
        return all;
    }

    /** Returns acts as one text. */
    static String text(SortedSet<String> acts) {
        return String.join(SEPARATOR, acts);
    }

    /** Returns the acts of one text; none of an empty one. */
    static List<String> split(String text) {
        return text.isEmpty() ? List.of() : List.of(text.split(SEPARATOR, -1));
    }

    /** Returns the domain of an act. */
    static String domain(String act) {
        return act.substring(0, Math.max(0, act.indexOf('|')));
    }

    /**
     * Returns the acts that occur in at least {@code fewest} of some sets of acts, at most {@code most} of them, the
     * most frequent first, then by the alphabet.
     */
    static List<String> frequent(List<List<String>> sets, int fewest, int most) {
        SortedMap<String, Integer> counts = new TreeMap<>();
        sets.forEach(set -> set.forEach(act -> counts.merge(act, 1, Integer::sum)));
        List<String> acts = new ArrayList<>(counts.keySet());
        acts.removeIf(act -> counts.getOrDefault(act, 0) < fewest);
        acts.sort((one, other) -> {
            int byCount = Integer.compare(counts.getOrDefault(other, 0), counts.getOrDefault(one, 0));
            return byCount == 0 ? one.compareTo(other) : byCount;
        });
        return List.copyOf(acts.subList(0, Math.min(most, acts.size())));
    }
}
