package dev.understudy.app.commands;

import dev.understudy.app.console.CommandFailedException;
import dev.understudy.app.console.Failures;
import dev.understudy.app.console.Settings;
import dev.understudy.app.kafka.Connection;
import dev.understudy.app.kafka.TopicReader;
import dev.understudy.model.GoldenOutputs;
import dev.understudy.schemas.Candidate;
import dev.understudy.schemas.EpochBound;
import dev.understudy.schemas.Promotion;
import dev.understudy.schemas.RecordSigner;
import dev.understudy.schemas.Topics;
import dev.understudy.schemas.Trust;
import dev.understudy.schemas.UnderstudySerdes;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.Serdes;

/**
 * What the model topics of a cluster say of one policy.
 *
 * @param others the policies that there are models of besides
 */
record Models(Connection connection, TopicReader reader, String policy, List<Promotion> verdicts, Set<String> others) {
    /** Reads the verdicts, oldest first; connects. */
    static Models read(Settings settings, String policy, Trust trust) {
        Connection connection = Connection.of(settings);
        connection.admin().close();
        TopicReader reader =
                new TopicReader(connection, Duration.ofSeconds(settings.get(Connection.TIMEOUT_SECONDS)), trust);
        List<Promotion> all =
                EpochBound.believed(reader.all(Topics.HISTORY, Serdes.String(), UnderstudySerdes.promotion()).stream()
                        .map(ConsumerRecord::value)
                        .filter(Objects::nonNull)
                        .toList());
        List<Promotion> verdicts =
                all.stream().filter(verdict -> verdict.policy().equals(policy)).toList();
        Set<String> others = new TreeSet<>();
        all.forEach(verdict -> others.add(verdict.policy()));
        others.remove(policy);
        return new Models(connection, reader, policy, verdicts, others);
    }

    /** Returns the promotion in force: the highest epoch, the later of two with the same. */
    Optional<Promotion> inForce() {
        EpochBound bound = new EpochBound(
                verdicts.stream().mapToLong(Promotion::epoch).max().orElse(0));
        return reader.all(Topics.PROMOTIONS, Serdes.String(), UnderstudySerdes.promotion()).stream()
                .map(ConsumerRecord::value)
                .filter(Objects::nonNull)
                .filter(Promotion::promoted)
                .filter(promotion -> promotion.policy().equals(policy) && bound.believes(promotion.epoch()))
                .reduce((one, other) -> other.epoch() >= one.epoch() ? other : one);
    }

    /** Puts a promotion into the history and in force, signed if there is a key to sign with. */
    void publish(Promotion promotion, RecordSigner signer) throws InterruptedException {
        Map<String, Object> settings = connection.clientSettings();
        settings.put("acks", "all");
        byte[] key = promotion.policy().getBytes(StandardCharsets.UTF_8);
        try (Producer<byte[], byte[]> producer =
                new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer())) {
            // The history first: what is in force must be found there.
            for (String topic : List.of(Topics.HISTORY, Topics.PROMOTIONS)) {
                byte[] value = UnderstudySerdes.promotion().serializer().serialize(topic, promotion);
                producer.send(new ProducerRecord<>(topic, null, key, value, signer.headers(topic, key, value)))
                        .get();
            }
        } catch (ExecutionException e) {
            throw new CommandFailedException("cannot publish the promotion: " + Failures.describe(e), e);
        }
    }

    /** Returns the candidates of the policy, oldest first. */
    List<Candidate> candidates() {
        return reader.all(Topics.CANDIDATES, Serdes.String(), UnderstudySerdes.candidate()).stream()
                .map(ConsumerRecord::value)
                .filter(Objects::nonNull)
                .filter(candidate -> candidate.policy().equals(policy))
                .toList();
    }

    /** Returns what learned each model, by SHA-256. */
    Map<String, String> algorithms() {
        Map<String, String> algorithms = new HashMap<>();
        candidates().forEach(candidate -> algorithms.put(candidate.sha256(), candidate.algorithm()));
        return algorithms;
    }

    /** Says that no model of the policy was judged, and of which policies there are models. */
    String none() {
        return "no model of %s was judged yet; %s"
                .formatted(
                        policy,
                        others.isEmpty()
                                ? "nor of any other policy"
                                : "there are models of " + String.join(", ", others) + ": say which by --policy");
    }

    /** Returns the last verdict on the model whose hash begins so. */
    Promotion verdict(String hash) {
        if (verdicts.isEmpty()) {
            throw new CommandFailedException(none());
        }
        List<Promotion> found = verdicts.stream()
                .filter(verdict -> verdict.sha256().startsWith(hash))
                .toList();
        long models = found.stream().map(Promotion::sha256).distinct().count();
        if (models != 1) {
            throw new CommandFailedException("expected one model of %s whose SHA-256 begins with %s, found %d of %d"
                    .formatted(
                            policy,
                            hash,
                            models,
                            verdicts.stream().map(Promotion::sha256).distinct().count()));
        }
        return found.get(found.size() - 1);
    }

    /** Returns what the gate kept of the outputs of a model when it promoted it; nothing if it never did. */
    SortedMap<String, Double> goldenOutputs(String sha256) {
        return verdicts().stream()
                .filter(verdict -> verdict.promoted() && verdict.sha256().equals(sha256))
                .map(verdict -> GoldenOutputs.in(verdict.evidence()))
                .filter(golden -> !golden.isEmpty())
                .findFirst()
                .orElseGet(TreeMap::new);
    }
}
