package dev.understudy.flink.train;

import dev.understudy.data.Matrix;
import dev.understudy.data.Rows;
import dev.understudy.domain.Actor;
import dev.understudy.domain.Experts;
import dev.understudy.domain.PolicySpec;
import dev.understudy.flink.window.WindowBatch;
import dev.understudy.learn.TrainingReport;
import dev.understudy.model.ModelFile;
import dev.understudy.model.ModelMetadata;
import dev.understudy.model.TrainedFigures;
import dev.understudy.schemas.Artifacts;
import dev.understudy.schemas.Candidate;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/** Makes a model file and its candidate of what was learned. The same window, parent and seed give the same bytes. */
final class CandidateMaker {
    private final TrainingConfig config;

    private final String algorithm;
    private final Set<Actor> experts;

    CandidateMaker(TrainingConfig config, String algorithm, Set<Actor> experts) {
        this.config = config;
        this.experts = experts;
        this.algorithm = algorithm;
    }

    /** Returns what every draw of learning this window follows from. */
    long seed(WindowBatch batch) {
        return seed(config.seed() + "|" + batch.policy() + "|" + batch.startMs());
    }

    /** Returns what the first parameters of a policy follow from. */
    long seed(String text) {
        byte[] hash = HexFormat.of().parseHex(Artifacts.sha256(text.getBytes(StandardCharsets.UTF_8)));
        return ByteBuffer.wrap(hash).getLong();
    }

    /** Returns the model file: the learner's ONNX bytes with everything on where they come from. */
    ModelFile file(WindowBatch batch, byte[] onnx, TrainingReport report, String parentSha256) {
        PolicySpec<?> spec = config.policies().spec(batch.policy());
        Rows golden = TrainedFigures.goldenObservations(batch.trajectories());
        return ModelFile.createGolden(
                onnx,
                new ModelMetadata(
                        batch.policy(),
                        parentSha256,
                        batch.startMs(),
                        batch.endMs(),
                        batch.sourceRanges(),
                        seed(batch),
                        spec.fingerprint(),
                        TrainedFigures.json(report.figures()),
                        golden,
                        new Matrix(golden.rows(), spec.actionSize(), new float[golden.rows() * spec.actionSize()]),
                        config.codeVersion(),
                        config.dataLicence(),
                        extra()));
    }

    private SortedMap<String, String> extra() {
        SortedMap<String, String> extra = new TreeMap<>(config.baselines());
        extra.put(ModelMetadata.ALGORITHM, algorithm);
        extra.put(Experts.KEY, Experts.text(experts));
        return extra;
    }

    /** Returns the id of the candidate that a window makes of a parent, the hash of a model file or empty. */
    String candidateId(WindowBatch batch, String parentSha256) {
        String identity = String.join(
                "|",
                batch.policy(),
                parentSha256,
                Long.toString(batch.startMs()),
                Long.toString(batch.endMs()),
                Long.toString(config.seed()),
                config.codeVersion(),
                algorithm);
        return Artifacts.sha256(identity.getBytes(StandardCharsets.UTF_8)).substring(0, 32);
    }

    /** Returns the candidate of a model file. */
    Candidate candidate(WindowBatch batch, ModelFile file, TrainingReport report, long trainMillis, long nowMs) {
        String parent = file.metadata().parentSha256();
        return new Candidate(
                candidateId(batch, parent),
                batch.policy(),
                parent,
                file.sha256(),
                file.bytes().length,
                batch.startMs(),
                batch.endMs(),
                batch.closedAtMs(),
                seed(batch),
                config.codeVersion(),
                file.metadata().fingerprint(),
                report.figures(),
                trainMillis,
                nowMs,
                algorithm);
    }
}
