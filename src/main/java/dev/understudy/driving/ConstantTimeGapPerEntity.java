package dev.understudy.driving;

import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Following at a constant time gap that is each car's and setting's own: T and s by vehicle and label, one pair of
 * gains for all of them. As a baseline it knows more than a policy, which never observes whose car it drives.
 *
 * @param others the law of every car and setting without its own spacing
 * @param gapGain k1 of those that have, 1/s^2
 * @param speedGain k2 of those that have, 1/s
 * @param spacings T and s by entity
 */
public record ConstantTimeGapPerEntity(
        ConstantTimeGap others, double gapGain, double speedGain, SortedMap<Entity, Spacing> spacings)
        implements FollowingLaws {

    private static final String[] GAINS = {"k1", "k2"};
    private static final String[] SPACING = {"T", "s"};
    private static final String VEHICLE = "vehicle=";
    private static final String LABEL = "label=";

    /** A car under a label, by name. */
    public record Entity(String vehicle, String label) implements Comparable<Entity> {
        @Override
        public int compareTo(Entity other) {
            int byVehicle = vehicle.compareTo(other.vehicle);
            return byVehicle != 0 ? byVehicle : label.compareTo(other.label);
        }
    }

    /**
     * How far it keeps off.
     *
     * @param timeGap T, s
     * @param standstillGap s, m
     */
    public record Spacing(double timeGap, double standstillGap) {}

    public ConstantTimeGapPerEntity {
        spacings = Collections.unmodifiableSortedMap(new TreeMap<>(spacings));
        for (Spacing spacing : spacings.values()) {
            new ConstantTimeGap(spacing.timeGap(), spacing.standstillGap(), gapGain, speedGain);
        }
    }

    @Override
    public ConstantTimeGap of(String vehicle, String label) {
        Spacing spacing = spacings.get(new Entity(vehicle, label));
        return spacing == null
                ? others
                : new ConstantTimeGap(spacing.timeGap(), spacing.standstillGap(), gapGain, speedGain);
    }

    /**
     * Returns the parameters as text: those of the others, the common gains, and T and s of each entity, divided by
     * semicolons, {@code "T=1.9 s=0.8 k1=0.005 k2=0.55; k1=0.01 k2=0.5; vehicle=BMW_I3 label=acc-S T=1.1 s=4.0"}. Names
     * are written as in the query of a URL.
     */
    @Override
    public String toText() {
        StringBuilder text = new StringBuilder(others.toText());
        text.append("; ").append(ParameterText.write(GAINS, gapGain, speedGain));
        for (Map.Entry<Entity, Spacing> each : spacings.entrySet()) {
            text.append("; ")
                    .append(VEHICLE)
                    .append(URLEncoder.encode(each.getKey().vehicle(), StandardCharsets.UTF_8))
                    .append(' ')
                    .append(LABEL)
                    .append(URLEncoder.encode(each.getKey().label(), StandardCharsets.UTF_8))
                    .append(' ')
                    .append(ParameterText.write(
                            SPACING, each.getValue().timeGap(), each.getValue().standstillGap()));
        }
        return text.toString();
    }

    /**
     * Reads what {@link #toText} wrote.
     *
     * @throws IllegalArgumentException if the text is something else
     */
    public static ConstantTimeGapPerEntity fromText(String text) {
        String[] parts = text.split(";", -1);
        if (parts.length < 2) {
            throw new IllegalArgumentException(
                    "expected the parameters of the others, the common gains and the entities between semicolons, got \"%s\""
                            .formatted(text));
        }
        double[] gains = ParameterText.read(GAINS, parts[1]);
        SortedMap<Entity, Spacing> spacings = new TreeMap<>();
        for (int i = 2; i < parts.length; i++) {
            String[] words = parts[i].strip().split(" ", 3);
            if (words.length != 3 || !words[0].startsWith(VEHICLE) || !words[1].startsWith(LABEL)) {
                throw new IllegalArgumentException(
                        "expected vehicle=NAME label=NAME T=number s=number, got \"%s\"".formatted(parts[i]));
            }
            double[] values = ParameterText.read(SPACING, words[2]);
            spacings.put(new Entity(name(words[0], VEHICLE), name(words[1], LABEL)), new Spacing(values[0], values[1]));
        }
        return new ConstantTimeGapPerEntity(ConstantTimeGap.fromText(parts[0]), gains[0], gains[1], spacings);
    }

    private static String name(String word, String start) {
        return URLDecoder.decode(word.substring(start.length()), StandardCharsets.UTF_8);
    }
}
