"""What can go wrong; every message says what was expected, what was found, and where."""


class UnderstudyError(Exception):
    """The root of this package's errors."""


class NoBroker(UnderstudyError):
    """No Kafka cluster answers at the address."""


class NoTopic(UnderstudyError):
    """The cluster has no such topic."""


class NoDecision(UnderstudyError):
    """No decision came in time."""


class NotDelivered(UnderstudyError):
    """The cluster did not take a record."""


class UnknownPolicy(UnderstudyError):
    """No model of the policy was promoted, or another policy answers."""


class RefusedObservation(UnderstudyError):
    """Serving could not use the observation: its dimension, a number that is not finite, its time."""


class WrongDimension(UnderstudyError):
    """An action has more or fewer numbers than the environment takes."""


class OutsideSpace(UnderstudyError):
    """An action is none of the environment's, or a space is none that can be sent."""


class WireError(UnderstudyError):
    """Bytes that are no record of a known schema."""
