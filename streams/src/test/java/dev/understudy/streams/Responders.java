package dev.understudy.streams;

import dev.understudy.data.ByteRows;
import dev.understudy.data.Matrix;
import dev.understudy.dialogue.ResponderSpec;
import dev.understudy.dialogue.Role;
import dev.understudy.dialogue.Tokeniser;
import dev.understudy.dialogue.Turn;
import dev.understudy.domain.Actor;
import dev.understudy.domain.Featuriser;
import dev.understudy.model.ModelFile;
import dev.understudy.model.ModelMetadata;
import dev.understudy.network.RecurrentNetwork;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeMap;

/** Small models of dialogue that have learned nothing, and reply to what they read with as many letters as they may. */
final class Responders {
    static final ResponderSpec SPEC = new ResponderSpec();

    private Responders() {}

    static Tokeniser tokeniser(int entries) {
        return Tokeniser.train(
                List.of("the more the merrier, and more of the merry and the more", "more and more"), entries);
    }

    /** Returns a model whose replies follow from the conversation and the number. */
    static ModelFile model(long number) {
        return model(number, tokeniser(270), 270);
    }

    /**
     * Returns a model.
     *
     * @param vocabulary of its network
     */
    static ModelFile model(long number, Tokeniser tokeniser, int vocabulary) {
        RecurrentNetwork network = new RecurrentNetwork(vocabulary, 8, 16);
        float[] theta = network.initialise(new SplittableRandom(number));
        for (int i = 0; i < theta.length; i++) {
            theta[i] *= 4;
        }
        int bias = network.layout().offset("bias");
        for (int token = 0; token < vocabulary; token++) {
            theta[bias + token] = -60;
        }
        for (char letter = 'a'; letter <= 'z'; letter++) {
            theta[bias + tokeniser.encode(String.valueOf(letter))[0]] = 0;
        }
        ByteRows golden = (ByteRows) SPEC.observationType().room(1, SPEC.observationSize());
        Turn turn = new Turn(
                "", "", 0, 0, Actor.HUMAN, "", false, Role.USER, "The more the merrier, and more.", List.of(), 0);
        SPEC.featuriser().observe(turn, false, golden, 0, Featuriser.Steps.none());
        TreeMap<String, String> extra = new TreeMap<>();
        extra.put("tokenizer", new String(tokeniser.toJson(), StandardCharsets.UTF_8));
        return ModelFile.createGolden(
                network.toModel(theta),
                new ModelMetadata(
                        SPEC.name(),
                        "",
                        0,
                        1,
                        List.of(),
                        number,
                        SPEC.fingerprint(),
                        "{}",
                        golden,
                        new Matrix(1, SPEC.actionSize(), new float[SPEC.actionSize()]),
                        "test",
                        "none",
                        extra),
                SPEC::load);
    }
}
