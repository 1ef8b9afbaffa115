"""What a triage hands back, and how it ends."""

from __future__ import annotations

import pytest

from shema_cli.errors import AccessDenied, ExitCode
from shema_cli.triage.families import Family
from shema_cli.triage.results import Done, Triaged

A, B = Family("aaaaaaaaaa", 3, "a"), Family("bbbbbbbbbb", 0, "b")
ENDED = AccessDenied("session_ended", "the session has ended", "shema auth login")


def triaged(*codes: int, interrupted: bool = False, ended: AccessDenied | None = None) -> Triaged:
    done = {A.name: tuple(Done("shema …", code, "told") for code in codes)}
    return Triaged((A, B), done, total=3, listed=3, interrupted=interrupted, ended=ended)


@pytest.mark.parametrize(
    ("result", "code"),
    [
        (triaged(), ExitCode.DONE),
        (triaged(0, 0), ExitCode.DONE),
        (triaged(5), ExitCode.REFUSED),
        (triaged(5, 5), ExitCode.REFUSED),
        (triaged(3), ExitCode.UNREACHABLE),
        (triaged(0, 5), ExitCode.FAILED),
        (triaged(0, 1), ExitCode.FAILED),
        (triaged(3, 5), ExitCode.FAILED),
        (triaged(0, interrupted=True), ExitCode.INTERRUPTED),
        (triaged(0, ended=ENDED), ExitCode.DENIED),
    ],
)
def test_it_ends_as_its_commands_did(result: Triaged, code: ExitCode) -> None:
    assert result.exit_code is code


def test_what_is_left_is_said_with_the_next_command() -> None:
    assert list(triaged(0).notes()) == ["3 dead letters of 1 family left: shema dlq triage"]
    assert list(Triaged((B,), total=0, listed=9).notes()) == ["of what was gone through, nothing is left to be done"]
    assert list(Triaged(listed=9).notes()) == ["none of 9 match"]
    assert list(Triaged().notes()) == ["no dead letters to go through"]


def test_whatever_ended_it_is_said() -> None:
    told = list(triaged(0, ended=ENDED).notes())
    assert told[-2:] == ["stopped: the session has ended", "  try: shema auth login"]
    assert list(triaged(0, interrupted=True).notes())[-1].startswith("interrupted; what is told above was done")
