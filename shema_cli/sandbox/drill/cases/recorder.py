"""Nobody records what is published."""

from __future__ import annotations

from collections.abc import Iterator

from shema_cli.sandbox.drill.drill import Drill, Facts, Remaining
from shema_cli.sandbox.drill.scene import Scene


class HistoryGap(Drill):
    """What is published now is kept nowhere."""

    name = "history-gap"
    minutes = 2
    sees = (
        "It is Friday evening, and the machine room was cleaned today. Dina wants to see what was published in the "
        "last minutes, and gets nothing."
    )
    asked = "Nobody complains yet: it will be missed when a service is down on Sunday."

    def stage(self, scene: Scene) -> Facts:
        scene.fault("history", down=True)
        scene.until(
            lambda: (state := scene.history()) is not None and state.silent_ms,
            "nobody records any more (does a recorder of your own run?)",
        )
        return {}

    def remaining(self, scene: Scene, facts: Facts) -> Iterator[Remaining]:
        state = scene.history()
        if state is None or state.silent_ms or not state.is_being_written:
            yield Remaining(
                "nobody records what is published",
                "run a recorder: shema events record, or the sandbox's own: shema sandbox fault history --clear",
            )
