"""Which runs there are, and how they look."""

from __future__ import annotations

import pytest

from shema_cli.dlq.run.store import RunState
from shema_cli.runs.results import ListedRun, RunList, Stand, StopOutcome, StoppedRun
from shema_cli.runs.views import listing
from shema_cli.runs.views import stopped as stopped_view
from tests.support.drawing import drawn

NOW = 1_800_000_000_000
FIELDS = {
    "state": "live",
    "action": "dlq.replay",
    "selection": "--type enrollment.approved",
    "actorEmail": "budi@school.test",
    "command": "dlq replay",
    "started": str(NOW - 200_000),
    "began": str(NOW - 100_000),
    "done": "1900",
    "of": "4000",
}


def run(id: str = "3f9a1c22b4d0e7aa", *, lease_ms: int = 2000, **fields: str) -> ListedRun:
    return ListedRun(RunState(id, NOW + lease_ms, NOW, FIELDS | fields))


@pytest.mark.parametrize(
    ("shown", "stand", "rate"),
    [
        (run(), Stand.RUNNING, 19.0),
        (run(began="", done="0"), Stand.PREPARING, None),
        (run(began=""), Stand.RUNNING, None),  # one that does not tell when it began
        (run(began=str(NOW - 10)), Stand.RUNNING, None),
        (run(stoppedBy="dina@school.test"), Stand.STOPPING, None),
        (run(lease_ms=-1), Stand.ABANDONED, None),
        (run(state="dead"), Stand.ABANDONED, None),
        (run(lease_ms=-1, stoppedBy="dina@school.test"), Stand.ABANDONED, None),
    ],
)
def test_how_a_run_stands(shown: ListedRun, stand: Stand, rate: float | None) -> None:
    assert (shown.stand, shown.rate) == (stand, rate)


def test_what_is_no_number_is_not_known() -> None:
    odd = run(started="x", began="-1", done="1e9", of="²")
    assert (odd.done, odd.of, odd.age_s, odd.rate) == (0, None, None, None)
    assert odd.document()["started_at"] is None


def test_of_a_resend_is_told_for_whom() -> None:
    assert run(action="events.resend", service="schedule", selection="--since 2h").selection == (
        "--missed-by schedule --since 2h"
    )
    assert run(action="events.resend", selection="").name == "resend by budi@school.test"


@pytest.mark.parametrize("width", [60, 80, 120])
def test_each_run_has_three_lines(width: int) -> None:
    runs = RunList([run(), run(lease_ms=-1), run("ab", stoppedBy="dina@school.test")], 20, 20)
    lines = drawn(listing(runs, width), width)[:-1]
    assert lines[0] == "3f9a1c22b4d0e7aa  replay by budi@school.test"
    assert "1,900 of 4,000 done, 19 a second" in " ".join(" ".join(lines).split())
    assert "  abandoned, begun " in " ".join(lines)
    assert "replay by budi@school.test, told to stop by dina@school.test" in " ".join(lines)
    assert len(lines) <= (12 if width < 80 else 9)


def test_the_next_command_is_told() -> None:
    told = list(RunList([run(lease_ms=-1), run("ab12")], 20, 20).notes())
    assert told == [
        "end one gently: shema dlq runs stop ab12",
        "20 entries are in flight, and nobody is at work on them: shema dlq recover",
    ]
    assert list(RunList([run(lease_ms=-1)], 0, 0).notes()) == ["enter the end of what has died: shema dlq recover"]
    assert list(RunList([], 0, 0).notes()) == ["no run is under way"]


@pytest.mark.parametrize(
    ("outcome", "code", "said"),
    [
        (StopOutcome.STOPPED, 0, "the replay by budi@school.test has ended"),
        (StopOutcome.STOPPING, 0, "does nothing more, and has not ended yet: shema dlq runs"),
        (StopOutcome.ABANDONED, 1, "died before it ended: shema dlq recover"),
        (StopOutcome.PLANNED, 0, "nothing was changed"),
    ],
)
def test_how_a_stop_ends(outcome: StopOutcome, code: int, said: str) -> None:
    stopped = StoppedRun(run(stoppedBy="dina@school.test"), outcome, "ana@school.test")
    assert stopped.exit_code == code
    assert drawn(stopped_view(stopped, 60), 60)[0] == f"3f9a1c22b4d0e7aa  {outcome}, 1,900 of 4,000 done"
    first, last = stopped.notes()
    assert first == "dina@school.test has told it to stop before"
    assert said in last
    assert list(StoppedRun(run(stoppedBy="ana@school.test"), outcome, "ana@school.test").notes()) == [last]
