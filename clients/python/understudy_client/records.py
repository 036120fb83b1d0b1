"""The records that the client sends and receives."""

import math
from dataclasses import dataclass
from enum import Enum
from typing import Any

from understudy_client.wire import Codec


class Actor(str, Enum):
    """Who chose an action."""

    HUMAN = "HUMAN"
    ASSISTANCE = "ASSISTANCE"
    POLICY = "POLICY"
    MIXED = "MIXED"


class End(str, Enum):
    """How a step left its episode."""

    NONE = "NONE"
    TERMINATED = "TERMINATED"
    TRUNCATED = "TRUNCATED"

    @staticmethod
    def of(terminated: bool, truncated: bool) -> "End":
        """Returns the end that Gymnasium's two flags tell."""
        return End.TERMINATED if terminated else End.TRUNCATED if truncated else End.NONE


@dataclass(frozen=True)
class Step:
    """One step of an episode, as `ControlStep.avsc` says it; live input has no action and no reward."""

    entity: str
    episode: str
    sequence: int
    time_ms: int
    actor: Actor
    observation: list[float]
    label: str = ""
    engaged: bool = False
    action: list[float] | None = None
    reward: float | None = None
    end: End = End.NONE

    def to_bytes(self) -> bytes:
        return STEPS.encode(
            {
                "entity": self.entity,
                "episode": self.episode,
                "sequence": self.sequence,
                "timeMs": self.time_ms,
                "actor": self.actor.value,
                "label": self.label,
                "engaged": self.engaged,
                "observation": self.observation,
                "action": self.action,
                "reward": self.reward,
                "end": self.end.value,
            }
        )

    @staticmethod
    def of_bytes(value: bytes) -> "Step":
        record = STEPS.decode(value)
        return Step(
            record["entity"],
            record["episode"],
            record["sequence"],
            record["timeMs"],
            Actor(record["actor"]),
            record["observation"],
            record["label"],
            record["engaged"],
            record["action"],
            record["reward"],
            End(record["end"]),
        )


@dataclass(frozen=True)
class Decision:
    """What serving answered; `latency_ms` is the time from the observation's sending to the decision's arrival."""

    entity: str
    episode: str
    sequence: int
    policy: str
    epoch: int
    sha256: str
    action: list[float]
    kind: str
    reason: str
    log_probability: float
    instance: str
    latency_ms: float = math.nan

    @staticmethod
    def of_bytes(value: bytes) -> "Decision":
        record = DECISIONS.decode(value)
        return Decision(
            _either(record, "entity", "vehicle"),
            _either(record, "episode", "trip"),
            record["sequence"],
            record["policy"],
            record["epoch"],
            record["sha256"],
            record["action"],
            record["kind"],
            record["reason"],
            math.nan if record["logProbability"] is None else record["logProbability"],
            record["instance"],
        )


def _either(record: dict[str, Any], name: str, older_name: str) -> Any:
    return record[name] if name in record else record[older_name]


STEPS = Codec("ControlStep")
DECISIONS = Codec("Decision")
PROMOTIONS = Codec("Promotion")
