package dev.understudy.domain;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Who is learned from. The choice is made where models are learned, and travels in their files. Who counts as an expert
 * decides what is known of an entity, so serving has to observe with the same choice.
 */
public final class Experts {
    /** People, and the assistance of the machine itself. */
    public static final Set<Actor> DEFAULT = Set.of(Actor.HUMAN, Actor.ASSISTANCE);

    /** Key of the choice in a model's metadata. */
    public static final String KEY = "experts";

    private Experts() {}

    /**
     * Returns the choice that a model was learned by, or the default if its file is older than the choice.
     *
     * @param extra what the model's metadata say by name
     */
    public static Set<Actor> of(Map<String, String> extra) {
        String text = extra.get(KEY);
        return text == null ? DEFAULT : parse(text);
    }

    /** Returns a choice as text, such as {@code HUMAN,ASSISTANCE}. */
    public static String text(Set<Actor> experts) {
        return experts.stream().sorted().map(Actor::name).collect(Collectors.joining(","));
    }

    /**
     * Reads what {@link #text} wrote.
     *
     * @throws IllegalArgumentException if it is something else
     */
    public static Set<Actor> parse(String text) {
        Set<Actor> experts = EnumSet.noneOf(Actor.class);
        for (String name : text.split(",", -1)) {
            experts.add(Arrays.stream(Actor.values())
                    .filter(actor -> actor.name().equals(name))
                    .findFirst()
                    .orElseThrow(() -> new IllegalArgumentException(
                            "expected experts of %s, got '%s'".formatted(Arrays.toString(Actor.values()), text))));
        }
        return experts;
    }
}
