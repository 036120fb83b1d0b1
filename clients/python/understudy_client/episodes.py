"""Plays episodes: somebody chooses each action, the environment answers, the log is sent."""

import math
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import gymnasium
import numpy as np

from understudy_client.client import DecisionClient
from understudy_client.controllers import Controller
from understudy_client.errors import UnderstudyError
from understudy_client.records import Actor, Decision, End
from understudy_client.spaces import Spaces


@dataclass(frozen=True)
class Choice:
    """An action and who chose it."""

    action: list[float]
    actor: Actor
    engaged: bool = False
    decision: Decision | None = None


Chooser = Callable[[Any, list[float]], Choice]
"""Chooses an action for an observation, given as the environment's and as numbers."""


def by_decisions(client: DecisionClient) -> Chooser:
    """Acts by what serving answers."""

    def choose(_: Any, numbers: list[float]) -> Choice:
        decision = client.decide(numbers)
        return Choice(decision.action, Actor.POLICY, decision=decision)

    return choose


def by_expert(expert: Controller, actor: Actor = Actor.HUMAN) -> Chooser:
    """Acts by an expert, without asking anybody."""
    return lambda observation, _: Choice(expert(observation), actor)


@dataclass(frozen=True)
class Watch:
    """A number of the observation that must stay near 0: beyond `over` somebody takes over, within `back` gives back."""

    index: int
    over: float
    back: float

    @staticmethod
    def parse(text: str) -> "Watch":
        """Reads INDEX:OVER:BACK."""
        try:
            index, over, back = text.split(":")
            watch = Watch(int(index), float(over), float(back))
        except ValueError as error:
            raise ValueError(f"expected INDEX:OVER:BACK such as 2:0.1:0.03, got {text}") from error
        if watch.index < 0 or not 0 <= watch.back <= watch.over:
            raise ValueError(f"expected an index from 0 and 0 <= BACK <= OVER, got {text}")
        return watch


class TakeOver:
    """Acts by what serving answers until a watched number goes too far; then an expert acts until all are back.

    That is the gating of HG-DAgger (Kelly and others 2019, arXiv:1810.02890), with a rule in place of the person. The
    expert's steps are logged as HUMAN with `engaged`: corrections of the policy, to be learned from.
    """

    def __init__(self, client: DecisionClient, expert: Controller, watches: list[Watch]):
        self._client = client
        self._expert = expert
        self._watches = watches
        self._has_control = False
        self._episode = ""
        self.takeovers = 0

    def __call__(self, observation: Any, numbers: list[float]) -> Choice:
        if self._episode != self._client.episode:
            self._episode = self._client.episode
            self._has_control = False
        had_control = self._has_control
        far = [abs(numbers[watch.index]) > (watch.back if had_control else watch.over) for watch in self._watches]
        self._has_control = any(far)
        self.takeovers += self._has_control and not had_control
        # Serving is asked all the same: it stays in charge, and its history has no hole.
        actor = Actor.HUMAN if self._has_control else Actor.POLICY
        decision = self._client.decide(numbers, actor=actor, engaged=self._has_control)
        if self._has_control:
            return Choice(self._expert(observation), Actor.HUMAN, True, decision)
        return Choice(decision.action, Actor.POLICY, False, decision)


@dataclass
class Account:
    """What a run came to."""

    returns: list[float] = field(default_factory=list)
    steps: Counter = field(default_factory=Counter)
    """By actor."""
    kinds: Counter = field(default_factory=Counter)
    """Decisions by what they rest on."""
    models: Counter = field(default_factory=Counter)
    """Decisions by policy and epoch."""
    latencies_ms: list[float] = field(default_factory=list)
    seconds: float = 0.0

    def taken(self, choice: Choice) -> None:
        self.steps[choice.actor.value] += 1
        if choice.decision is not None:
            self.kinds[choice.decision.kind] += 1
            self.models[f"{choice.decision.policy} epoch {choice.decision.epoch}"] += 1
            self.latencies_ms.append(choice.decision.latency_ms)

    def summary(self) -> dict[str, Any]:
        """Returns the run in figures; latencies are from sending an observation to having its decision, ms."""
        summary: dict[str, Any] = {
            "episodes": len(self.returns),
            "meanReturn": float(np.mean(self.returns)) if self.returns else None,
            "leastReturn": min(self.returns, default=None),
            "steps": sum(self.steps.values()),
            "stepsByActor": dict(self.steps),
            "seconds": round(self.seconds, 3),
        }
        if self.latencies_ms:
            p50, p99 = np.percentile(self.latencies_ms, [50, 99])
            summary["decisions"] = dict(self.kinds)
            summary["models"] = dict(self.models)
            summary["latencyMs"] = {
                "p50": round(float(p50), 3),
                "p99": round(float(p99), 3),
                "max": round(max(self.latencies_ms), 3),
            }
        return summary


def play(
    env: gymnasium.Env,
    client: DecisionClient,
    choose: Chooser,
    *,
    episodes: int,
    seed: int | None = None,
    pace_s: float = 0.0,
    account: Account | None = None,
) -> Account:
    """Plays episodes and logs every step.

    Args:
        env: what is played in
        client: sends the logs
        choose: chooses the actions
        episodes: how many
        seed: of the first episode; the others follow from it. None for another run each time
        pace_s: least time between steps, seconds; 0 for as fast as choices come
        account: what the run is added to, so that an interrupted one can be told of
    """
    account = account or Account()
    spaces = Spaces(env)
    started = time.perf_counter()
    try:
        for episode in range(episodes):
            observation, _ = env.reset(seed=seed if episode == 0 else None)
            client.begin_episode()
            account.returns.append(_episode(env, client, choose, spaces, observation, pace_s, account))
        client.flush()
    finally:
        account.seconds += time.perf_counter() - started
    return account


def _episode(
    env: gymnasium.Env,
    client: DecisionClient,
    choose: Chooser,
    spaces: Spaces,
    observation: Any,
    pace_s: float,
    account: Account,
) -> float:
    total = 0.0
    end = End.NONE
    due = time.perf_counter()
    while end is End.NONE:
        numbers = spaces.observation(observation)
        choice = choose(observation, numbers)
        observation, reward, terminated, truncated, _ = env.step(spaces.action(choice.action))
        end = End.of(terminated, truncated)
        total += float(reward)
        client.log(numbers, choice.action, float(reward), end, actor=choice.actor, engaged=choice.engaged)
        account.taken(choice)
        due = max(due + pace_s, time.perf_counter())
        if pace_s > 0:
            time.sleep(max(0.0, due - time.perf_counter()))
    return total


def step_seconds(env: gymnasium.Env) -> float:
    """Returns the time between the environment's steps by its own word, seconds.

    Raises UnderstudyError if it says nothing of it.
    """
    per_second = env.metadata.get("render_fps")
    if not per_second or not math.isfinite(per_second):
        raise UnderstudyError(f"expected render_fps in the metadata of {env}, found none; give seconds with --pace")
    return 1.0 / per_second
