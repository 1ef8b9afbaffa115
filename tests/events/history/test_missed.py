"""What a service missed, from histories of every kind."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import redis

from shema_cli.clock import SystemClock
from shema_cli.errors import ExitCode, InvalidUsage, NotFound
from shema_cli.events.history.missed import missed
from shema_cli.events.history.missed_events import Missed
from shema_cli.events.history.past import Window
from shema_cli.resend.missed import MissedBy
from shema_cli.store import keys
from shema_cli.store.connection import Store
from tests.events.history.writing import History, event
from tests.support.history import Words
from tests.support.registry import put
from tests.support.store import store_at
from tests.support.valkey import Valkey

APPROVED = "enrollment.approved"


@pytest.fixture
def store(valkey: Valkey) -> Iterator[Store]:
    store = store_at(valkey.url)
    yield store
    store.close()


@pytest.fixture
def history(redis_client: redis.Redis) -> History:
    put(redis_client, "http://schedule:1", "schedule", listens=[APPROVED, "chat:session:*"])
    history = History(redis_client)
    history.begin(0)
    history.names_from_here(0.1, "schedule-service", "booking")
    history.present("schedule-service", "booking")
    return history


def numbers(found: Missed) -> list[str]:
    return [str(one.event_id).removeprefix("evt_") for one in found.events]


def spans(history: History, spans: object) -> list[tuple[float, float]]:
    """In seconds; what lasts until now, until 3600."""
    assert isinstance(spans, tuple)
    seconds = [((s.from_ms - history.zero_ms) / 1000, (s.to_ms - history.zero_ms) / 1000) for s in spans]
    return [(from_, 3600 if to > 3599 else to) for from_, to in seconds]


def away(history: History, found: Missed) -> list[tuple[float, float]]:
    return spans(history, found.away)


def unknown(history: History, found: Missed) -> list[tuple[float, float]]:
    return spans(history, found.unknown)


def test_what_was_published_while_it_was_away_is_missed_and_nothing_else(store: Store, history: History) -> None:
    history.event(10, 1)
    history.down(20, "schedule-service")
    history.event(21, 2)
    history.event(22, 3, "user.updated")
    history.message(23, "chat:session:s1", '{"type": "new_message", "message": "hi"}')
    history.up(30, "schedule-service")
    history.event(31, 4)

    found = missed(store, "schedule", [], clock=SystemClock())

    assert [(one.channel, one.event_id, one.event_type) for one in found.events] == [
        (APPROVED, "evt_2", "ENROLLMENT_APPROVED"),
        ("chat:session:s1", None, None),
    ]
    assert away(history, found) == [(19.5, 30)]
    assert found.unknown == ()
    assert found.exit_code == ExitCode.FAILED
    assert found.seen


def test_none_missed_is_success(store: Store, history: History) -> None:
    history.event(10, 1)

    found = missed(store, "schedule", [], clock=SystemClock())

    assert found.document() == {"service": "schedule", "away": [], "unknown": [], "events": [], "total": 0}
    assert found.exit_code == ExitCode.DONE


def test_what_was_published_between_two_looks_counts_as_missed_perhaps(store: Store, history: History) -> None:
    history.event(18, 1)
    history.event(19.7, 2)
    history.down(20, "schedule-service", between=19.5)
    history.event(21, 3)
    history.event(29.8, 4)
    history.up(30, "schedule-service", between=29.5)
    history.event(31, 5)

    found = missed(store, "schedule", [], clock=SystemClock())

    assert [(one.event_id, one.maybe) for one in found.events] == [("evt_2", True), ("evt_3", False), ("evt_4", True)]


def test_a_restart_between_two_looks_may_have_missed_something(store: Store, history: History) -> None:
    history.event(18, 1)
    history.event(19.7, 2)
    history.down(20, "schedule-service", between=19.5)
    history.up(20, "schedule-service", between=19.5)
    history.event(19.9, 3)  # heard before the look, appended after it
    history.event(21, 4)

    found = missed(store, "schedule", [], clock=SystemClock())

    assert numbers(found) == ["2", "3"]
    assert away(history, found) == [(19.5, 20)]


def test_it_is_there_while_one_of_its_two_names_is(store: Store, history: History) -> None:
    history.up(10, "schedule")
    history.down(20, "schedule-service")
    history.event(21, 1)
    history.down(30, "schedule")
    history.event(31, 2)
    history.present("booking")

    found = missed(store, "schedule", [], clock=SystemClock())

    assert numbers(found) == ["2"]
    assert away(history, found) == [(29.5, 3600)]


def test_an_absence_that_goes_on_ends_now(store: Store, history: History) -> None:
    history.down(20, "schedule-service")
    history.event(21, 1)
    history.present("booking")

    assert away(history, missed(store, "schedule", [], clock=SystemClock())) == [(19.5, 3600)]


@pytest.mark.parametrize("since", [15, 25, 29])
def test_how_it_was_before_the_window_is_told_by_the_first_change_in_it(
    store: Store, history: History, since: int
) -> None:
    history.down(20, "schedule-service")
    history.event(29.2, 1)
    history.up(30, "schedule-service")

    found = missed(store, "schedule", [], Window(since_ms=history.ms(since)), clock=SystemClock())

    assert numbers(found) == ["1"]
    assert away(history, found) == [(max(since, 19.5), 30)]


def test_without_a_change_in_the_window_the_state_tells_it(store: Store, history: History) -> None:
    history.down(20, "schedule-service")
    history.event(40, 1)
    history.present("booking")

    found = missed(store, "schedule", [], Window(since_ms=history.ms(35)), clock=SystemClock())
    other = missed(store, "booking", [APPROVED], Window(since_ms=history.ms(35)), clock=SystemClock())

    assert (numbers(found), away(history, found)) == (["1"], [(35, 3600)])
    assert (numbers(other), other.away, other.seen) == ([], (), True)


def test_a_window_that_ends_before_now_is_told_by_what_came_after(store: Store, history: History) -> None:
    history.event(10, 1)
    history.event(19, 2)
    history.down(20, "schedule-service")
    history.event(21, 3)
    history.event(40, 4)
    history.present("booking")

    found = missed(store, "schedule", [], Window(history.ms(5), history.ms(30)), clock=SystemClock())

    assert numbers(found) == ["3"]
    assert away(history, found) == [(19.5, 30)]


def test_what_was_missed_and_heard_later_is_missed_no_more(store: Store, history: History) -> None:
    history.down(20, "schedule-service")
    for number in (1, 2, 3):
        history.event(21, number)
    history.message(22, "chat:session:s1", "hello")
    history.message(22, "chat:session:s1", "nobody")
    history.event(23, 1)  # again, and missed again
    history.up(30, "schedule-service")
    history.event(31, 2)
    history.event(31, 3, "user.updated")  # the same id on another channel
    history.message(31, "chat:session:s1", "hello")

    found = missed(store, "schedule", [], clock=SystemClock())

    assert [(one.event_id, one.channel) for one in found.events] == [
        ("evt_1", APPROVED),
        ("evt_3", APPROVED),
        (None, "chat:session:s1"),
    ]


def test_what_was_heard_first_and_came_again_while_it_was_away_is_missed(store: Store, history: History) -> None:
    history.event(10, 1)
    history.down(20, "schedule-service")
    history.event(21, 1)
    history.up(30, "schedule-service")

    assert numbers(missed(store, "schedule", [], clock=SystemClock())) == ["1"]


def test_an_edited_event_is_another_one_until_one_of_them_is_heard(store: Store, history: History) -> None:
    history.down(20, "schedule-service")
    history.event(21, 1, grade="A")
    history.event(22, 1, grade="B")
    assert numbers(missed(store, "schedule", [], clock=SystemClock())) == ["1", "1"]

    history.up(30, "schedule-service")
    history.event(31, 1, grade="C")
    assert numbers(missed(store, "schedule", [], clock=SystemClock())) == []


def test_times_that_nobody_recorded_are_unknown_and_not_away(store: Store, history: History) -> None:
    history.down(20, "schedule-service")
    history.event(21, 1)
    history.gap(25, 40)
    history.event(41, 2)
    history.up(50, "schedule-service")

    found = missed(store, "schedule", [], Window(since_ms=history.ms(-600)), clock=SystemClock())

    assert numbers(found) == ["1", "2"]
    assert away(history, found) == [(19.5, 25), (40, 50)]
    assert unknown(history, found) == [(-600, 0), (25, 40)]


def test_before_the_beginning_and_what_was_trimmed_is_unknown(store: Store, history: History) -> None:
    history.state(trimmed=history.ms(5))
    history.event(9, 1)

    found = missed(store, "schedule", [], Window(since_ms=history.ms(-600)), clock=SystemClock())
    kept = missed(store, "schedule", [], clock=SystemClock())

    assert unknown(history, found) == [(-600, 5)]
    assert (kept.since_ms, kept.unknown) == (history.ms(5), ())


def test_since_the_recorder_ended_nothing_is_known(store: Store, history: History) -> None:
    history.down(20, "schedule-service")
    history.present("booking")
    history.state(heard=history.ms(100))

    found = missed(store, "schedule", [], clock=SystemClock())

    assert away(history, found) == [(19.5, 100)]
    assert unknown(history, found) == [(100, 3600)]


def test_a_service_that_was_never_seen_may_have_clients_without_a_name(store: Store, history: History) -> None:
    history.event(10, 1)

    found = missed(store, "stock", [APPROVED], clock=SystemClock())

    assert numbers(found) == ["1"]
    assert away(history, found) == [(0, 3600)]
    assert found.document()["never_seen"] is True
    assert "CLIENT SETNAME stock" in "\n".join(found.notes())


def test_a_time_in_which_only_numbers_were_told_is_unknown(store: Store, history: History) -> None:
    history.counts(100, enrollment_approved=5, user_updated=1)
    history.event(150, 1)
    history.counts(200, enrollment_approved=4)
    history.counts(260, enrollment_approved=5)
    history.names_from_here(400, "booking")
    history.event(500, 2)
    history.present("booking")

    found = missed(store, "schedule", [], clock=SystemClock())

    assert numbers(found) == ["2"]
    assert unknown(history, found) == [(100, 400)]
    assert away(history, found) == [(400, 3600)]
    (fewer,) = found.fewer
    assert (fewer.channel, fewer.listeners, fewer.usual) == (APPROVED, 4, 5)
    assert spans(history, (fewer.span,)) == [(200, 260)]
    assert "4 of the usual 5 listeners on enrollment.approved" in "\n".join(found.notes())


def test_where_no_names_were_ever_told_all_is_unknown(store: Store, redis_client: redis.Redis) -> None:
    history = History(redis_client)
    history.state(present="null", usual='{"enrollment.approved": 2}')
    history.event(10, 1)

    found = missed(store, "schedule", [APPROVED], clock=SystemClock())

    assert (numbers(found), found.away, unknown(history, found)) == ([], (), [(10, 3600)])
    assert found.exit_code == ExitCode.DONE
    assert "not known" in "\n".join(found.notes())


def test_after_the_clock_was_set_back_only_what_came_between_the_looks_is_missed_perhaps(
    store: Store, history: History
) -> None:
    history.event(990, 1)
    back = history.ms(400)  # it is 600 s behind from here on; ids stay with 1000
    history.add(1000, {"channel": APPROVED, "payload": event(2)}, clock_ms=back)
    history.add(1000, {"channel": APPROVED, "payload": event(3)}, clock_ms=back + 50_100)
    gone: dict[str, Words] = {
        "kind": "presence",
        "client": "schedule-service",
        "state": "down",
        "between": back + 50_000,
    }
    history.add(1000, gone, clock_ms=back + 50_500)
    history.add(1000, {"channel": APPROVED, "payload": event(4)}, clock_ms=back + 60_000)

    found = missed(store, "schedule", [], clock=SystemClock())

    assert [(one.event_id, one.maybe) for one in found.events] == [("evt_3", True), ("evt_4", False)]


def test_channels_are_matched_as_redis_does(store: Store, history: History) -> None:
    history.down(20, "schedule-service")
    history.event(21, 1, "enrollment.approved")
    history.event(21, 2, "enrollment.rejected")
    history.event(21, 3, "user.updated")
    history.message(21, b"enrollment.\xff", "bytes")

    assert len(missed(store, "schedule", ["enrollment.*"], clock=SystemClock()).events) == 3
    assert numbers(missed(store, "schedule", ["[!u]*"], clock=SystemClock())) == ["3"], "! is no sign to Redis"
    assert numbers(missed(store, "schedule", ["[^u]*.?pproved"], clock=SystemClock())) == ["1"]


def test_hostile_payloads_are_events_like_all_others(store: Store, history: History) -> None:
    history.down(20, "schedule-service")
    for payload in (b"\xff\xfe", b"", b"[1]", b'{"eventId": 5}', b"[" * 5000, b'{"eventId": "\\ud800"}'):
        history.message(21, APPROVED, payload)

    assert len(missed(store, "schedule", [], clock=SystemClock()).events) == 6


def test_a_long_walk_says_how_far_it_is(store: Store, history: History, redis_client: redis.Redis) -> None:
    with redis_client.pipeline(transaction=False) as pipeline:
        for number in range(2500):
            at_ms = history.ms(100 + number)
            pipeline.xadd(keys.HISTORY, {"channel": APPROVED, "payload": "{}", "at": at_ms}, id=f"{at_ms}-0")
        pipeline.execute()
    walked: list[int] = []

    missed(store, "schedule", [], walked=walked.append, clock=SystemClock())

    assert walked == [1000] * 4, "twice through all of it"


def test_the_messages_themselves_are_read_again(store: Store, history: History, redis_client: redis.Redis) -> None:
    history.down(20, "schedule-service")
    ids = [history.event(21 + number, number) for number in range(40)]
    found = missed(store, "schedule", [], clock=SystemClock())
    redis_client.xdel(keys.HISTORY, ids[3])

    messages = list(MissedBy(store, SystemClock(), found).messages())

    assert [one.id for one in messages] == [*ids[:3], *ids[4:]]
    assert messages[0].payload == event(0).encode()
    assert messages[0].channel == APPROVED.encode()


@pytest.mark.parametrize("service", ["", " ", "a b", "a\nb", "école"])
def test_a_name_that_no_client_can_have_is_not_taken_for_one_that_was_never_there(
    store: Store, history: History, service: str
) -> None:
    history.event(10, 1)
    with pytest.raises(InvalidUsage, match="no client"):
        missed(store, service, [APPROVED], clock=SystemClock())


def test_where_nobody_says_what_it_listens_to_both_ways_are_named(store: Store, history: History) -> None:
    with pytest.raises(InvalidUsage) as error:
        missed(store, "stock", [], clock=SystemClock())
    assert "--channel" in str(error.value.hint)
    assert "shema services register stock URL --listens CHANNEL" in str(error.value.hint)


def test_where_nothing_was_ever_recorded_it_is_said(store: Store, redis_client: redis.Redis) -> None:
    with pytest.raises(NotFound, match="nothing was ever recorded"):
        missed(store, "schedule", [APPROVED], clock=SystemClock())
