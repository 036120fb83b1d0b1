"""Gymnasium's observations and actions as the numbers of a step."""

from typing import Any

import gymnasium
import numpy as np
from gymnasium import spaces

from understudy_client.errors import OutsideSpace, WrongDimension


class Spaces:
    """The spaces of an environment.

    An observation is sent flat, as `gymnasium.spaces.flatten` makes it. An action is the index of a choice, from 0, or
    the numbers of a box, flat.
    """

    def __init__(self, env: gymnasium.Env):
        self._observations = env.observation_space
        self._actions = env.action_space
        if not self._observations.is_np_flattenable:
            raise OutsideSpace(f"expected observations that are so many numbers, found {self._observations}")
        if not isinstance(self._actions, (spaces.Discrete, spaces.Box)):
            raise OutsideSpace(f"expected actions of a Discrete or a Box space, found {self._actions}")
        self.observation_size = spaces.flatdim(self._observations)
        self.action_size = 1 if isinstance(self._actions, spaces.Discrete) else spaces.flatdim(self._actions)

    def observation(self, observation: Any) -> list[float]:
        """Returns an observation as numbers."""
        return np.asarray(spaces.flatten(self._observations, observation), np.float32).tolist()

    def action(self, numbers: list[float]) -> Any:
        """Returns numbers as an action of the environment.

        Raises WrongDimension or OutsideSpace if they are none.
        """
        if len(numbers) != self.action_size:
            raise WrongDimension(
                f"expected an action of {self.action_size} numbers for {self._actions}, got {len(numbers)}"
            )
        if isinstance(self._actions, spaces.Discrete):
            index = numbers[0]
            if not (0 <= index < self._actions.n and index == int(index)):
                raise OutsideSpace(f"expected the index of one of {self._actions.n} choices, got {index}")
            return self._actions.start + int(index)
        action = np.asarray(numbers, self._actions.dtype).reshape(self._actions.shape)
        if not self._actions.contains(action):
            raise OutsideSpace(f"expected an action in {self._actions}, got {numbers}")
        return action

    def numbers(self, action: Any) -> list[float]:
        """Returns an action of the environment as numbers."""
        if isinstance(self._actions, spaces.Discrete):
            return [float(int(action) - int(self._actions.start))]
        return np.asarray(action, np.float32).reshape(-1).tolist()
