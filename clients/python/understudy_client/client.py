"""Asks for decisions and sends logs."""

import logging
import secrets
import time
from collections import deque
from dataclasses import replace
from typing import Any

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, Producer, TopicPartition

from understudy_client.clock import SteppedClock, WallClock
from understudy_client.errors import (
    NoBroker,
    NoDecision,
    NotDelivered,
    NoTopic,
    RefusedObservation,
    UnknownPolicy,
)
from understudy_client.records import PROMOTIONS, Actor, Decision, End, Step

_PROMOTIONS_TOPIC = "models.promotions.v1"

_NO_LEADER_YET = {KafkaError.NOT_LEADER_FOR_PARTITION, KafkaError.LEADER_NOT_AVAILABLE}

# What librdkafka would write to standard error stands in this package's errors.
_SILENT = logging.getLogger("understudy_client.kafka")
_SILENT.addHandler(logging.NullHandler())
_SILENT.propagate = False


class DecisionClient:
    """One entity that acts: sends its observations, waits for their decisions, sends the log of what was done.

    A step is `decide` (or not, where somebody else chooses) and then `log`, which moves on to the next step. The number
    of a step is sent once: to ask again after NoDecision is to wait again, not to send again. For one thread.

    Args:
        bootstrap_servers: the Kafka cluster, host:port
        entity: stable name of the one that acts, the key of its records
        domain: prefix of the topics
        policy: the policy that is expected to answer; None takes any
        label: word on each record; where several policies are served by label, it names the policy of the episode; by default
            the policy that is expected to answer
        timeout_s: how long to wait for the cluster and for each decision, seconds
        clock: where event time comes from
        settings: more for every Kafka client, such as security.protocol
    """

    def __init__(
        self,
        bootstrap_servers: str,
        entity: str,
        *,
        domain: str = "control",
        policy: str | None = None,
        label: str = "",
        timeout_s: float = 5.0,
        clock: WallClock | SteppedClock | None = None,
        settings: dict[str, Any] | None = None,
    ):
        self.entity = entity
        self.domain = domain
        self.policy = policy
        self.label = label or policy or ""
        self.timeout_s = timeout_s
        self.late_decisions = 0
        """Decisions that came for a step that was over."""
        self.episode = ""
        self.sequence = 0
        """Number of the step under way."""
        self._bootstrap_servers = bootstrap_servers
        self._clock = clock or WallClock()
        self._time_ms: int | None = None
        self._asked_at: float | None = None
        self._undelivered: str | None = None
        self._trouble: deque[str] = deque(maxlen=1)
        self._settings = {
            "bootstrap.servers": bootstrap_servers,
            "error_cb": lambda error: self._trouble.append(error.str()),
            "logger": _SILENT,
            **(settings or {}),
        }
        self._producer = Producer(
            {
                **self._settings,
                "enable.idempotence": True,
                "linger.ms": 0,
                "partitioner": "murmur2_random",  # as Java's: a key has the same partition whoever sends it
                "message.timeout.ms": max(1000, int(timeout_s * 1000)),
                "socket.nagle.disable": True,
            }
        )
        self._consumer: Consumer | None = None
        self._partitions_of(f"{domain}.logs.v1")
        self._partitions_of(f"{domain}.observations.v1")

    def __enter__(self) -> "DecisionClient":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def begin_episode(self, name: str | None = None, sequence: int = 0) -> str:
        """Begins an episode and returns its name.

        Args:
            name: None for a name that nobody had before; the name of an episode under way to go on with it
            sequence: number of the first step, which must not have been sent before; above 0 to go on
        """
        self.episode = name or f"{self.entity}/{time.time_ns() // 1_000_000:x}-{secrets.token_hex(3)}"
        self.sequence = sequence
        self._begin_step()
        return self.episode

    def decide(self, observation: list[float], *, actor: Actor = Actor.POLICY, engaged: bool = False) -> Decision:
        """Sends the observation of the step under way and returns the decision on it.

        Args:
            observation: the numbers of the task
            actor: who will act; HUMAN where a person has taken over
            engaged: whether a policy was in charge when the person took over

        Raises:
            NoDecision: none came in time
            RefusedObservation: serving could not use the observation
            UnknownPolicy: another policy than the expected one answered
        """
        consumer = self._listening()
        if self._asked_at is None:
            step = Step(
                self.entity, self.episode, self.sequence, self._step_time(), actor, observation, self.label, engaged
            )
            self._asked_at = time.perf_counter()
            self._send("observations", step)
        decision = self._await(consumer)
        if decision.kind == "FALLBACK_INPUT":
            raise RefusedObservation(
                f"serving ({decision.instance}) refused step {self.sequence} of {self.episode}: {decision.reason}"
            )
        if self.policy is not None and decision.policy not in (self.policy, self.policy.split("@")[0]):
            raise UnknownPolicy(
                f"expected decisions of policy {self.policy} for {self.entity}, found one of {decision.policy}"
            )
        return decision

    def log(
        self,
        observation: list[float],
        action: list[float] | None,
        reward: float | None,
        end: End = End.NONE,
        *,
        actor: Actor,
        engaged: bool = False,
    ) -> None:
        """Sends the log of the step under way and goes on to the next."""
        self._send(
            "logs",
            Step(
                self.entity,
                self.episode,
                self.sequence,
                self._step_time(),
                actor,
                observation,
                self.label,
                engaged,
                action,
                reward,
                end,
            ),
        )
        self.sequence += 1
        self._begin_step()

    def promoted_policies(self) -> dict[str, int]:
        """Returns the policies of which a model is in force, and the epoch of its promotion."""
        partitions = {TopicPartition(_PROMOTIONS_TOPIC, p): 0 for p in self._partitions_of(_PROMOTIONS_TOPIC)}
        reader = self._reader(partitions, {"enable.partition.eof": True})
        epochs: dict[str, int] = {}
        left = len(partitions)
        deadline = time.monotonic() + self.timeout_s
        try:
            while left > 0:
                message = reader.poll(max(0.0, deadline - time.monotonic()))
                if message is None:
                    raise NoBroker(
                        f"expected all of {_PROMOTIONS_TOPIC} from {self._bootstrap_servers} within "
                        f"{self.timeout_s:g} s, found {len(epochs)} policies so far{self._last_trouble()}"
                    )
                if message.error() is not None:
                    left -= message.error().code() == KafkaError._PARTITION_EOF
                elif message.value() is not None:
                    promotion = PROMOTIONS.decode(message.value())
                    epochs[promotion["policy"]] = max(epochs.get(promotion["policy"], 0), promotion["epoch"])
        finally:
            reader.close()
        return epochs

    def check_policy(self) -> None:
        """Raises UnknownPolicy if no model of the expected policy is in force."""
        if self.policy is not None:
            known = self.promoted_policies()
            if self.policy not in known and self.policy.split("@")[0] not in known:
                raise UnknownPolicy(
                    f"expected a promoted model of policy {self.policy} at {self._bootstrap_servers}, "
                    f"found {', '.join(sorted(known)) or 'none of any policy'}"
                )

    def flush(self) -> None:
        """Returns when the cluster has all that was sent; raises NotDelivered if it does not take it."""
        left = self._producer.flush(self.timeout_s + 1)
        if left:
            self._undelivered = self._undelivered or f"{left} records were not taken within {self.timeout_s:g} s"
        self._check_delivery()

    def close(self) -> None:
        """Sends what is left and lets go of the cluster."""
        try:
            self.flush()
        finally:
            if self._consumer is not None:
                self._consumer.close()
                self._consumer = None

    def _begin_step(self) -> None:
        self._time_ms = None
        self._asked_at = None

    def _step_time(self) -> int:
        if self._time_ms is None:
            self._time_ms = self._clock.next_ms()
        return self._time_ms

    def _send(self, kind: str, step: Step) -> None:
        self._check_delivery()
        value = step.to_bytes()
        while True:
            try:
                self._producer.produce(
                    f"{self.domain}.{kind}.v1", value, key=self.entity.encode(), on_delivery=self._delivered
                )
                self._producer.poll(0)
                return
            except BufferError:  # the queue is full: wait for the cluster
                self._producer.poll(0.1)
                self._check_delivery()

    def _delivered(self, error: KafkaError | None, message: Message) -> None:
        if error is not None:
            self._undelivered = f"{message.topic()}: {error.str()}{self._last_trouble()}"

    def _check_delivery(self) -> None:
        if self._undelivered is not None:
            failure, self._undelivered = self._undelivered, None
            raise NotDelivered(
                f"expected the cluster at {self._bootstrap_servers} to take every record of {self.entity}, "
                f"found one it did not: {failure}"
            )

    def _await(self, consumer: Consumer) -> Decision:
        asked_at = self._asked_at
        assert asked_at is not None
        deadline = time.monotonic() + self.timeout_s
        while (left := deadline - time.monotonic()) > 0:
            message = consumer.poll(left)
            self._producer.poll(0)
            self._check_delivery()
            if message is None or message.error() is not None or message.key() != self.entity.encode():
                continue
            decision = Decision.of_bytes(message.value())
            if (decision.episode, decision.sequence) == (self.episode, self.sequence):
                return replace(decision, latency_ms=(time.perf_counter() - asked_at) * 1000)
            self.late_decisions += 1
        raise NoDecision(
            f"expected a decision on step {self.sequence} of {self.episode} in {self.domain}.decisions.v1 "
            f"at {self._bootstrap_servers} within {self.timeout_s:g} s, found none; "
            f"is serving running for the domain {self.domain}, and for the policy that the label \"{self.label}\" names? "
            f"What it cannot answer lies in dead-letters.v1.{self._last_trouble()}"
        )

    def _last_trouble(self) -> str:
        return f" ({self._trouble[-1]})" if self._trouble else ""

    def _listening(self) -> Consumer:
        if self._consumer is None:
            topic = f"{self.domain}.decisions.v1"
            # From where the topic ends now, known before anything is asked: what is "the end" later may be too late.
            self._consumer = self._reader({TopicPartition(topic, p): None for p in self._partitions_of(topic)})
        return self._consumer

    def _reader(self, offsets: dict[TopicPartition, int | None], settings: dict[str, Any] | None = None) -> Consumer:
        consumer = Consumer(
            {
                **self._settings,
                "group.id": f"understudy-client-{secrets.token_hex(6)}",
                "enable.auto.commit": False,
                "isolation.level": "read_committed",
                "auto.offset.reset": "earliest",
                "fetch.wait.max.ms": 100,
                "socket.nagle.disable": True,
                **(settings or {}),
            }
        )
        consumer.assign(
            [
                TopicPartition(p.topic, p.partition, self._ends(consumer, p)[1 if at is None else 0])
                for p, at in offsets.items()
            ]
        )
        return consumer

    def _ends(self, consumer: Consumer, partition: TopicPartition) -> tuple[int, int]:
        try:
            return topic_ends(consumer, partition, self.timeout_s)
        except KafkaException as error:
            raise self._no_broker(error) from error

    def _partitions_of(self, topic: str) -> list[int]:
        try:
            found = self._producer.list_topics(topic, timeout=self.timeout_s).topics[topic]
        except KafkaException as error:
            raise self._no_broker(error) from error
        if found.error is not None or not found.partitions:
            raise NoTopic(
                f"expected the topic {topic} at {self._bootstrap_servers}, found none "
                f"({found.error.str() if found.error else 'it has no partitions'}); "
                "./understudy doctor --create makes the topics"
            )
        return sorted(found.partitions)

    def _no_broker(self, error: KafkaException) -> NoBroker:
        return NoBroker(
            f"expected a Kafka cluster at {self._bootstrap_servers}, found none within {self.timeout_s:g} s "
            f"({error.args[0].str()}){self._last_trouble()}"
        )


def topic_ends(consumer: Consumer, partition: TopicPartition, timeout_s: float) -> tuple[int, int]:
    """Returns the first offset of a partition and the one after the last; waits for a partition that has no leader yet.

    Raises KafkaException if that takes longer than the time.
    """
    deadline = time.monotonic() + timeout_s
    while True:
        try:
            return consumer.get_watermark_offsets(partition, timeout=timeout_s)
        except KafkaException as error:
            if error.args[0].code() not in _NO_LEADER_YET or time.monotonic() > deadline:
                raise
            time.sleep(0.05)
