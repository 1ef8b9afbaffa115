"""`events listeners`: who hears what, who has declared to, and who of them is not there."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from shema_cli.events import views
from shema_cli.events.envelope import CHANNELS
from shema_cli.events.results import Listening
from shema_cli.sandbox.system.assembly import System
from shema_cli.store.listeners import Listeners
from tests.support.cli import shema
from tests.support.drawing import flat
from tests.support.waiting import eventually

HEARD = {
    "enrollment.approved": Listeners(2, declared=("schedule", "user"), missing=("user",)),
    "enrollment.rejected": Listeners(0),
    "user.updated": Listeners(1, patterns=2, declared=("auth",), missing=None),
}


def test_the_channels_of_the_catalogue_and_what_services_declared_are_told(sandbox: Mapping[str, str]) -> None:
    rows = [line.split("\t") for line in shema("events", "listeners", env=sandbox).out.splitlines()]
    told = {row[0]: row[1:] for row in rows}
    assert set(CHANNELS) <= set(told)
    assert told["chat:session:*"][2] == "chat"
    assert int(told["enrollment.approved"][0]) >= 1


def test_a_service_that_has_gone_deaf_is_missing_from_what_it_declared(
    sandbox: Mapping[str, str], sandbox_system: System
) -> None:
    sandbox_system.call(sandbox_system.set_fault("schedule", {"deaf": True}), 20)

    def missing() -> bool:
        [row] = shema("events", "listeners", "enrollment.approved", env=sandbox).out.splitlines()
        return row.split("\t")[4] == "schedule"

    eventually(missing, what="that schedule is missing")


@pytest.mark.parametrize("width", [50, 80, 120])
def test_it_says_in_words_that_nobody_hears_and_who_is_not_there(width: int) -> None:
    shown = flat(views.listening(Listening(HEARD), width), width)
    for words in ("enrollment.rejected", "nobody", "schedule,user", "notknown", "1-3"):
        assert words in shown, words


def test_what_cannot_be_told_is_noted() -> None:
    assert list(Listening(HEARD).notes()) == [
        "who of those that have declared a channel is there is not known, because CLIENT LIST is forbidden"
    ]
    assert list(Listening({"a": Listeners(1)}).notes()) == []
