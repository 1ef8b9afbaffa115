"""Kill resends of a history with kill -9 at random moments, one to three at once, and count what was published.

python -m bench.dlq.resend_faults [rounds] [seed]
"""

from __future__ import annotations

import json
import random
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from shema_cli.dlq.letters.entry import replay_key
from tests.dlq.spawner import Spawner
from tests.dlq.support import Service, expire_leases, numbers
from tests.resend.support import Resend, marks, payload, record, runs_events
from tests.support.http import HttpServer
from tests.support.signed_in import serve_identity, signed_in
from tests.support.trail import ended
from tests.support.valkey import Valkey

A_ROUND = 600
PACES = ((), (), ("--rate", "3000"), ("--limit", "300"))


def main(rounds: int, seed: int) -> None:
    chance = random.Random(seed)
    server = Valkey().start()
    with HttpServer() as identity, server.client() as client, tempfile.TemporaryDirectory() as folder:
        serve_identity(identity)
        places = {"SHEMA_CONFIG_DIR": folder, "SHEMA_STATE_DIR": f"{folder}/state", "REDIS_URL": server.url}
        env = {**signed_in(f"127.0.0.1:{identity.port}"), **places}
        file = Path(folder) / "ids"
        total = kills = midway = 0
        every: list[str] = []
        heard: Counter[int] = Counter()
        began = time.monotonic()
        with Spawner(env) as spawn, Service(server.port) as service:
            for round_ in range(rounds):
                ids = record(client, [payload(n) for n in range(total, total + A_ROUND)], at_ms=1_000_000 + total)
                total += A_ROUND
                every += ids
                file.write_text("\n".join(every[-5 * A_ROUND :]))
                words = ("events", "resend", "--ids-file", str(file), "--yes")
                runs = [spawn(*words, *chance.choice(PACES)) for _ in range(chance.randint(1, 3))]
                before = len(service.heard)
                time.sleep(chance.random() * 0.02)
                for _ in range(int(chance.random() * 3000)):
                    if len(service.heard) > before:
                        break
                    time.sleep(0.001)
                for run in chance.sample(runs, chance.randint(1, len(runs))):
                    time.sleep(chance.random() * 0.05)
                    run.kill()
                    kills += 1
                midway += sum(run.wait() < 0 for run in runs)
                client.ping()  # with its answer, all is done that dead processes had sent
                heard = Counter(numbers(one.payload for one in service.so_far()))
                assert max(heard.values(), default=1) == 1, (round_, heard.most_common(3))
                assert marks(client) == len(heard), (round_, marks(client), len(heard))
                expire_leases(client)
            file.write_text("\n".join(every))
            assert Resend(env)("--ids-file", str(file), "--yes").code == 0
            heard = Counter(numbers(one.payload for one in service.so_far()))
            assert heard == Counter(range(total)), "something was lost or doubled"
            assert Counter(runs_events(client)) == Counter(replay_key(f"evt_{n:08d}") for n in range(total))
            entries = [json.loads(entry["details"]) for entry in ended(client)]
            audited = sum(entry.get("resent", 0) + entry.get("done", 0) for entry in entries)
            assert audited == total, (audited, total)
    server.stop()
    print(
        f"{rounds} rounds, {midway} of {kills} kills before the end: {total:,} events published, marked and audited "
        f"exactly once ({time.monotonic() - began:.0f} s)"
    )


if __name__ == "__main__":
    arguments = [int(word) for word in sys.argv[1:]]
    main(*(arguments + [200, 1][len(arguments) :]))
