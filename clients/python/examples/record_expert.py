#!/usr/bin/env python3
"""Lets an expert play and sends its logs, to be learned from.

    python examples/record_expert.py --env CartPole-v1 --episodes 40
    python examples/record_expert.py --env CartPole-v1 --onnx expert.onnx

Without --pace the expert plays as fast as it can, and its steps are dated as if it had just finished playing at the
environment's own pace.
"""

import math
import secrets
import sys
import time
from typing import Any

import gymnasium

from understudy_client import Actor, SteppedClock, UnderstudyError, WallClock, commandline
from understudy_client.episodes import Account, by_expert, play, step_seconds


def clock(env: gymnasium.Env, episodes: int, pace_s: float) -> WallClock | SteppedClock:
    """Returns a clock of which no step lies in the future."""
    if pace_s > 0:
        return WallClock()
    step_ms = math.ceil(1000 * step_seconds(env))
    limit = env.spec.max_episode_steps if env.spec is not None else None
    if limit is None:
        raise UnderstudyError(f"expected an environment with a limit of steps, found none in {env}; use --pace")
    return SteppedClock(time.time_ns() // 1_000_000 - episodes * limit * step_ms, step_ms)


def main() -> int:
    parser = commandline.parser(
        "Lets an expert play and sends its logs, to be learned from.", entity=f"expert-{secrets.token_hex(4)}"
    )
    commandline.add_expert(parser)
    parser.add_argument(
        "--actor",
        choices=[Actor.HUMAN.value, Actor.ASSISTANCE.value],
        default=Actor.HUMAN.value,
        help="whom the logs name as the expert",
    )
    options = parser.parse_args()

    def work(account: Account) -> dict[str, Any]:
        env = commandline.environment(options)
        expert = commandline.expert(options, env)
        pace = commandline.pace_seconds(options, env)
        with commandline.client(options, clock=clock(env, options.episodes, pace)) as client:
            play(
                env,
                client,
                by_expert(expert, Actor(options.actor)),
                episodes=options.episodes,
                seed=options.seed,
                pace_s=pace,
                account=account,
            )
        return {"environment": options.env, "entity": options.entity}

    return commandline.run(work)


if __name__ == "__main__":
    sys.exit(main())
