from __future__ import annotations

from collections import Counter
from typing import Any

from shema_cli.sandbox.system.assembly import System
from tests.support.cli import shema


async def _wishes(system: System, seed: int) -> list[tuple[str, Any]]:
    """What is asked, in order, without anything being asked."""
    traffic, asked = system.traffic(seed), []
    for _ in range(400):
        wish = traffic.wish()
        frame = wish.asking.cr_frame.f_locals  # type: ignore[attr-defined]
        asked.append(
            (wish.kind, str({name: value for name, value in frame.items() if name in ("path", "body", "turn")}))
        )
        wish.asking.close()  # type: ignore[attr-defined]
    return asked


def test_the_same_seed_gives_the_same_life(sandbox: dict[str, str], sandbox_system: System) -> None:
    first = sandbox_system.call(_wishes(sandbox_system, 7), 20)
    assert first == sandbox_system.call(_wishes(sandbox_system, 7), 20)
    assert first != sandbox_system.call(_wishes(sandbox_system, 8), 20)


def test_life_is_of_every_kind_and_nothing_of_it_fails(sandbox: dict[str, str], sandbox_system: System) -> None:
    ended = shema("sandbox", "traffic", "--rate", "400", "--for", "2", "--seed", "3", "--json", env=sandbox)
    assert ended.code == 0
    total = ended.lines[-1]
    assert total["kind"] == "total"
    assert total["failed"] == 0
    assert total["events"] + total["refused"] == 800
    assert set(total["by_kind"]) == {"attendance", "booking", "chat", "confirm", "enrollment", "profile"}
    seconds = Counter[str]()
    for line in ended.lines[:-1]:
        seconds.update(line["by_kind"])
    assert all(seconds[kind] <= count for kind, count in total["by_kind"].items())
    channels = shema("sandbox", "status", "--json", env=sandbox).json["channels"]
    assert {"chat:session:*", "attendance.marked", "user.updated", "booking.created"} <= set(channels)
    assert list(sandbox_system.logbook.problems) == []


def test_a_service_that_is_down_makes_traffic_fail(sandbox: dict[str, str]) -> None:
    shema("sandbox", "fault", "chat", "--down", env=sandbox)
    ended = shema("sandbox", "traffic", "--rate", "200", "--for", "0.5", env=sandbox)
    assert ended.code == 1
    assert "failed" in ended.out
