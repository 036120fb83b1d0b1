#!/usr/bin/env python3
"""Acts in a Gymnasium environment by decisions from Kafka, and logs every step.

    python examples/gymnasium_client.py --env CartPole-v1 --bootstrap-servers localhost:9092

Prints the mean return and the time from an observation to its decision as JSON.
"""

import sys
from typing import Any

from understudy_client import commandline
from understudy_client.episodes import Account, by_decisions, play


def main() -> int:
    parser = commandline.parser("Acts in a Gymnasium environment by decisions from Kafka, and logs every step.")
    parser.add_argument("--policy", metavar="NAME", help="the policy that must answer, such as control/cartpole-v1")
    options = parser.parse_args()

    def work(account: Account) -> dict[str, Any]:
        env = commandline.environment(options)
        pace = commandline.pace_seconds(options, env)
        with commandline.client(options, policy=options.policy) as client:
            client.check_policy()
            play(
                env,
                client,
                by_decisions(client),
                episodes=options.episodes,
                seed=options.seed,
                pace_s=pace,
                account=account,
            )
            return {"environment": options.env, "entity": options.entity, "lateDecisions": client.late_decisions}

    return commandline.run(work)


if __name__ == "__main__":
    sys.exit(main())
