"""Acts by Understudy's decisions from Kafka, and sends it logs of experts, from any Gymnasium environment.

    observation -> control.observations.v1 -> serving -> control.decisions.v1 -> action
    step (observation, action, actor, reward, end) -> control.logs.v1 -> learning
"""

from understudy_client.client import DecisionClient
from understudy_client.clock import SteppedClock, WallClock
from understudy_client.errors import (
    NoBroker,
    NoDecision,
    NotDelivered,
    NoTopic,
    OutsideSpace,
    RefusedObservation,
    UnderstudyError,
    UnknownPolicy,
    WireError,
    WrongDimension,
)
from understudy_client.records import Actor, Decision, End, Step
from understudy_client.spaces import Spaces

__all__ = [
    "Actor",
    "Decision",
    "DecisionClient",
    "End",
    "NoBroker",
    "NoDecision",
    "NoTopic",
    "NotDelivered",
    "OutsideSpace",
    "RefusedObservation",
    "Spaces",
    "Step",
    "SteppedClock",
    "UnderstudyError",
    "UnknownPolicy",
    "WallClock",
    "WireError",
    "WrongDimension",
]
