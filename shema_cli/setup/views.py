"""Setting up on a terminal: a question, what came of a trial, what changes, and all of it at the end."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from shema_cli.output.tables import new_facts, new_table, text
from shema_cli.setup.results import Difference, Question, SetUp, SetValue, Told, Tried, TriedState

STYLES = {TriedState.OK: "green", TriedState.FAILED: "red bold", TriedState.UNKNOWN: "yellow"}
INDENT = (0, 0, 0, 2)
NARROW = 60
NOTHING = "-"


def told(result: Told, width: int) -> RenderableType:
    """A paragraph for each thing to know."""
    return Padding(Group(*map(text, result.lines)), INDENT if result.indented else 0)


def question(asked: Question, width: int) -> RenderableType:
    """Its place and its name; what it is for below."""
    return Group(
        Text(), Text.assemble((asked.place, "dim"), " ", (asked.name, "bold")), Padding(text(asked.about), INDENT)
    )


def tried(result: Tried, width: int) -> RenderableType:
    """How it ended, why, and what to do about it."""
    said = Text.assemble((result.state.value, STYLES[result.state]), "  ", text(result.why))
    if not result.hint:
        return Padding(said, INDENT)
    return Padding(Group(said, Text.assemble(("try: ", "dim"), text(result.hint))), INDENT)


def difference(result: Difference, width: int) -> RenderableType:
    """Each value as it is now and as it will be."""
    if width < NARROW:
        return Group(Text(), *(_one_below_the_other(one) for one in result.values))
    drawn = new_table("value", "now", "then")
    for one in result.values:
        drawn.add_row(text(one.name), text(one.before, "dim"), text(one.value))
    return Group(Text(), drawn)


def _one_below_the_other(one: SetValue) -> Text:
    return Text.assemble((one.name, "bold"), "\n  ", text(one.before, "dim"), " → ", text(one.value))


def set_up(result: SetUp, width: int) -> RenderableType:
    """What came of each value, the failed ones with what to do; none where nothing was tried."""
    drawn = new_facts(wrap_names=width < NARROW)
    drawn.add_column(overflow="fold")
    for one in result.values:
        drawn.add_row(one.name, _state(one.tried), _why(one))
    return drawn


def _state(tried: Tried | None) -> Text:
    return Text(tried.state.value, style=STYLES[tried.state]) if tried else Text(NOTHING, style="dim")


def _why(one: SetValue) -> Text:
    if one.tried is None:
        return text(one.value, "dim")
    if not one.tried.hint:
        return text(one.tried.why)
    return Text.assemble(text(one.tried.why), "\n", ("try: ", "dim"), text(one.tried.hint))
