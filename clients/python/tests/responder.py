"""Stands in for serving: answers every observation of a topic."""

import threading
from collections.abc import Callable
from typing import Any

from confluent_kafka import Consumer, Producer, TopicPartition

from understudy_client.client import topic_ends
from understudy_client.records import DECISIONS, Step


def decision(step: Step, **changes: Any) -> bytes:
    """Returns a decision on a step as bytes."""
    record = {
        "entity": step.entity,
        "episode": step.episode,
        "sequence": step.sequence,
        "eventTimeMs": step.time_ms,
        "policy": "control/cartpole-v1",
        "epoch": 1,
        "sha256": "ab" * 32,
        "rawAction": [0.0],
        "action": [0.0],
        "kind": "POLICY",
        "reason": "",
        "logProbability": None,
        "observedAtMs": 0,
        "decidedAtMs": 0,
        "instance": "test",
    }
    return DECISIONS.encode({**record, **changes})


class Responder:
    """Answers in a thread of its own, from what the topic holds at the start on."""

    def __init__(self, broker: str, answer: Callable[[Step], list[bytes]]):
        self.seen: list[Step] = []
        self._answer = answer
        self._stop = threading.Event()
        self._producer = Producer({"bootstrap.servers": broker, "linger.ms": 0})
        self._consumer = Consumer({"bootstrap.servers": broker, "group.id": "responder", "enable.auto.commit": False})
        topic = "control.observations.v1"
        partitions = self._consumer.list_topics(topic, timeout=10).topics[topic].partitions
        ends = [(p, topic_ends(self._consumer, TopicPartition(topic, p), 10)[1]) for p in partitions]
        self._consumer.assign([TopicPartition(topic, p, end) for p, end in ends])
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> "Responder":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(10)
        self._producer.flush(5)
        self._consumer.close()

    def _run(self) -> None:
        while not self._stop.is_set():
            message = self._consumer.poll(0.1)
            if message is not None and message.error() is None:
                step = Step.of_bytes(message.value())
                self.seen.append(step)
                for value in self._answer(step):
                    self._producer.produce("control.decisions.v1", value, key=message.key())
                    self._producer.poll(0)


def logs(broker: str, entity: str) -> list[Step]:
    """Returns all logs of an entity."""
    topic = "control.logs.v1"
    consumer = Consumer({"bootstrap.servers": broker, "group.id": "logs", "enable.partition.eof": True})
    try:
        partitions = list(consumer.list_topics(topic, timeout=10).topics[topic].partitions)
        consumer.assign([TopicPartition(topic, p, 0) for p in partitions])
        found, left = [], len(partitions)
        while left:
            message = consumer.poll(10)
            assert message is not None, "expected the end of the logs within 10 s"
            if message.error() is not None:
                left -= 1
            elif message.key() == entity.encode():
                found.append(Step.of_bytes(message.value()))
        return found
    finally:
        consumer.close()
