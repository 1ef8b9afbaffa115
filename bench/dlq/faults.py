"""Kill replays with kill -9 at random moments, one to three operators at once, and count what was published.

python -m bench.dlq.faults [rounds] [seed]
"""

from __future__ import annotations

import random
import sys
import tempfile
import time

from tests.dlq.spawner import Spawner
from tests.dlq.support import FLIGHT, LIST, Service, Shema, expire_leases, letter, numbers, push, stored
from tests.support.http import HttpServer
from tests.support.signed_in import serve_identity, signed_in
from tests.support.valkey import Valkey

HEARD = ("ENROLLMENT_APPROVED", "USER_UPDATED")
CHANNELS = ("enrollment.approved", "user.updated")
SELECTIONS = (("--all",), ("--type", "USER_UPDATED"), ("--type", "ENROLLMENT_*"), ("--all", "--rate", "3000"))


def kind(number: int) -> str:
    return "BOOKING_CREATED" if number % 8 == 0 else HEARD[number % 2]


def main(rounds: int, seed: int) -> None:
    chance = random.Random(seed)
    server = Valkey().start()
    with HttpServer() as identity, server.client() as client, tempfile.TemporaryDirectory() as folder:
        serve_identity(identity)
        places = {"SHEMA_CONFIG_DIR": folder, "SHEMA_STATE_DIR": f"{folder}/state", "REDIS_URL": server.url}
        env = {**signed_in(f"127.0.0.1:{identity.port}"), **places}
        dlq = Shema(env)
        total = kills = midway = in_flight = 0
        began = time.monotonic()
        with Spawner(env) as spawn, Service(server.port, channels=CHANNELS) as service:
            for round_ in range(rounds):
                push(client, [letter(n, kind(n)) for n in range(total, total + 600)])
                total += 600
                runs = [
                    spawn("dlq", "replay", *chance.choice(SELECTIONS), "--yes") for _ in range(chance.randint(1, 3))
                ]
                before = len(service.heard)
                time.sleep(chance.random() * 0.02)
                for _ in range(int(chance.random() * 500)):
                    if len(service.heard) > before:
                        break
                    time.sleep(0.001)
                for run in chance.sample(runs, chance.randint(1, len(runs))):
                    time.sleep(chance.random() * 0.05)
                    run.kill()
                    kills += 1
                codes = [run.wait() for run in runs]
                midway += sum(code < 0 for code in codes)
                in_flight += bool(client.llen(FLIGHT))
                left = stored(client)
                heard = service.payloads(total - len(left))
                assert len(heard) + len(left) == total, (round_, len(heard), len(left), total)
                expire_leases(client)
                dlq.json("recover")
                assert not client.llen(FLIGHT)
                assert client.lrange(LIST, 0, -1) == left[::-1]
            dlq("replay", "--all", "--yes")
            wanted = [n for n in range(total) if n % 8]
            heard_numbers = sorted(numbers(service.payloads(len(wanted))))
            assert heard_numbers == wanted, "something was lost or doubled"
            assert stored(client) == [letter(n, kind(n)) for n in range(total) if not n % 8]
    server.stop()
    print(
        f"{rounds} rounds, {midway} of {kills} kills before the end, {in_flight} times with entries in flight: "
        f"{len(wanted):,} events published exactly once, {total - len(wanted):,} unheard ones left in order "
        f"({time.monotonic() - began:.0f} s)"
    )


if __name__ == "__main__":
    arguments = [int(word) for word in sys.argv[1:]]
    main(*(arguments + [200, 1][len(arguments) :]))
