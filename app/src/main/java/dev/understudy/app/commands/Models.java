package dev.understudy.app.commands;

import dev.understudy.app.console.BadSettingsException;
import dev.understudy.app.console.CommandFailedException;
import dev.understudy.app.console.Failures;
import dev.understudy.app.console.Settings;
import dev.understudy.app.kafka.Connection;
import dev.understudy.app.kafka.TopicReader;
import dev.understudy.catalogue.Catalogue;
import dev.understudy.domain.PolicyName;
import dev.understudy.model.GoldenOutputs;
import dev.understudy.schemas.Candidate;
import dev.understudy.schemas.Precedence;
import dev.understudy.schemas.Promotion;
import dev.understudy.schemas.RecordSigner;
import dev.understudy.schemas.Topics;
import dev.understudy.schemas.Trust;
import dev.understudy.schemas.UnderstudySerdes;
import dev.understudy.schemas.VerdictLog;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
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
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the model topics of a cluster say of one policy.
 *
 * @param trust whose signatures count
 * @param history the records of the history, as they are
 * @param verdicts those of them on the policy that are believed, oldest first
 * @param passedOver how many of the history are left out, each of which was named
 * @param others the policies that there are models of besides
 */
record Models(
        Connection connection,
        TopicReader reader,
        Trust trust,
        String policy,
        List<ConsumerRecord<byte[], byte[]>> history,
        List<Promotion> verdicts,
        int passedOver,
        Set<String> others) {
    private static final Logger LOG = LoggerFactory.getLogger(Models.class);

    /**
     * Reads the verdicts, oldest first; connects.
     *
     * @throws CommandFailedException if there is no such policy, neither in the cluster nor known here
     */
    static Models read(Settings settings, String policy, Trust trust) {
        Connection connection = Connection.of(settings);
        connection.admin().close();
        TopicReader reader =
                new TopicReader(connection, Duration.ofSeconds(settings.get(Connection.TIMEOUT_SECONDS)), trust);
        List<ConsumerRecord<byte[], byte[]>> history = reader.raw(Topics.HISTORY);
        VerdictLog log = new VerdictLog(trust, bad -> LOG.warn("passed over {}", bad));
        history.forEach(log::add);
        Set<String> others = new TreeSet<>(log.verdicts().keySet());
        others.remove(policy);
        Models models = new Models(
                connection,
                reader,
                trust,
                policy,
                history,
                log.verdicts().getOrDefault(policy, List.of()),
                log.bad(),
                others);
        if (models.verdicts.isEmpty() && !isKnown(policy)) {
            throw new CommandFailedException(
                    "%s; the policies are %s".formatted(models.none(), String.join(", ", Catalogue.policies())));
        }
        return models;
    }

    private static boolean isKnown(String policy) {
        try {
            return Catalogue.policies().contains(PolicyName.parse(policy).spec());
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    /**
     * Returns the promotion in force, by its {@link Precedence}. As in serving, the history counts for the epochs that
     * the topic of promotions has, which may have been given an older one again, and where keys are trusted for later
     * ones too.
     */
    Optional<Promotion> inForce() {
        List<Promotion> all = new ArrayList<>(verdicts);
        VerdictLog log = new VerdictLog(trust, bad -> {
            if (bad.startsWith(Topics.PROMOTIONS)) { // those of the history were named
                LOG.warn("passed over {}", bad);
            }
        });
        history.forEach(log::add);
        reader.raw(Topics.PROMOTIONS).forEach(log::add);
        List<Promotion> both = log.verdicts().getOrDefault(policy, List.of());
        List<Promotion> promotions = both.subList(verdicts.size(), both.size());
        long newest = promotions.stream().mapToLong(Promotion::epoch).max().orElse(0);
        all.removeIf(verdict -> trust.isNone() && verdict.epoch() > newest);
        all.addAll(promotions);
        return Precedence.inForce(all);
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

    /**
     * Requires something that may be the beginning of a hash, before the cluster is asked.
     *
     * @throws BadSettingsException saying what it is, if it is none
     */
    static void requireHash(String text) {
        if (text.matches("[0-9a-f]{1,64}")) {
            return;
        }
        throw new BadSettingsException(
                List.of("expected the SHA-256 of a model of the cluster, or its beginning, found %s"
                        .formatted(
                                Files.exists(Path.of(text))
                                        ? "the file %s: 'models verify' checks a file".formatted(text)
                                        : "\"" + text + "\"")));
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
