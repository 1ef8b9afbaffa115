"""A long list from slow services, beside the bare chain of its pages: each page is known only when the one before is.

    python -m bench.enrollments.paged [ENROLLMENTS] [PAGE] [ANSWER, ms]

The whole processes, each with nothing kept from the one before; the chain is read by a few lines upon http.client.
"""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

from tests.enrollments.school import School, World, enrollment, open_world
from tests.support.http import Answer, Request
from tests.support.valkey import Valkey

COURSES = 30
COMMANDS = (("enrollments", "list"), ("enrollments", "approve", "--all-pending", "--dry-run", "--allow-unheard"))

T = TypeVar("T")


@dataclass
class SlowSchool(School):
    answers_in_s: float = 0.0

    def answer(self, request: Request) -> Answer:
        time.sleep(self.answers_in_s)
        return super().answer(request)


def school(count: int, page: int, answers_in_s: float) -> SlowSchool:
    people = {f"s{n}": f"Student {n}" for n in range(count)}
    courses = {f"c{n}": (0, count) for n in range(COURSES)}
    slow = SlowSchool(users=people, courses=courses, page=page, answers_in_s=answers_in_s)
    slow.add(*(enrollment(n, course=f"c{n % COURSES}") for n in range(count)))
    return slow


def chain(world: World) -> int:
    """Read page after page on one connection. The number of enrollments."""
    connection = http.client.HTTPConnection(urlsplit(world.env["ENROLLMENT_SERVICE_URL"]).netloc)
    found, cursor = 0, ""
    while True:
        connection.request("GET", f"/api/enrollments?status=pending&limit=100{cursor}")
        page = json.loads(connection.getresponse().read())
        found += len(page["enrollments"])
        if page["next_cursor"] is None:
            return found
        cursor = f"&cursor={page['next_cursor']}"


def command(world: World, *words: str) -> tuple[int, int]:
    """How many are listed, and how many of them by name."""
    with tempfile.TemporaryDirectory() as state:
        env = os.environ | world.env | {"SHEMA_STATE_DIR": state}
        done = subprocess.run(
            [sys.executable, "-m", "shema_cli", *words, "-o", "json"], env=env, capture_output=True, check=True
        )
    document = json.loads(done.stdout)
    rows = document.get("enrollments") or document["results"]
    return len(rows), sum(row["student"] is not None for row in rows)


def timed(work: Callable[[], T]) -> tuple[float, T]:
    started = time.perf_counter()
    result = work()
    return time.perf_counter() - started, result


def main(count: int, page: int, answer_ms: float) -> None:
    valkey = Valkey().start()
    try:
        with open_world(valkey, Path(tempfile.mkdtemp()), school(count, page, answer_ms / 1000)) as world:
            bare, found = timed(partial(chain, world))
            print(f"{found} enrollments, {page} a page, {answer_ms:g} ms an answer: the chain of pages {bare:.1f} s")
            for words in COMMANDS:
                seconds, (rows, named) = timed(partial(command, world, *words))
                print(f"  {' '.join(words)}: {seconds:.1f} s, {seconds / bare:.2f} of it; {named} of {rows} by name")
    finally:
        valkey.stop()


if __name__ == "__main__":
    numbers = [float(one) for one in sys.argv[1:]]
    main(*(int(one) for one in numbers[:2] or (5000, 50)), *(numbers[2:] or [300]))
