package dev.understudy.signing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BundleTest {
    /** SHA-256 of "hello\n". */
    private static final String SHA256 = "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03";

    /** A bundle of a file with that hash by model-signing 1.1.1, and the public key of the pair that signed it. */
    private static final String FOREIGN = """
            {"mediaType":"application/vnd.dev.sigstore.bundle.v0.3+json","verificationMaterial":{"publicKey":{"h\
            int":"435669e923dc420bbcba3642a10540d752216b41d3c78f65ecbb42f3c91a1e09"},"tlogEntries":[]},"dsseEnve\
            lope":{"payload":"ewogICJfdHlwZSI6ICJodHRwczovL2luLXRvdG8uaW8vU3RhdGVtZW50L3YxIiwKICAic3ViamVjdCI6IF\
            sKICAgIHsKICAgICAgIm5hbWUiOiAiYS5vbm54IiwKICAgICAgImRpZ2VzdCI6IHsKICAgICAgICAic2hhMjU2IjogImVjYjY1Ym\
            I5OGY5ZDkwNWI3MDQ1ODk4NmMzOWZjYmFkNzcxNWU1ZjJmY2MzYjFmMDc3NjdkN2M4M2UyNDM4Y2MiCiAgICAgIH0KICAgIH0KIC\
            BdLAogICJwcmVkaWNhdGVUeXBlIjogImh0dHBzOi8vbW9kZWxfc2lnbmluZy9zaWduYXR1cmUvdjEuMCIsCiAgInByZWRpY2F0ZS\
            I6IHsKICAgICJyZXNvdXJjZXMiOiBbCiAgICAgIHsKICAgICAgICAiYWxnb3JpdGhtIjogInNoYTI1NiIsCiAgICAgICAgIm5hbW\
            UiOiAiLiIsCiAgICAgICAgImRpZ2VzdCI6ICI1ODkxYjViNTIyZDVkZjA4NmQwZmYwYjExMGZiZDlkMjFiYjRmYzcxNjNhZjM0ZD\
            A4Mjg2YTJlODQ2ZjZiZTAzIgogICAgICB9CiAgICBdLAogICAgInNlcmlhbGl6YXRpb24iOiB7CiAgICAgICJhbGxvd19zeW1saW\
            5rcyI6IGZhbHNlLAogICAgICAibWV0aG9kIjogImZpbGVzIiwKICAgICAgImhhc2hfdHlwZSI6ICJzaGEyNTYiLAogICAgICAiaW\
            dub3JlX3BhdGhzIjogWwogICAgICAgICIuZ2l0IiwKICAgICAgICAiLmdpdGh1YiIsCiAgICAgICAgIi5naXRpZ25vcmUiLAogIC\
            AgICAgICIuZ2l0YXR0cmlidXRlcyIKICAgICAgXQogICAgfQogIH0KfQ==","payloadType":"application/vnd.in-toto+j\
            son","signatures":[{"sig":"MEUCIQCUdY9WC0ZxqPXLsTx+bZB4ItWd8esgwOJL0mwF4huJkQIgcgoqXqhOsP/tl0nouiVxj\
            KwZBghD5AHl3aTNTJYwYfs=","keyid":""}]}}""";

    private static final String FOREIGN_KEY = """
            -----BEGIN PUBLIC KEY-----
            MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEB6ZCOHsyXA/9lGWxp1QMyoMJWtpf
            CvTKluOx1uP4JyHs26gzn5OyvzwRg+bWLfGNEg9LxprHrHNk/8x8Sl7bLg==
            -----END PUBLIC KEY-----
            """;

    private static final Statement STATEMENT =
            new Statement("driving/car-following", SHA256, new TreeMap<>(Map.of("epoch", "3", "kind", "promotion")));

    @TempDir
    Path folder = Path.of("");

    @Test
    void whatWasSignedIsReadWithTheKeyOfThatPair() {
        SigningKey key = SigningKey.generate();
        byte[] bundle = Bundle.sign(STATEMENT, key);
        assertThat(Bundle.open(bundle, List.of(key.verifyingKey()))).isEqualTo(STATEMENT);
        assertThat(new String(bundle, StandardCharsets.UTF_8))
                .contains("\"hint\":\"" + key.verifyingKey().fingerprint() + "\"");
    }

    @Test
    void anyOfSeveralKeysWillDoWhileOneTakesOverFromAnother() {
        SigningKey old = SigningKey.generate();
        SigningKey next = SigningKey.generate();
        List<VerifyingKey> both = List.of(old.verifyingKey(), next.verifyingKey());
        assertThat(Bundle.open(Bundle.sign(STATEMENT, old), both)).isEqualTo(STATEMENT);
        assertThat(Bundle.open(Bundle.sign(STATEMENT, next), both)).isEqualTo(STATEMENT);
    }

    @Test
    void aSignatureByAnotherKeyIsRefusedAndBothAreNamed() {
        SigningKey key = SigningKey.generate();
        SigningKey stranger = SigningKey.generate();
        assertThatThrownBy(() -> Bundle.open(Bundle.sign(STATEMENT, stranger), List.of(key.verifyingKey())))
                .isInstanceOf(UntrustedException.class)
                .hasMessageContaining("expected a signature by one of the trusted keys [" + key.verifyingKey() + "]")
                .hasMessageContaining("found one by " + stranger.verifyingKey());
    }

    @Test
    void anAlteredBundleStatesNothingElse() {
        SigningKey key = SigningKey.generate();
        byte[] bundle = Bundle.sign(STATEMENT, key);
        long seed = 20_261_126;
        SplittableRandom random = new SplittableRandom(seed);
        for (int trial = 0; trial < 500; trial++) {
            byte[] altered = bundle.clone();
            altered[random.nextInt(altered.length)] ^= (byte) (1 << random.nextInt(7));
            Statement found;
            try {
                found = Bundle.open(altered, List.of(key.verifyingKey()));
            } catch (UntrustedException e) {
                continue;
            }
            // What is not signed (the hint, the name of a field that is not read) may differ.
            assertThat(found).as("seed %d, trial %d", seed, trial).isEqualTo(STATEMENT);
        }
    }

    @Test
    void aBundleOfTheReferenceToolIsRead() {
        Statement found = Bundle.open(
                FOREIGN.getBytes(StandardCharsets.UTF_8), List.of(VerifyingKey.parse(FOREIGN_KEY, "the test")));
        assertThat(found.name()).isEqualTo("a.onnx");
        assertThat(found.sha256()).isEqualTo(SHA256);
        assertThat(found.claims()).isEmpty();
    }

    @Test
    void aPairOfZerosIsNoSignature() {
        SigningKey key = SigningKey.generate();
        String bundle = new String(Bundle.sign(STATEMENT, key), StandardCharsets.UTF_8);
        byte[] zeros = {0x30, 0x06, 0x02, 0x01, 0x00, 0x02, 0x01, 0x00};
        String forged = bundle.replaceAll(
                "\"sig\":\"[^\"]*\"", "\"sig\":\"" + Base64.getEncoder().encodeToString(zeros) + "\"");
        assertThat(forged).isNotEqualTo(bundle);
        assertThatThrownBy(() -> Bundle.open(forged.getBytes(StandardCharsets.UTF_8), List.of(key.verifyingKey())))
                .isInstanceOf(UntrustedException.class);
    }

    @Test
    void whatIsNoBundleIsRefusedInWords() {
        List<VerifyingKey> keys = List.of(SigningKey.generate().verifyingKey());
        for (String odd : List.of("", "{}", "[1]", "nonsense", "{\"mediaType\":\"x\"}", "{\"mediaType\":1}")) {
            assertThatThrownBy(() -> Bundle.open(odd.getBytes(StandardCharsets.UTF_8), keys))
                    .isInstanceOf(UntrustedException.class)
                    .hasMessageContaining("expected");
        }
        assertThatThrownBy(() -> Bundle.open(new byte[Bundle.MOST_BYTES + 1], keys))
                .isInstanceOf(UntrustedException.class)
                .hasMessageContaining("at most 65536 bytes");
    }

    @Test
    void keysSurviveTheirFiles() throws Exception {
        SigningKey key = SigningKey.generate();
        Path secret = Files.writeString(folder.resolve("gate.pem"), key.toPem());
        Path open =
                Files.writeString(folder.resolve("gate.pub"), key.verifyingKey().toPem());
        SigningKey read = SigningKey.read(secret);
        assertThat(read.verifyingKey()).isEqualTo(key.verifyingKey());
        assertThat(VerifyingKey.read(open)).isEqualTo(key.verifyingKey());
        assertThat(read.toString()).doesNotContain(key.toPem().substring(40, 80));
    }

    @Test
    void aKeyOfAnotherKindIsRefusedWithTheWayToMakeAGoodOne() throws Exception {
        Path file = folder.resolve("key.pem");
        Files.writeString(file, "-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----\n");
        assertThatThrownBy(() -> SigningKey.read(file))
                .hasMessageContaining("expected -----BEGIN PRIVATE KEY-----")
                .hasMessageContaining("openssl pkcs8 -topk8");
        Files.writeString(file, SigningKey.generate().toPem());
        assertThatThrownBy(() -> VerifyingKey.read(file))
                .hasMessageContaining("expected -----BEGIN PUBLIC KEY-----")
                .hasMessageContaining("openssl pkey -in");
        Files.writeString(file, "none");
        assertThatThrownBy(() -> VerifyingKey.read(file)).hasMessageContaining("found no block");
        assertThatThrownBy(() -> VerifyingKey.read(folder.resolve("missing")))
                .hasMessageContaining("found no such file");
        java.security.KeyPairGenerator other = java.security.KeyPairGenerator.getInstance("EC");
        other.initialize(new java.security.spec.ECGenParameterSpec("secp384r1"));
        Files.writeString(
                file,
                Pem.write("PUBLIC KEY", other.generateKeyPair().getPublic().getEncoded()));
        assertThatThrownBy(() -> VerifyingKey.read(file)).hasMessageContaining("expected a key of the curve P-256");
    }
}
