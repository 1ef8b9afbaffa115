"""What a command's work hands back: data whose status is derived from it, never stored beside it.

A result prints nothing and knows no terminal. The one output sink (`output/sink.py`) turns it into a table, JSON
or CSV and takes the exit code from it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import ClassVar, Protocol

from shema_cli.errors import ExitCode, Interrupted, NotConfigured, ShemaError
from shema_cli.frozen import dataclass


@dataclass(frozen=True)
class Table:
    """Rows under named columns. Cells are plain values; None is drawn as `-` on a terminal and left empty in CSV."""

    columns: Sequence[str]
    rows: Iterable[Sequence[object]]


class Result:
    """Base of everything that a command can hand to the sink.

    `is_list`: it may be longer than the screen and is read from its beginning, so that a terminal shows it in the
    pager; what happened, how things stand and one thing alone never go there.
    """

    is_list: ClassVar[bool] = False

    @property
    def exit_code(self) -> ExitCode:
        """How the process ends once this has been printed."""
        return ExitCode.DONE

    def document(self) -> object:
        """The JSON document of contract 2.3."""
        raise NotImplementedError

    def table(self) -> Table:
        """The same as rows, for a terminal, a pipe or a spreadsheet."""
        raise NotImplementedError

    def in_words(self) -> Result | None:
        """The same for where nothing can be drawn: its view then says all of it in words.

        None: its view may say a thing in drawn characters alone, and its table is shown instead.
        """
        return None

    def in_short(self) -> Result:
        """As much of it as goes before a question where lines run off the screen."""
        return self

    def notes(self) -> Iterable[str]:
        """Lines for the person at the terminal (stderr): totals, what to do next."""
        return ()


@dataclass(frozen=True)
class Fields(Result):
    """One object, shown as a name and a value a line."""

    values: Mapping[str, object]
    code: ExitCode = ExitCode.DONE

    @property
    def exit_code(self) -> ExitCode:
        return self.code

    def document(self) -> object:
        return dict(self.values)

    def table(self) -> Table:
        return Table(("field", "value"), list(self.values.items()))


class Record(Protocol):
    """One item of a stream."""

    def document(self) -> object:
        """The item as a JSON object."""

    def line(self) -> str:
        """The item as a line of text for a pipe."""


@dataclass(frozen=True)
class Stream:
    """Records that are printed as they come (`tail`, `--watch`)."""

    records: Iterable[Record]


class SourceState(StrEnum):
    """Whether a source told what it knows. Where it did not, that says nothing of what there is."""

    ANSWERED = "answered"
    UNAVAILABLE = "unavailable"
    NOT_OFFERED = "not_offered"
    NOT_CONFIGURED = "not_configured"
    NOT_RECORDED = "not_recorded"


@dataclass(frozen=True)
class Source:
    """How one source stands (contract 3.4); `why` where it did not tell all that it was asked."""

    state: SourceState = SourceState.ANSWERED
    why: str | None = None

    @classmethod
    def of(cls, error: ShemaError) -> Source:
        """How a source stands that told nothing but this."""
        if isinstance(error, NotConfigured):
            return cls(SourceState.NOT_CONFIGURED, error.message)
        return cls(SourceState.NOT_OFFERED if error.code == "not_offered" else SourceState.UNAVAILABLE, error.message)

    @property
    def silent(self) -> bool:
        """Whether it should have told, and did not."""
        return self.state is SourceState.UNAVAILABLE


Sources = Mapping[str, Source]
"""By name."""


def sources_document(sources: Sources) -> dict[str, str]:
    """`{name: "answered" | "unavailable" | "not_offered" | "not_configured"}`."""
    return {name: source.state.value for name, source in sources.items()}


def told_of_sources(sources: Sources) -> Iterable[str]:
    """A line on those that did not tell all; those of which the same is to be said stand together."""
    names: dict[Source, list[str]] = {}
    for name, source in sources.items():
        names.setdefault(source, []).append(name.replace("_", " "))
    for source, same in names.items():
        if source.why:
            yield f"{', '.join(same)} ({source.state.value.replace('_', ' ')}): {source.why}"


def counted(number: int, one: str, many: str = "") -> str:
    """`1 service`, `1,200 services`; `many` where an s does not make the plural."""
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"


def are(number: int) -> str:
    """The verb that goes with a count."""
    return "is" if number == 1 else "are"


def were(number: int) -> str:
    """The same of what is over."""
    return "was" if number == 1 else "were"


def stopped_early(why: ShemaError | None, not_done: int) -> dict[str, object]:
    """What the document of a run says besides when it was stopped: `{"not_done", "stopped": {"code", …}}`."""
    return {} if why is None else {"not_done": not_done, "stopped": why.document()["error"]}


def told_of_the_end(why: ShemaError | None, not_done: int) -> Iterable[str]:
    """The same for the person at the terminal."""
    if why is not None:
        said = why.message if isinstance(why, Interrupted) else f"stopped: {why.message}"
        yield f"{said}; {not_done:,} not done"
        if why.hint:
            yield f"  try: {why.hint}"


def told_of_the_missing(services: Iterable[str]) -> Iterable[str]:
    """What tells what services did not hear that were not there; three of them are named."""
    from shema_cli.shell import to_type  # not for `--help`

    for service in sorted(set(services))[:3]:
        yield f"what {service} missed, where events are recorded: {to_type('shema events missed', service)}"
