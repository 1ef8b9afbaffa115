"""Kill resends of a history with kill -9 at random moments, one to three at once, and count what was published.

python -m bench.dlq.resend_faults [rounds] [seed]
"""

from __future__ import annotations

import json
import random
from collections import Counter
from pathlib import Path

from bench.dlq.killing import Stage, rounds_and_seed, staged
from shema_cli.dlq.letters.entry import replay_key
from tests.dlq.support import expire_leases, numbers
from tests.resend.support import APPROVED, Resend, marks, payload, record, runs_events
from tests.support.trail import ended

A_ROUND = 600
PACES = ((), (), ("--rate", "3000"), ("--limit", "300"))


def one_round(stage: Stage, chance: random.Random, file: Path) -> None:
    words = ("events", "resend", "--ids-file", str(file), "--yes")
    stage.killer.kill_some_of(lambda: stage.spawn(*words, *chance.choice(PACES)), patience_ms=3000)
    stage.client.ping()  # with its answer, all is done that dead processes had sent
    heard = heard_by(stage)
    assert max(heard.values(), default=1) == 1, heard.most_common(3)
    assert marks(stage.client) == len(heard), (marks(stage.client), len(heard))
    expire_leases(stage.client)


def heard_by(stage: Stage) -> Counter[int]:
    return Counter(numbers(one.payload for one in stage.service.so_far()))


def main(rounds: int, seed: int) -> None:
    chance = random.Random(seed)
    with staged(chance, [APPROVED]) as stage:
        file, every = stage.folder / "ids", list[str]()
        for first in range(0, A_ROUND * rounds, A_ROUND):
            events = [payload(n) for n in range(first, first + A_ROUND)]
            every += record(stage.client, events, at_ms=1_000_000 + first)
            file.write_text("\n".join(every[-5 * A_ROUND :]))
            one_round(stage, chance, file)
        file.write_text("\n".join(every))
        assert Resend(stage.env)("--ids-file", str(file), "--yes").code == 0
        total = A_ROUND * rounds
        assert heard_by(stage) == Counter(range(total)), "something was lost or doubled"
        assert Counter(runs_events(stage.client)) == Counter(replay_key(f"evt_{n:08d}") for n in range(total))
        entries = [json.loads(entry["details"]) for entry in ended(stage.client)]
        audited = sum(entry.get("resent", 0) + entry.get("done", 0) for entry in entries)
        assert audited == total, (audited, total)
        print(
            f"{rounds} rounds, {stage.told}: {total:,} events published, marked and audited exactly once {stage.took}"
        )


if __name__ == "__main__":
    main(*rounds_and_seed())
