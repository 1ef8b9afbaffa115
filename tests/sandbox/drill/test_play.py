"""Staging, judging and ending: what becomes of the sandbox, whatever happens meanwhile."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest
import redis

from shema_cli.cases.book import CASES
from shema_cli.sandbox import views
from shema_cli.sandbox.drill.cases.registry import RegistrationStale
from shema_cli.sandbox.drill.drill import Facts
from shema_cli.sandbox.drill.drills import DRILLS
from shema_cli.sandbox.drill.results import DrillList
from shema_cli.sandbox.drill.scene import Scene
from shema_cli.sandbox.drill.staged import DrillState
from shema_cli.store import keys
from tests.contract.holding import assert_document
from tests.sandbox.drill.practice import Practice
from tests.support.drawing import drawn

QUICK = "registration-stale"
FAULTY = "missed"


def drill(practice: Practice, words: str) -> tuple[int, str, Mapping[str, object]]:
    """Exit code, what stderr says, the document."""
    run = practice.type(f"shema sandbox drill {words} --json")
    return run.code, run.err, run.json


def faults(practice: Practice) -> dict[str, object]:
    parts = practice.type("shema sandbox status --json").json["services"]
    return {part["name"]: part["fault"] for part in parts if part["fault"]}


def states(practice: Practice) -> dict[str, str]:
    listed = practice.type("shema sandbox drill --json").json
    assert_document(listed, "sandbox drill")
    return {one["name"]: one["state"] for one in listed["drills"]}


def letters(practice: Practice) -> int:
    with redis.Redis.from_url(practice.system.redis.url) as client:
        return int(client.llen(keys.DEAD_LETTERS))


def test_a_quiet_night_comes_first_and_the_sandbox_as_at_the_start_last(practice: Practice) -> None:
    with redis.Redis.from_url(practice.system.redis.url) as client:
        client.set("something", "of mine")
    practice.type("shema sandbox fault chat --garbage")
    practice.stage(FAULTY)
    assert faults(practice) == {"schedule": {"deaf": True}}
    assert letters(practice) == 0
    assert states(practice)[FAULTY] == "staged"
    code, _, stopped = drill(practice, "--stop")
    assert_document(stopped, "sandbox drill --stop")
    assert (code, stopped) == (0, {"stopped": FAULTY})
    assert (faults(practice), letters(practice), states(practice)[FAULTY]) == ({}, 12, "tried")
    assert drill(practice, "--stop")[::2] == (0, {"stopped": None})


def test_the_same_one_again_says_what_remains_and_is_staged_anew_once_it_is_solved(practice: Practice) -> None:
    practice.stage(QUICK)
    again = drill(practice, QUICK)
    assert (again[0], again[2]["solved"]) == (1, False)
    practice.type("shema services deregister course http://127.0.0.1:9 --yes")
    assert (practice.check()["solved"], states(practice)[QUICK]) == (True, "solved")
    assert practice.stage(QUICK)["story"]
    assert (practice.check()["solved"], states(practice)[QUICK]) == (False, "staged")


def test_another_one_asks_before_it_takes_the_place_of_one_that_is_not_solved(practice: Practice) -> None:
    practice.stage(FAULTY)
    code, _, told = drill(practice, QUICK)
    assert (code, told["error"]["code"]) == (2, "no_terminal")  # type: ignore[index]
    assert "--yes" in str(told)
    refused = practice.type(f"shema sandbox drill {QUICK}", stdin=b"n\n", terminal=True)
    assert (refused.code, "Give up missed" in refused.err) == (5, True)
    assert (faults(practice), states(practice)[FAULTY]) == ({"schedule": {"deaf": True}}, "staged")
    practice.stage(QUICK, "--yes")
    assert faults(practice) == {}
    found = states(practice)
    assert (found[FAULTY], found[QUICK]) == ("tried", "staged")
    practice.type("shema services deregister course http://127.0.0.1:9 --yes")
    practice.check()
    practice.stage(FAULTY)  # of one that is solved nothing is lost


def test_a_reset_ends_it(practice: Practice) -> None:
    practice.stage(FAULTY)
    practice.type("shema sandbox reset")
    code, _, told = drill(practice, "--check")
    assert (code, told["error"]["code"]) == (1, "drill_over")  # type: ignore[index]
    practice.stage(QUICK)  # nothing is given up


@pytest.mark.parametrize(
    ("words", "code", "error"),
    [
        ("--check", 1, "no_drill"),
        ("--hint", 1, "no_drill"),
        ("nobody", 1, "no_such_drill"),
        ("dead-leters --check", 1, "no_such_drill"),
        ("--check --stop", 2, "which_wish"),
    ],
)
def test_what_cannot_be_done_is_told(practice: Practice, words: str, code: int, error: str) -> None:
    told = drill(practice, words)
    assert (told[0], told[2]["error"]["code"]) == (code, error)  # type: ignore[index]
    assert "dead-leters" not in words or "dead-letters" in str(told[2])


def test_judging_another_than_the_one_that_is_staged_names_it(practice: Practice) -> None:
    practice.stage(QUICK)
    code, _, told = drill(practice, f"{FAULTY} --check")
    assert (code, told["error"]["message"]) == (1, f"{QUICK} is staged, not {FAULTY}")  # type: ignore[index]


def test_without_a_sandbox_they_are_listed_and_none_is_staged(practice: Practice) -> None:
    practice.env["SHEMA_STATE_DIR"] = str(practice.home / "elsewhere")
    assert set(states(practice).values()) == {"never tried"}
    code, _, told = drill(practice, QUICK)
    assert (code, told["error"]["code"]) == (1, "no_sandbox")  # type: ignore[index]


def test_what_is_no_sandbox_is_left_alone(practice: Practice) -> None:
    kept = practice.home / "state" / "sandbox.json"
    running = json.loads(kept.read_text())
    running["environment"]["REDIS_URL"] = "redis://redis.school.test:6379/0"
    kept.write_text(json.dumps(running))
    code, _, told = drill(practice, QUICK)
    assert (code, told["error"]["code"]) == (5, "no_sandbox")  # type: ignore[index]
    assert states(practice)[QUICK] == "never tried"


def test_a_drill_that_this_shell_would_not_see_is_refused_and_nothing_is_given_up(practice: Practice) -> None:
    practice.stage(FAULTY)
    env, practice.env = practice.env, practice.system.environment()
    code, _, told = drill(practice, "refused --yes")
    assert (code, told["error"]["code"]) == (5, "no_profile")  # type: ignore[index]
    practice.env = env
    assert (states(practice)[FAULTY], faults(practice)) == ("staged", {"schedule": {"deaf": True}})


class Killed(BaseException):
    """As after a kill: nothing is done any more."""


@pytest.fixture
def breaks_off(monkeypatch: pytest.MonkeyPatch) -> list[BaseException]:
    """What the staging of `QUICK` is broken off by."""
    by: list[BaseException] = []

    def staged(_self: RegistrationStale, scene: Scene) -> Facts:
        scene.fault("chat", garbage=True)
        raise by[0]

    monkeypatch.setattr(RegistrationStale, "stage", staged)
    return by


def test_ctrl_c_while_it_is_staged_puts_the_sandbox_back(practice: Practice, breaks_off: list[BaseException]) -> None:
    breaks_off.append(KeyboardInterrupt())
    code, _, told = drill(practice, QUICK)
    assert (code, "put back" in str(told)) == (130, True)
    assert (faults(practice), states(practice)[QUICK]) == ({}, "never tried")


def test_a_staging_that_was_killed_is_told_and_can_be_repeated(
    practice: Practice, breaks_off: list[BaseException], monkeypatch: pytest.MonkeyPatch
) -> None:
    breaks_off.append(Killed())
    with pytest.raises(Killed):
        drill(practice, QUICK)
    assert (faults(practice), states(practice)[QUICK]) == ({"chat": {"garbage": True}}, "broken off")
    assert f"{QUICK} was broken off" in practice.type("shema sandbox drill").err
    code, _, told = drill(practice, "--check")
    assert (code, told["error"]["code"]) == (1, "drill_broken_off")  # type: ignore[index]
    monkeypatch.undo()
    practice.stage(QUICK)
    assert faults(practice) == {}


def test_a_sandbox_that_fails_while_it_is_staged_says_so(practice: Practice, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shema_cli.sandbox.drill.scene.SETTLES_WITHIN_S", 0.0)
    code, _, told = drill(practice, FAULTY)
    assert (code, told["error"]["code"]) == (1, "not_staged")  # type: ignore[index]
    assert "is not staged" in str(told)
    assert faults(practice) == {}


def test_a_reset_while_it_is_staged_ends_it(practice: Practice, monkeypatch: pytest.MonkeyPatch) -> None:
    def staged(_self: RegistrationStale, _scene: Scene) -> Facts:
        assert practice.type("shema sandbox reset").code == 0
        return {"registration": ["http://127.0.0.1:9"]}

    monkeypatch.setattr(RegistrationStale, "stage", staged)
    practice.stage(QUICK)
    assert drill(practice, "--check")[2]["error"]["code"] == "drill_over"  # type: ignore[index]


def test_two_at_once_are_refused(practice: Practice, monkeypatch: pytest.MonkeyPatch) -> None:
    codes = []

    def staged(_self: RegistrationStale, _scene: Scene) -> Facts:
        codes.append(drill(practice, QUICK)[2]["error"]["code"])  # type: ignore[index]
        return {"registration": ["http://127.0.0.1:9"]}

    monkeypatch.setattr(RegistrationStale, "stage", staged)
    practice.stage(QUICK)
    assert codes == ["drill_busy"]


def test_each_case_that_can_be_practised_has_a_drill_and_each_drill_a_case() -> None:
    assert [one.name for one in DRILLS] == [case.name for case in CASES if case.drilled]


def test_a_story_gives_no_command_away() -> None:
    facts = {"enrollments": ["enr-1", "enr-2"], "events": [], "folder": ["/x"]}
    for one in DRILLS:
        told = " ".join(one.story(facts))
        assert "shema " not in told
        assert "{" not in told
        assert len(one.story(facts)) == 2


def test_what_to_begin_with_leads_to_the_sandbox(practice: Practice) -> None:
    assert practice.stage(QUICK)["begin"] == ["shema status", "shema runbook"]
    del practice.env["SHEMA_PROFILE"]
    drill(practice, "--stop")
    assert practice.stage(QUICK)["begin"] == ["export SHEMA_PROFILE=sandbox", "shema status", "shema runbook"]


def test_on_a_terminal_the_story_is_read_and_what_remains_stands_below(practice: Practice) -> None:
    shown = practice.type(f"shema sandbox drill {QUICK}", terminal=True)
    assert (shown.code, "It is Tuesday" in shown.out) == (0, True)
    assert "Begin with:\n  shema status\n" in shown.err
    assert "✗" in practice.type("shema sandbox drill --check", terminal=True).out
    assert "→" in practice.type("shema sandbox drill --hint", terminal=True).out
    listed = practice.type("shema sandbox drill", terminal=True)
    assert "staged" in listed.out


def test_the_question_names_the_sandbox_whatever_the_command_is_set_to(practice: Practice) -> None:
    practice.stage(FAULTY)
    practice.env |= {"SHEMA_PROFILE": "production", "NO_COLOR": "1"}
    config = "[profiles.production]\nREDIS_URL = 'redis://redis.school.test:6379/0'\nconfirm = 'type-name'\n"
    (practice.home / "config" / "config.toml").write_text(config)
    asked = practice.type(f"shema sandbox drill {QUICK}", stdin=b"n\n", terminal=True)
    assert (asked.code, "Target: sandbox" in asked.err) == (5, True)
    assert "school.test" not in asked.err
    assert "production" not in asked.err


@pytest.mark.parametrize("width", [60, 80, 120])
def test_a_name_is_never_folded_in_the_list(width: int) -> None:
    lines = drawn(views.drill(DrillList([(one, DrillState.BROKEN_OFF) for one in DRILLS]), width), width)
    for one in DRILLS:
        assert any(line.startswith(f"{one.name} ") and "broken off" in line for line in lines), one.name
