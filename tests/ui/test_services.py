"""The services: their instances and how fast they answer, who listens to what, and one of them whole."""

from __future__ import annotations

import pytest

from shema_cli.sandbox.system.assembly import System
from shema_cli.services.results import HealthReport, HealthState, InstanceHealth, ServiceHealth
from shema_cli.ui.latencies import Latencies
from shema_cli.ui.pages import services
from tests.support.world import NOW
from tests.ui.support import seated

BARS = "▁▂▃▄▅▆▇█"


def look(*latencies: int | None) -> HealthReport:
    instances = [
        InstanceHealth(f"http://{n}", HealthState.HEALTHY, 200, latency, "closed", "config", None)
        for n, latency in enumerate(latencies)
    ]
    return HealthReport([ServiceHealth("user", instances)])


def test_latencies_are_remembered_by_instance_and_a_look_counts_once() -> None:
    seen, first, last = Latencies(), look(10, 5), look(30, 7)
    for report in (first, look(None, 6), last, first, last):
        seen.add(report)
    assert seen.trend("http://0", 10) == "▁ █"
    assert seen.median_ms("http://0") == 20
    assert seen.told("http://0") == "median 20 ms of 3 looks, 1 without an answer"
    assert seen.told("http://1") == "median 6 ms of 3 looks"


def test_before_the_second_answer_there_is_no_course_of_things() -> None:
    seen = Latencies()
    assert (seen.trend("http://0", 10), seen.median_ms("http://0")) == ("", None)
    seen.add(look(None))
    seen.add(look(12))
    assert seen.trend("http://0", 10) == ""


def test_only_the_last_looks_are_drawn_where_there_is_no_room_for_all() -> None:
    seen = Latencies()
    for latency in range(20):
        seen.add(look(latency))
    assert seen.trend("http://0", 8) == BARS


async def test_instances_have_a_trend_and_channels_those_who_hear_them(sandbox: dict[str, str]) -> None:
    async with seated(sandbox, begin="services") as seat:
        await seat.sees("enrollment", "healthy", "Who listens to what", "enrollment.approved", "DECLARED BY")
        await seat.press("ctrl+r")
        shown = await seat.sees("MEDIAN")
        while not any(bar in shown for bar in BARS):
            await seat.press("ctrl+r")
            shown = await seat.sees("MEDIAN")


async def test_who_has_gone_deaf_is_named(sandbox: dict[str, str], sandbox_system: System) -> None:
    sandbox_system.call(sandbox_system.set_fault("schedule", {"deaf": True}), 20)
    async with seated(sandbox, begin="services") as seat:
        await seat.sees("not there: schedule")
        await seat.press("tab")
        await seat.write("/approved")
        await seat.press("enter", "enter")
        await seat.sees("enrollment.approved", "schedule is not there", "not there: schedule")


@pytest.mark.parametrize(("left_s", "told"), [(None, "half-open"), (41.6, "open 42 s")])
def test_a_circuit_tells_how_long_it_stays_open(left_s: float | None, told: str) -> None:
    circuit = "half_open" if left_s is None else "open"
    one = InstanceHealth(
        "http://0", HealthState.UNHEALTHY, 503, 12, circuit, "config", "answered 503", open_for_s=left_s
    )
    [instances, _] = services.services(NOW).pages
    [row] = instances.rows(HealthReport([ServiceHealth("user", [one])]))
    assert told in [cell.text for cell in row.cells]


async def test_a_service_is_shown_whole_with_what_it_hears_and_missed(sandbox: dict[str, str]) -> None:
    async with seated(sandbox, begin="services") as seat:
        await seat.sees("auth", "healthy")
        await seat.press("enter")
        await seat.sees("home › services › auth", "Listens to", "user.updated", "listens", "Missed in the last day")
        await seat.sees("looks", "healthy")
        await seat.press("enter")
        await seat.sees("state:", "healthy (answered 200)", "latency:", "circuit:", "closed")
        await seat.press("escape", "escape")
        await seat.sees("Who listens to what")
