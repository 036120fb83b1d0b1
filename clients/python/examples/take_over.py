#!/usr/bin/env python3
"""Acts by decisions from Kafka until something goes too far; then a scripted expert takes over until all is well.

    python examples/take_over.py --env CartPole-v1 --watch 2:0.1:0.03 --watch 3:1.0:0.3

The expert's steps are logged with actor HUMAN and engaged=true: corrections of the policy, to be learned from. Prints
takeovers per 1,000 steps as JSON.
"""

import argparse
import sys
from typing import Any

from understudy_client import UnderstudyError, commandline
from understudy_client.episodes import Account, TakeOver, Watch, play

USUAL = {
    # The pole leans (rad, of the 0.21 it may) or falls fast (rad/s), the cart is far from the middle (m, of 2.4). So early
    # that the scripted controller saves the episode whatever the policy did before, always.
    "CartPole": [Watch(2, 0.1, 0.03), Watch(3, 1.0, 0.3), Watch(0, 1.0, 0.5)],
}


def watches(given: list[Watch] | None, environment: str, observation_size: int) -> list[Watch]:
    """Returns what is watched, and sees that it is there."""
    chosen = given or USUAL.get(environment.split("-v")[0])
    if not chosen:
        raise UnderstudyError(f"expected --watch INDEX:OVER:BACK for {environment}, found none")
    for watch in chosen:
        if watch.index >= observation_size:
            raise UnderstudyError(
                f"expected --watch of one of the {observation_size} numbers of {environment}, from 0, got {watch.index}"
            )
    return chosen


def _watch(text: str) -> Watch:
    try:
        return Watch.parse(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def main() -> int:
    parser = commandline.parser("Acts by decisions from Kafka; a scripted expert takes over when something goes too far.")
    commandline.add_expert(parser)
    parser.add_argument("--policy", metavar="NAME", help="the policy that must answer, such as control/cartpole-v1")
    parser.add_argument(
        "--watch",
        type=_watch,
        action="append",
        metavar="INDEX:OVER:BACK",
        help="take over when the observation's number INDEX is further than OVER from 0, give back within BACK; repeatable",
    )
    options = parser.parse_args()

    def work(account: Account) -> dict[str, Any]:
        env = commandline.environment(options)
        expert = commandline.expert(options, env)
        pace = commandline.pace_seconds(options, env)
        with commandline.client(options, policy=options.policy) as client:
            client.check_policy()
            size = commandline.Spaces(env).observation_size
            choose = TakeOver(client, expert, watches(options.watch, options.env, size))
            play(env, client, choose, episodes=options.episodes, seed=options.seed, pace_s=pace, account=account)
            return {
                "environment": options.env,
                "entity": options.entity,
                "takeovers": choose.takeovers,
                "takeoversPer1000Steps": round(1000 * choose.takeovers / account.steps.total(), 3),
                "lateDecisions": client.late_decisions,
            }

    return commandline.run(work)


if __name__ == "__main__":
    sys.exit(main())
