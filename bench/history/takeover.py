"""Kill whichever recorder writes, again and again: `python -m bench.history.takeover [KILLS]`.

Counts what is missing and what stands twice, and how long after each kill the history goes on.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from shema_cli.store import keys
from tests.events.history.publishing import publishing
from tests.events.history.recording import RecorderProcess, gaps, payloads, recorder_process
from tests.support.valkey import Valkey
from tests.support.waiting import eventually


def main(kills: int) -> None:
    server = Valkey(("--appendonly", "yes")).start()
    holes: list[float] = []
    try:
        with ExitStack() as stack, server.client() as client:

            def another() -> RecorderProcess:
                folder = Path(tempfile.mkdtemp(prefix="shema-bench-"))
                return stack.enter_context(recorder_process(url=server.url, folder=folder))

            recorders = [another() for _ in range(3)]
            for one in recorders:
                one.until("recording", "standing_by", within_s=60)
            publisher = stack.enter_context(publishing(server.port, b"the same" if "--same" in sys.argv else None))
            for number in range(kills):
                writer = eventually(lambda: next((r for r in recorders if r.state == "recording"), None), within_s=60)
                assert writer
                said = publisher.sent
                eventually(lambda said=said: publisher.sent > said + 20)  # type: ignore[misc]
                writer.process.kill()
                killed, kept = time.monotonic(), int(client.xlen(keys.HISTORY))
                eventually(lambda kept=kept: client.xlen(keys.HISTORY) > kept + 1, within_s=60)  # type: ignore[misc]
                holes.append(time.monotonic() - killed)
                writer.kill()
                recorders.remove(writer)
                recorders.append(another())
                eventually(lambda: recorders[-1].state == "standing_by", within_s=60)
                if number % 10 == 9:
                    print(f"{number + 1} kills, worst {max(holes):.2f} s", flush=True)
            publisher.stop.set()
            eventually(lambda: len(payloads(server.url)) >= publisher.sent, within_s=20)
            found = payloads(server.url)
            wanted = [publisher.same or b"%d" % number for number in range(publisher.sent)]
            told = len(gaps(server.url)) - 1
        holes.sort()
        print(
            f"{len(holes)} kills, {publisher.sent:,} messages: as published, each once: {found == wanted}; gaps: {told}"
        )
        print(f"the history went on after {holes[len(holes) // 2]:.2f} s (median), {holes[-1]:.2f} s (worst)")
    finally:
        server.stop()


if __name__ == "__main__":
    print(f"load before: {os.getloadavg()}")
    main(next((int(word) for word in sys.argv[1:] if word.isdigit()), 100))
