"""What is wrong is told once, with all that comes of it; nothing is wrong that nobody looked at."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from shema_cli.condition.facts import (
    AckState,
    AuditFacts,
    ChannelFacts,
    Condition,
    Family,
    FirebaseFacts,
    HistoryFacts,
    LetterFacts,
    Missed,
    RedisFacts,
    RegistryFacts,
    ServiceFacts,
    SessionFacts,
    Unseen,
)
from shema_cli.condition.judge import judge, unknown
from shema_cli.condition.looked import looked_at
from shema_cli.condition.problems import Headline, Kind, Severity, headline
from tests.condition.seen import PLACE, down, instance, redis_away, seen, service
from tests.support.world import NOW


def told(condition: Condition) -> list[str]:
    return [f"{one.severity} {one.area}: {one.what}" for one in judge(condition)]


def the_cause(condition: Condition) -> str:
    (problem,) = judge(condition)
    return problem.cause


def test_where_all_is_well_nothing_is_told_but_what_was_looked_at() -> None:
    assert told(seen()) == []
    assert headline(judge(seen()), "Nothing is wrong") == Headline(None, "Nothing is wrong")
    areas = [one.area for one in looked_at(seen())]
    assert areas == ["redis", "services", "circuits", "listeners", "dlq", "history", "audit", "session", "clock"]


def test_what_nobody_looked_at_is_no_problem_and_is_not_told_as_looked_at() -> None:
    assert judge(Condition(NOW)) == ()
    assert looked_at(Condition(NOW)) == ()
    assert unknown(Condition(NOW)) == ()


def test_redis_away_is_one_line_and_all_that_stands_in_it_is_unknown() -> None:
    condition = redis_away()
    assert told(condition) == [f"fail redis: Redis at {PLACE} does not answer"]
    cause = the_cause(condition)
    assert cause == "the connection was refused; dead letters, listeners, history and audit are unknown"
    assert [area for area, _ in unknown(condition)] == ["registry", "listeners", "dlq", "history", "audit"]
    assert not {"dlq", "listeners", "history"} & {one.area for one in looked_at(condition)}


def test_redis_that_refuses_us_has_answered() -> None:
    condition = seen(redis=RedisFacts(PLACE, "WRONGPASS", refuses=True))
    assert told(condition) == [f"fail redis: Redis at {PLACE} cannot be used"]
    assert condition.anything_answered


def test_everything_away_at_once_is_one_line() -> None:
    condition = redis_away(services=(down("user"), down("course")))
    assert told(condition) == ["fail redis: neither Redis nor any of 2 services answers"]
    assert "network of this machine" in the_cause(condition)
    assert not condition.anything_answered


def test_a_service_that_is_down_tells_its_circuit_its_listeners_and_its_dead_letters() -> None:
    letters = LetterFacts(5, 5, 100.0, (Family("f" * 10, "boom", 5),), from_services={"course": 4})
    channels = (ChannelFacts("enrollment.approved", 0, 0, ("course",), ("course",)),)
    condition = seen(
        services=(service("user"), down("course", circuit="open", open_for_s=42.4)),
        channels=channels,
        letters=letters,
        registry=RegistryFacts(1, (("course", "http://course.test:3003"),)),
        history=HistoryFacts(True, missed=(Missed("course", 3, 60.0),)),
    )
    first, second = judge(condition)
    assert (first.severity, first.what) == (Severity.FAIL, "course is down")
    for part in (
        "refused",
        "circuit is open for 42 s more",
        "does not hear enrollment.approved",
        "4 dead letters name",
        "has missed 3 events meanwhile",
    ):
        assert part in first.cause
    assert first.next == "shema services health course; shema events missed course"
    assert second.area == "dlq"


def test_one_instance_of_two_is_a_warning() -> None:
    both = ServiceFacts("user", (instance("user"), instance("user", state="unhealthy", error="no answer")))
    assert told(seen(services=(both,))) == ["warn services: user has 1 of 2 instances down"]


@pytest.mark.parametrize(
    ("facts", "line"),
    [
        ({"latency_s": 1.8}, "warn services: course is slow"),
        ({"wrong": "/api/courses/stats: answered 500"}, "fail services: course answers wrongly"),
        ({"wrong": "answered 401", "refused": True}, "fail services: course refuses our service token"),
        ({"circuit": "open", "open_for_s": 9.0}, "warn services: course is not called: its circuit is open"),
        ({"state": "unknown", "error": "no files"}, "fail services: course could not be asked, for a reason on this"),
        ({"state": "expired"}, "fail services: course has no instance left"),
    ],
)
def test_what_may_be_the_matter_with_a_service(facts: Any, line: str) -> None:
    (found,) = told(seen(services=(service("user"), service("course", **facts))))
    assert found.startswith(line)


def test_many_that_refuse_our_token_are_one_line() -> None:
    names = ("auth", "user", "course", "booking", "chat", "schedule")
    refusing = tuple(service(name, wrong="answered 401", refused=True) for name in names)
    assert told(seen(services=refusing)) == ["fail services: auth, user, course and 3 more refuse our service token"]


def test_a_service_that_is_well_but_does_not_listen_is_told_once_for_all_its_channels() -> None:
    channels = tuple(ChannelFacts(name, 1, 1, ("schedule",), ("schedule",)) for name in ("a.b", "a.c", "a.d"))
    assert told(seen(channels=channels)) == ["warn listeners: schedule does not hear a.b, a.c and a.d"]


def test_a_channel_that_none_of_several_hears_is_one_failure() -> None:
    both = ("course", "schedule")
    channels = (
        ChannelFacts("enrollment.approved", 0, 0, both, both),
        ChannelFacts("booking.created", 0, 0, ("course", "booking"), ("course", "booking")),
        ChannelFacts("attendance.marked", 0, 0, ("user",), ("user",)),
    )
    assert told(seen(channels=channels)) == [
        "fail listeners: nobody hears enrollment.approved",
        "warn listeners: booking does not hear booking.created",
        "warn listeners: user does not hear attendance.marked",
    ]
    (worst, *_) = judge(seen(channels=channels))
    assert (worst.kind, worst.cause.startswith("course and schedule have declared")) == (Kind.NOBODY_HEARS, True)
    gone = seen(services=(down("course"), down("schedule")), channels=channels[:1])
    assert told(gone) == ["fail services: course is down", "fail services: schedule is down"], "that is why"


def test_a_channel_that_nobody_declared_and_nobody_hears() -> None:
    assert told(seen(channels=(ChannelFacts("enrollment.approved", 0, 0),))) == [
        "warn listeners: nobody hears enrollment.approved"
    ]


@pytest.mark.parametrize(
    ("last_hour", "before", "severity", "rising"),
    [(0, 0, "warn", False), (3, 1, "warn", True), (30, 2, "fail", True), (30, 40, "warn", False)],
)
def test_dead_letters_that_rise(last_hour: int, before: int, severity: str, rising: bool) -> None:
    letters = LetterFacts(100, 100, 7200.0, (Family("f1", "boom", 100),), last_hour, before)
    (problem,) = judge(seen(letters=letters))
    assert problem.severity == severity
    assert ("rising" in problem.what) is rising
    assert "the oldest 2h old" in problem.what
    assert problem.next == "shema dlq list --fingerprint f1"
    assert problem.known == {"FINGERPRINT": "f1"}


def test_entries_that_are_no_events_have_no_fingerprint() -> None:
    invalid = Family("invalid: not JSON", "invalid: not JSON", 9)
    (problem,) = judge(seen(letters=LetterFacts(9, 9, 60.0, (invalid,))))
    assert problem.next == "shema dlq list --invalid"
    assert problem.known == {}
    (problem,) = judge(seen(letters=LetterFacts(12, 12, 60.0, (invalid, Family("f2", "boom", 3)))))
    assert problem.known == {"FINGERPRINT": "f2"}


def test_figures_of_a_sample_say_so_and_many_families_are_cut() -> None:
    families = tuple(Family(f"f{n}", f"error {n}", 1) for n in range(10_000))
    (problem,) = judge(seen(letters=LetterFacts(200_000, 10_000, 60.0, families)))
    assert problem.cause.endswith("and 9,997 other errors (of the newest 10,000)")
    assert len(problem.cause) < 300


def test_acknowledged_families_are_no_problem() -> None:
    assert told(seen(letters=LetterFacts(7, 7, 60.0, acknowledged=7))) == []
    letters = LetterFacts(9000, 2000, 7200.0, acknowledged=2000, oldest_waiting_s=3600.0)
    (problem,) = judge(seen(letters=letters))
    assert problem.what == "7,000 dead letters wait, the oldest 1h old"
    assert problem.cause == "the newest 2,000 are acknowledged but for these, which were not looked at"


def test_a_family_that_returned_is_told_by_itself_and_in_other_words() -> None:
    back = Family("f1", "boom", 3, 2, 1, AckState.RETURNED, "acknowledged by dina on …, silent since …, back since …")
    letters = LetterFacts(3, 3, 7200.0, (back,), 2, 1.0)
    (problem,) = judge(seen(letters=letters))
    assert (problem.severity, problem.what) == ("warn", "3 dead letters of a family that has returned: boom")
    assert (problem.cause, problem.next) == (back.said, "shema dlq list --fingerprint f1")
    other = Family("f2", "late", 4, 1, 1)
    first, then = judge(
        seen(letters=replace(letters, total=7, sample=7, families=(other, back), last_hour=3, hour_before=2.0))
    )
    assert first == problem
    assert then.what == "4 dead letters wait, 1 in the last hour, the oldest 2h old"
    assert then.cause == "4 x late"


def test_a_family_that_returned_and_fails_on_and_on_is_a_failure() -> None:
    back = Family("f1", "boom", 30, 20, 2, AckState.RETURNED, "…")
    assert [one.severity for one in judge(seen(letters=LetterFacts(30, 30, 60.0, (back,), 20, 2.0)))] == ["fail"]


def test_an_acknowledgement_that_is_over_is_told_with_its_family() -> None:
    over = Family("f1", "boom", 3, state=AckState.EXPIRED, said="…")
    (problem,) = judge(seen(letters=LetterFacts(3, 3, 60.0, (over,))))
    assert problem.cause == "3 x boom (it was acknowledged, and that is over)"


def test_what_is_acknowledged_may_not_be_known() -> None:
    unknown = LetterFacts(3, 3, 60.0, (Family("f", "boom", 3),), unread="Redis forbids this user the key")
    first, _ = judge(seen(letters=unknown))
    assert first.what == "which dead letters are acknowledged is not known"
    assert "forbids" in first.cause
    assert judge(seen(letters=LetterFacts(0, unread="Redis forbids this user the key"))) == ()


def test_the_history_that_nobody_writes_any_more_and_the_one_with_a_gap() -> None:
    silent = HistoryFacts(True, silent_s=7200, gap_s=7200, looked_back_s=86400)
    assert told(seen(history=silent)) == ["warn history: no recorder has run for 2h"]
    gap = HistoryFacts(True, gap_s=600, gap_cause="killed", looked_back_s=86400)
    assert told(seen(history=gap)) == ["warn history: nobody recorded for 10m of the last 1d"]
    missed = HistoryFacts(True, missed=(Missed("chat", 12, 300.0),))
    assert told(seen(history=missed)) == ["warn history: chat has missed 12 events"]


def test_a_clock_that_all_others_contradict_is_ours() -> None:
    services = (service("user", skew_s=3600.0), service("course", skew_s=3601.0))
    condition = seen(
        services=services,
        redis=RedisFacts(PLACE, latency_s=0.001, skew_s=3600.5),
        firebase=FirebaseFacts(skew_s=3600.0),
    )
    assert told(condition) == ["fail clock: this machine's clock is 1h behind"]


def test_a_clock_that_only_one_has_is_its_own() -> None:
    assert told(seen(services=(service("user"), service("course", skew_s=-3600.0)))) == [
        "warn clock: the clock of course is 1h behind ours"
    ]


def test_a_session_that_ends_and_one_that_is_renewed() -> None:
    ending = SessionFacts("dina@school.test", "SHEMA_ID_TOKEN", 120, renewed=False)
    assert told(seen(session=ending)) == ["warn session: the session of dina@school.test ends in 2m"]
    assert told(seen(session=SessionFacts("dina@school.test", "session", 1, renewed=True))) == []


def test_firebase_away_the_trail_another_one_and_no_secret() -> None:
    assert told(seen(firebase=FirebaseFacts("no answer"))) == ["fail session: Firebase does not answer"]
    assert told(seen(audit=AuditFacts("there is no trail"))) == [
        "fail audit: the audit trail is not the one that this machine has seen"
    ]
    assert told(seen(no_secret=True)) == ["fail services: no service can be called"]


def test_nothing_is_known_and_no_redis_is_set() -> None:
    unset = Unseen("REDIS_URL is not set", "set it")
    assert told(seen(services=(), redis=unset)) == [
        "fail redis: Redis could not be looked at",
        "fail services: no service is known",
    ]


def test_the_worst_comes_first() -> None:
    condition = seen(letters=LetterFacts(1, 1, 5.0, (Family("f", "x", 1),)), services=(down("user"), service("chat")))
    assert [one.severity for one in judge(condition)] == ["fail", "warn"]
    assert headline(judge(condition), "well") == Headline(Severity.FAIL, "user is down, and 1 more")


def test_foreign_text_is_on_one_line_and_bounded() -> None:
    hostile = "boom\n\x1b[31m" + "x" * 10_000
    letters = LetterFacts(1, 1, 5.0, (Family("f", hostile, 1),))
    condition = seen(letters=letters, services=(down("user"), service("chat", wrong=hostile)))
    for problem in judge(condition):
        assert "\n" not in problem.what + problem.cause + problem.next
        assert len(problem.cause) < 400
