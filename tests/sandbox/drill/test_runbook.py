"""Every drill, seen by `status`, and played to its end with the steps of its case in the runbook."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any

import pytest

from shema_cli.app import tree
from shema_cli.cases.book import NAMED
from shema_cli.sandbox.drill.drills import DRILLS
from tests.sandbox.drill.practice import Practice
from tests.support.waiting import eventually

PATHS = {node.path for node in tree().walk()}
ASKING = {node.path for node in tree().walk() if any("--yes" in option.names for option in node.options)}
QUICKER = {"30": "0.3", "20s": "0.2s"}  # how long a canary is watched, and a tail is listened to
HOLDS = {
    "a recorder was running",
    "none runs",
    "you are signed out, or the session has ended",
    "it is down, or answers and does not hear",
    "the trail was begun anew or restored, on purpose",
    "it says `mixed_target`",
    "the instance is gone for good",
    "it is mended, or was another cause",
}
"""The conditions of steps that hold in the drills."""
DEAF = ("course", "enrollment", "recommendation", "schedule")
HANDS: dict[str, tuple[tuple[str, ...], ...]] = {
    "service-down": (("shema sandbox fault course --clear",),),
    "dead-letters": (("shema sandbox fault schedule --clear",),),
    "family-returned": (("shema sandbox fault schedule --clear",),),
    "nobody-hears": (
        tuple(f"shema sandbox fault {service} --clear" for service in DEAF),
        ("shema enrollments approve ID --yes",),
    ),
    "missed": (("shema sandbox fault schedule --clear",),),
    "history-gap": (("shema sandbox fault history --clear",),),
    "redis-away": (("shema sandbox fault redis --clear",),),
    "refused": (("rm .env",),),
    "cut-off": (("shema sandbox fault all --clear",),),
    "trail-broken": ((), ()),
    "seats-full": ((),),
    "service-refuses": (("rm .env",),),
}
"""What is done by hand, step by step, where it is done at all."""
ASKED = dict.fromkeys(("redis-away", "refused"), ("shema enrollments approve ID --yes",))
"""What the story asks for besides."""
LEADS_TO = {"service-down": "missed", "run-abandoned": "dead-letters"}
"""The case that the last steps of one send on to."""


@pytest.mark.parametrize("name", [drill.name for drill in DRILLS])
def test_the_runbook_solves_what_status_has_seen(practice: Practice, name: str) -> None:
    named = _named_in(practice.stage(name)["story"])
    _is_seen_first(practice, name)
    assert not practice.check()["solved"]
    _play(practice, name, named)
    if name in LEADS_TO:
        assert any(f"case `{LEADS_TO[name]}`" in step.look_for for step in NAMED[name].steps)
        _play(practice, LEADS_TO[name], {**named, "SERVICE": "course"}, by_hand=False)
    for line in ASKED.get(name, ()):
        practice.act(_filled_in(line, named))
    eventually(lambda: practice.check()["solved"], what=lambda: str(practice.check()["remaining"]))


def _named_in(story: list[str]) -> Mapping[str, str]:
    """What the story gives whoever fills in the commands."""
    words = [word.strip(".,:;()") for word in " ".join(story).split()]
    prefixes = {"ID": "enr-", "COURSE": "crs-"}
    return {name: found for name, prefix in prefixes.items() for found in words[::-1] if found.startswith(prefix)}


def _is_seen_first(practice: Practice, name: str) -> None:
    """`status` tells of it, and the runbook has its case on top; of a full course neither knows."""
    if not NAMED[name].answers:
        assert practice.type("shema status").code == 0
        return

    def first() -> str:
        worst = practice.type("shema runbook --json").json["cases"][0]
        return worst["name"] if worst["fits"] else ""

    eventually(lambda: first() == name, what=first)  # a busy machine may have seen something slow before
    assert practice.type("shema status").code in (1, 3, 4)


def _play(practice: Practice, name: str, named: Mapping[str, str], *, by_hand: bool = True) -> None:
    """The steps of a case with the words that the runbook fills in, and what is done by hand where there is no word."""
    told = practice.type(f"shema runbook {name} --json")
    assert told.code == 0, told.out
    hands = iter(HANDS.get(name, ()) if by_hand else ())
    for step in told.json["steps"]:
        if step["only_if"] and step["only_if"] not in HOLDS:
            continue
        if step["command"] is None:
            for line in next(hands, ()):
                practice.act(_filled_in(line, named))
        else:
            practice.act(_ready(practice, step, named))
    assert next(hands, None) is None, "a step by hand is gone"


def _ready(practice: Practice, step: Mapping[str, Any], named: Mapping[str, str]) -> str:
    """A step's command as it is typed where nobody can be asked, and without long waits."""
    words = shlex.split(_filled_in(step["command"], _letter(practice) if "dlq show" in step["command"] else named))
    path = next(path for path in (" ".join(words[1:3]), words[1]) if path in PATHS)
    words = [QUICKER.get(word, word) for word in words]
    words += ["--verify", "0.3"] if "--canary" in words and "--verify" not in words else []
    return shlex.join([*words, *(["--yes"] if path in ASKING and "--dry-run" not in words else [])])


def _letter(practice: Practice) -> Mapping[str, str]:
    return {"ID": practice.type("shema dlq list --json").json["entries"][0]["id"]}


def _filled_in(line: str, named: Mapping[str, str]) -> str:
    return shlex.join(named.get(word, word) for word in shlex.split(line))
