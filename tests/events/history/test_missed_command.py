"""`shema events missed`, as it is typed and read."""

from __future__ import annotations

import csv
import io

import pytest
import redis

from shema_cli.clock import iso_of_ms
from shema_cli.errors import ExitCode
from shema_cli.events import views
from shema_cli.events.history.absence import Span
from shema_cli.events.history.missed_events import Missed, MissedEvent
from tests.events.history.writing import History
from tests.support.cli import Run, shema
from tests.support.drawing import flat
from tests.support.registry import put
from tests.support.signed_in import signed_in
from tests.support.valkey import Valkey, free_port
from tests.support.zone import in_zone


class Typed:
    """Types the command for one server."""

    def __init__(self, env: dict[str, str], url: str) -> None:
        self._env = {**env, **signed_in(), "REDIS_URL": url}

    def __call__(self, *words: str, terminal: bool = False, **env: str) -> Run:
        return shema("events", "missed", *words, env={**self._env, **env}, terminal=terminal)


@pytest.fixture
def typed(base_env: dict[str, str], valkey: Valkey) -> Typed:
    return Typed(base_env, valkey.url)


@pytest.fixture
def history(redis_client: redis.Redis) -> History:
    """The schedule service was away from 20 to 30, and nobody recorded from 40 to 400."""
    put(redis_client, "http://schedule:1", "schedule", listens=["enrollment.approved", "chat:session:*"])
    history = History(redis_client)
    history.begin(0)
    history.names_from_here(0.1, "schedule-service")
    history.present("schedule-service")
    history.event(19.7, 1, enrollmentId="enr-1", studentId="stu-1")
    history.down(20, "schedule-service")
    history.event(21, 2)
    history.message(22, "chat:session:\x1b[31m", '{"type": "new_message"}')
    history.up(30, "schedule-service")
    history.gap(40, 400)
    return history


def test_away_and_unknown_are_drawn_in_local_time_with_how_long(typed: Typed, history: History) -> None:
    with in_zone("Asia/Jakarta"):
        run = typed("schedule", terminal=True, NO_COLOR="1")
    assert run.code == ExitCode.FAILED
    assert "+07:00" in run.out
    assert "(10s)" in run.out
    assert "(6m)" in run.out
    assert "enrollment enr-1 of student stu-1 approved perhaps" in " ".join(run.out.split()), "what it was, not its id"
    assert "chat:session:\\x1b[3" in run.out, "shown, not obeyed"
    assert "3 events missed, 1 of them perhaps" in run.err
    assert "looked at all that is kept, since" in run.err
    assert "away for 10s, not known of 6m" in " ".join(run.err.split())


def test_a_time_of_which_nothing_is_unknown_is_not_counted(typed: Typed, history: History) -> None:
    run = typed("schedule", "--until", iso_of_ms(history.ms(35)))
    assert "away for 10s" in run.err
    assert "not known" not in run.err


def test_what_is_away_still_is_to_be_started_first(typed: Typed, history: History) -> None:
    assert "start it first" not in typed("schedule").err
    history.down(401, "schedule-service")
    assert "schedule is away still: start it first" in typed("schedule").err


@pytest.mark.parametrize("width", [24, 40, 60, 120])
def test_it_fits_any_terminal(width: int) -> None:
    channel = "chat:session:\x1b[31m" * 9
    events = [MissedEvent("1795704726000-0", 1_795_704_726_000, channel, "evt_1", None, maybe=True, what="said")]
    spans = tuple(Span(at * 1_000_000, at * 1_000_000 + 60_000) for at in range(100))
    shown = flat(views.missed(Missed("schedule", ("*",), 0, True, spans, spans, tuple(events * 300)), width), width)
    assert "saidperhaps" in shown
    assert "80timesbefore" in shown
    assert "and100more" in shown
    assert "wasthereallthetime" in flat(views.missed(Missed("schedule", ("*",), 0, True, (), (), ()), width), width)


def test_rows_are_whole_for_a_pipe_and_a_spreadsheet(typed: Typed, history: History) -> None:
    rows = [line.split("\t") for line in typed("schedule").out.splitlines()]
    assert [(row[2], row[3], row[5]) for row in rows] == [
        ("enrollment.approved", "evt_1", "maybe"),
        ("enrollment.approved", "evt_2", ""),
        ("chat:session:\\x1b[31m", "", ""),
    ]
    assert rows[0][6] == "enrollment enr-1 of student stu-1 approved"
    (first, *_) = csv.DictReader(io.StringIO(typed("schedule", "-o", "csv").out))
    assert (first["event_id"], first["event_type"]) == ("evt_1", "ENROLLMENT_APPROVED")
    assert list(first)[6:] == ["what", "student_name", "course_title"]


def test_a_window_is_a_duration_ago_or_a_moment(typed: Typed, history: History) -> None:
    assert typed("schedule", "--since", "10m").code == ExitCode.DONE
    assert typed("schedule", "--since", "2h", "--until", "59m", "--json").json["total"] == 3
    assert typed("schedule", "--since", "yesterday").code == ExitCode.USAGE


def test_channels_may_be_named(typed: Typed, history: History) -> None:
    assert typed("schedule", "--channel", "user.*", "--json").json["total"] == 0
    assert typed("schedule", "--channel", "user.*", "--channel", "chat:*", "--json").json["total"] == 1
    assert typed("schedule", "--channel", "", "--json").json["total"] == 3, "an empty one names nothing"


def test_the_next_command_publishes_the_same_events_again(typed: Typed, history: History) -> None:
    assert "shema events resend --missed-by schedule --dry-run" in typed("schedule").err
    words = ("--channel", "chat:*", "--since", "2026-01-31T08:00:00Z")
    said = typed("schedule", *words).err
    assert "--missed-by schedule --channel 'chat:*' --since 2026-01-31T08:00:00.000Z --dry-run" in said


def test_a_service_that_never_was_there_under_its_name(typed: Typed, history: History) -> None:
    run = typed("stock", "--channel", "enrollment.approved")
    assert run.code == ExitCode.FAILED
    assert "never seen" in run.err
    assert "CLIENT SETNAME stock" in run.err


def test_without_channels_and_without_a_history_it_says_what_to_do(typed: Typed, history: History) -> None:
    run = typed("stock")
    assert run.code == ExitCode.USAGE
    assert "--channel" in run.err
    assert "--listens" in run.err


def test_where_nothing_was_ever_recorded(typed: Typed, valkey: Valkey) -> None:
    run = typed("schedule", "--channel", "*", "--json")
    assert run.code == ExitCode.FAILED
    assert run.json["error"]["code"] == "nothing_recorded"


def test_a_redis_that_is_away(base_env: dict[str, str]) -> None:
    assert Typed(base_env, f"redis://127.0.0.1:{free_port()}")("schedule").code == ExitCode.UNREACHABLE
