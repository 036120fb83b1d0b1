"""Experts that need nobody: scripted controllers, and policies from ONNX files."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from understudy_client.errors import UnderstudyError

Controller = Callable[[Any], list[float]]
"""Returns the numbers of an action for an observation of the environment."""


def cartpole(observation: Any) -> list[float]:
    """Pushes to the side that the pole falls to, and leans the pole towards the middle of the track."""
    x, speed, angle, rate = observation
    return [1.0 if 0.1 * x + 0.3 * speed + 2.0 * angle + 0.7 * rate > 0 else 0.0]


def mountain_car(observation: Any) -> list[float]:
    """Pushes the way the car rolls, so that every swing is higher than the one before."""
    _, speed = observation
    return [2.0 if speed >= 0 else 0.0]


def mountain_car_continuous(observation: Any) -> list[float]:
    """As `mountain_car`, with a push of full strength."""
    _, speed = observation
    return [1.0 if speed >= 0 else -1.0]


def acrobot(observation: Any) -> list[float]:
    """Turns the lower joint against the swing of the upper one, so that every swing is higher than the one before."""
    return [2.0 if observation[4] < 0 else 0.0]


SCRIPTED: dict[str, Controller] = {
    "CartPole": cartpole,
    "MountainCar": mountain_car,
    "MountainCarContinuous": mountain_car_continuous,
    "Acrobot": acrobot,
}
"""By the environment's name without its version."""


def scripted(environment: str) -> Controller:
    """Returns the scripted controller of an environment, such as CartPole-v1."""
    name = environment.split("/")[-1].split("-v")[0]
    if name not in SCRIPTED:
        raise UnderstudyError(
            f"expected one of the environments with a scripted controller, {', '.join(SCRIPTED)}, got {environment}; "
            "--onnx takes a model file instead"
        )
    return SCRIPTED[name]


class OnnxController:
    """A model file: input `observation` float32 [batch, n], output `action` int64 [batch] or float32 [batch, k]."""

    def __init__(self, file: Path, observation_size: int):
        try:
            import onnxruntime
        except ImportError as error:
            raise UnderstudyError(
                "expected onnxruntime to run a model file, found none: pip install 'understudy-client[onnx]'"
            ) from error
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.log_severity_level = 4
        try:
            self._session = onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
        except Exception as error:  # onnxruntime's errors have no common class but this
            raise UnderstudyError(f"expected an ONNX model in {file}, found none that loads: {error}") from error
        inputs = {i.name: i.shape for i in self._session.get_inputs()}
        outputs = [o.name for o in self._session.get_outputs()]
        if list(inputs) != ["observation"] or "action" not in outputs:
            raise UnderstudyError(f"expected input observation and output action in {file}, found {list(inputs)} and {outputs}")
        if inputs["observation"][-1] != observation_size:
            raise UnderstudyError(
                f"expected a model of {observation_size} observation numbers in {file}, found {inputs['observation']}"
            )

    def __call__(self, observation: Any) -> list[float]:
        import numpy as np

        row = np.asarray(observation, np.float32).reshape(1, -1)
        return [float(number) for number in np.ravel(self._session.run(["action"], {"observation": row})[0])]
