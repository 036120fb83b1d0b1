package dev.understudy.driving;

import dev.understudy.driving.FollowingLawCalibration.Effort;
import dev.understudy.driving.FollowingLawCalibration.Fit;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;

/**
 * The laws that car-following policies are compared with, by the names under which they are reported.
 *
 * @param laws calibrated laws by name, in the order they are reported in
 * @param remarks notes on their calibration
 */
public record FollowingBaselines(Map<String, FollowingLaws> laws, List<String> remarks) {
    /** The Intelligent Driver Model, fitted in closed loop. */
    public static final String IDM = "idm";
    /** The same, fitted to the expert's next acceleration; for errors of one step alone. */
    public static final String IDM_ONE_STEP = "idmOneStep";
    /** A constant time gap, fitted in closed loop. */
    public static final String CONSTANT_TIME_GAP = "constantTimeGap";
    /** A constant time gap of each car and setting, fitted in closed loop. */
    public static final String CONSTANT_TIME_GAP_PER_ENTITY = "constantTimeGapPerEntity";

    /** Prefix of the keys of the parameters in a model's metadata. */
    private static final String KEY = "baseline.";

    private static final Map<String, Function<String, FollowingLaws>> READERS = readers();

    public FollowingBaselines {
        laws = Collections.unmodifiableMap(new LinkedHashMap<>(laws));
        remarks = List.copyOf(remarks);
    }

    private static Map<String, Function<String, FollowingLaws>> readers() {
        Map<String, Function<String, FollowingLaws>> readers = new LinkedHashMap<>();
        readers.put(IDM, IntelligentDriverModel::fromText);
        readers.put(IDM_ONE_STEP, IntelligentDriverModel::fromText);
        readers.put(CONSTANT_TIME_GAP, ConstantTimeGap::fromText);
        readers.put(CONSTANT_TIME_GAP_PER_ENTITY, ConstantTimeGapPerEntity::fromText);
        return readers;
    }

    /** Returns the key under which a model's metadata carry the parameters of a baseline. */
    public static String key(String name) {
        return KEY + name;
    }

    /**
     * Returns the Intelligent Driver Model that was fitted to one step ahead; else the one fitted to drive, else the
     * published one.
     */
    static IntelligentDriverModel oneStep(Map<String, String> parameters) {
        String text = parameters.getOrDefault(key(IDM_ONE_STEP), parameters.get(key(IDM)));
        return text == null ? IntelligentDriverModel.published() : IntelligentDriverModel.fromText(text);
    }

    /** Returns the Intelligent Driver Model that was fitted to drive, else the published one. */
    static IntelligentDriverModel driver(Map<String, String> parameters) {
        String text = parameters.get(key(IDM));
        return text == null ? IntelligentDriverModel.published() : IntelligentDriverModel.fromText(text);
    }

    /** Returns no baselines, for where there is nothing to calibrate on. */
    public static FollowingBaselines none() {
        return new FollowingBaselines(Map.of(), List.of());
    }

    /**
     * Fits all of them; a few seconds for 500 stretches.
     *
     * @throws IllegalArgumentException if there is no stretch
     */
    public static FollowingBaselines calibrate(CarFollowingStretches training, Effort effort, long seed) {
        Fit<ConstantTimeGap> gap = FollowingLawCalibration.constantTimeGap(training, effort, seed);
        Map<String, Fit<? extends FollowingLaws>> fits = new LinkedHashMap<>();
        fits.put(IDM, FollowingLawCalibration.intelligentDriverModel(training, effort, seed));
        fits.put(IDM_ONE_STEP, FollowingLawCalibration.intelligentDriverModelOneStep(training, effort, seed));
        fits.put(CONSTANT_TIME_GAP, gap);
        fits.put(CONSTANT_TIME_GAP_PER_ENTITY, FollowingLawCalibration.constantTimeGapPerEntity(training, gap.law()));
        Map<String, FollowingLaws> laws = new LinkedHashMap<>();
        List<String> remarks = new ArrayList<>();
        fits.forEach((name, fit) -> {
            laws.put(name, fit.law());
            remarks.addAll(fit.remarks());
        });
        return new FollowingBaselines(laws, remarks);
    }

    /**
     * Returns the baselines whose parameters a model's metadata carry; those that it does not name are left out.
     *
     * @throws IllegalArgumentException if one cannot be read
     */
    public static FollowingBaselines ofMetadata(Map<String, String> metadata) {
        Map<String, FollowingLaws> laws = new LinkedHashMap<>();
        READERS.forEach((name, reader) -> {
            String text = metadata.get(KEY + name);
            if (text != null) {
                laws.put(name, reader.apply(text));
            }
        });
        return new FollowingBaselines(laws, List.of());
    }

    /** Returns the parameters by the keys under which a model's metadata carry them. */
    public SortedMap<String, String> toMetadata() {
        SortedMap<String, String> metadata = new TreeMap<>();
        laws.forEach((name, law) -> metadata.put(KEY + name, law.toText()));
        return metadata;
    }

    /**
     * Returns the parameters of one of them as text.
     *
     * @throws IllegalArgumentException if it is not among them
     */
    public String text(String name) {
        FollowingLaws law = laws.get(name);
        if (law == null) {
            throw new IllegalArgumentException("expected one of %s, got %s".formatted(laws.keySet(), name));
        }
        return law.toText();
    }

    /** Returns those that are fitted to drive: all but {@link #IDM_ONE_STEP}. */
    public Map<String, FollowingLaws> drivers() {
        Map<String, FollowingLaws> drivers = new LinkedHashMap<>(laws);
        drivers.remove(IDM_ONE_STEP);
        return drivers;
    }
}
