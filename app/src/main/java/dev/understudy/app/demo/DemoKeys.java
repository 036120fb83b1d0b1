package dev.understudy.app.demo;

import dev.understudy.schemas.RecordSigner;
import dev.understudy.schemas.Role;
import dev.understudy.schemas.Signing;
import dev.understudy.schemas.Trust;
import dev.understudy.signing.SigningKey;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * The keys of one run, whose files go with its folder: the demonstration signs and verifies as a cluster should.
 *
 * @param trainer how the learning job signs
 * @param gate how the promotion job signs
 */
record DemoKeys(Signing trainer, Signing gate) {
    /** Makes new keys. */
    static DemoKeys make(Path folder) throws IOException {
        SigningKey trainer = SigningKey.generate();
        SigningKey gate = SigningKey.generate();
        Trust trust = new Trust(Map.of(
                Role.TRAINER, List.of(trainer.verifyingKey()),
                Role.GATE, List.of(gate.verifyingKey())));
        return new DemoKeys(
                new Signing(signer(folder.resolve("trainer.pem"), trainer), trust),
                new Signing(signer(folder.resolve("gate.pem"), gate), trust));
    }

    private static RecordSigner signer(Path file, SigningKey key) throws IOException {
        return RecordSigner.with(Files.writeString(file, key.toPem()));
    }

    /** Returns whose signatures count. */
    Trust trust() {
        return gate.trust();
    }
}
