"""Kill replays with kill -9 at random moments, one to three operators at once, and count what was published.

python -m bench.dlq.faults [rounds] [seed]
"""

from __future__ import annotations

import random

from bench.dlq.killing import Stage, rounds_and_seed, staged
from tests.dlq.support import FLIGHT, LIST, Shema, expire_leases, letter, numbers, push, stored

HEARD = ("ENROLLMENT_APPROVED", "USER_UPDATED")
CHANNELS = ("enrollment.approved", "user.updated")
SELECTIONS = (("--all",), ("--type", "USER_UPDATED"), ("--type", "ENROLLMENT_*"), ("--all", "--rate", "3000"))
A_ROUND = 600


def kind(number: int) -> str:
    return "BOOKING_CREATED" if number % 8 == 0 else HEARD[number % 2]


def one_round(stage: Stage, chance: random.Random, total: int) -> bool:
    """With so many entries ever pushed; whether there were some in flight when the last was dead."""
    stage.killer.kill_some_of(
        lambda: stage.spawn("dlq", "replay", *chance.choice(SELECTIONS), "--yes"), patience_ms=500
    )
    in_flight = bool(stage.client.llen(FLIGHT))
    left = stored(stage.client)
    heard = stage.service.payloads(total - len(left))
    assert len(heard) + len(left) == total, (len(heard), len(left), total)
    expire_leases(stage.client)
    Shema(stage.env).json("recover")
    assert not stage.client.llen(FLIGHT)
    assert stage.client.lrange(LIST, 0, -1) == left[::-1]
    return in_flight


def main(rounds: int, seed: int) -> None:
    chance = random.Random(seed)
    with staged(chance, CHANNELS) as stage:
        in_flight = 0
        for total in range(A_ROUND, A_ROUND * rounds + 1, A_ROUND):
            push(stage.client, [letter(n, kind(n)) for n in range(total - A_ROUND, total)])
            in_flight += one_round(stage, chance, total)
        total = A_ROUND * rounds
        Shema(stage.env)("replay", "--all", "--yes")
        wanted = [n for n in range(total) if n % 8]
        heard = sorted(numbers(stage.service.payloads(len(wanted))))
        assert heard == wanted, "something was lost or doubled"
        assert stored(stage.client) == [letter(n, kind(n)) for n in range(total) if not n % 8]
        print(
            f"{rounds} rounds, {stage.told}, {in_flight} times with entries in flight: {len(wanted):,} events "
            f"published exactly once, {total - len(wanted):,} unheard ones left in order {stage.took}"
        )


if __name__ == "__main__":
    main(*rounds_and_seed())
