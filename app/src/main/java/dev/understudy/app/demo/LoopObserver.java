package dev.understudy.app.demo;

import dev.understudy.app.console.Console;
import dev.understudy.app.kafka.Connection;
import dev.understudy.app.kafka.TopicFollower;
import dev.understudy.schemas.Acknowledgement;
import dev.understudy.schemas.Candidate;
import dev.understudy.schemas.Decision;
import dev.understudy.schemas.DomainTopics;
import dev.understudy.schemas.Promotion;
import dev.understudy.schemas.Topics;
import dev.understudy.schemas.TrainingRecord;
import dev.understudy.schemas.UndecodableException;
import dev.understudy.schemas.UnderstudySerdes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.kafka.common.serialization.Deserializer;

/** Reads all that the loop publishes, from the beginning and committed records only, and enters it into the books. */
final class LoopObserver implements TopicFollower.Reader {
    private static final Duration POLL = Duration.ofMillis(50);
    private static final List<String> TOPICS = List.of(
            Topics.PROMOTIONS, Topics.HISTORY, Topics.CANDIDATES, Topics.REPORTS, Topics.ACKS, Topics.DEAD_LETTERS);

    private final Deserializer<Decision> decision = UnderstudySerdes.decision().deserializer();
    private final Deserializer<Promotion> promotion =
            UnderstudySerdes.promotion().deserializer();
    private final Deserializer<Candidate> candidate =
            UnderstudySerdes.candidate().deserializer();
    private final Deserializer<TrainingRecord> report =
            UnderstudySerdes.trainingRecord().deserializer();
    private final Deserializer<Acknowledgement> acknowledgement =
            UnderstudySerdes.acknowledgement().deserializer();
    private final LoopAccount account;
    private final Console console;

    private final String decisions;

    private LoopObserver(String decisions, LoopAccount account, Console console) {
        this.decisions = decisions;
        this.account = account;
        this.console = console;
    }

    /** Starts to observe; prints a line for each window, candidate, verdict and swap. */
    static TopicFollower start(Connection connection, DomainTopics domain, LoopAccount account, Console console) {
        List<String> topics = new ArrayList<>(TOPICS);
        topics.add(domain.decisions());
        return TopicFollower.start(
                connection,
                "loop-observer",
                topics,
                TopicFollower.From.BEGINNING,
                POLL,
                new LoopObserver(domain.decisions(), account, console));
    }

    @Override
    public void read(String topic, byte[] value) throws UndecodableException {
        if (topic.equals(decisions)) {
            account.decision(decision.deserialize(topic, value));
            return;
        }
        Optional<String> line =
                switch (topic) {
                    case Topics.CANDIDATES -> account.candidate(candidate.deserialize(topic, value));
                    case Topics.HISTORY, Topics.PROMOTIONS -> account.verdict(promotion.deserialize(topic, value));
                    case Topics.REPORTS -> account.report(report.deserialize(topic, value));
                    case Topics.ACKS -> account.acknowledgement(acknowledgement.deserialize(topic, value));
                    default -> {
                        account.deadLetter();
                        yield Optional.empty();
                    }
                };
        line.ifPresent(console::line);
    }
}
