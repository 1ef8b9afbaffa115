"""What `shema setup` hands back: each value of the profile, what came of trying it, and whether it was written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import TYPE_CHECKING

from shema_cli.errors import ExitCode, Failed, InvalidUsage, ShemaError
from shema_cli.frozen import dataclass
from shema_cli.masking import masked
from shema_cli.results import Result, Table, counted
from shema_cli.settings.profile import PROFILE_OPTIONS
from shema_cli.settings.values import about, mask
from shema_cli.shell import to_type

if TYPE_CHECKING:
    from shema_cli.setup.draft import Change, Draft


class TriedState(StrEnum):
    """`unknown`: it could not be tried now, which says nothing of it."""

    OK = "ok"
    FAILED = "failed"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Tried(Result):
    """What came of trying one value. `hint`: what to do about it; `code`: of the error that came, if one did."""

    state: TriedState
    why: str
    hint: str = ""
    code: str = ""

    @classmethod
    def ok(cls, why: str) -> Tried:
        return cls(TriedState.OK, masked(why))

    @classmethod
    def failed(cls, why: str, hint: str | None = "") -> Tried:
        return cls(TriedState.FAILED, masked(why), masked(hint or ""))

    @classmethod
    def unknown(cls, why: str, hint: str | None = "") -> Tried:
        return cls(TriedState.UNKNOWN, masked(why), masked(hint or ""))

    @classmethod
    def of(cls, error: ShemaError, state: TriedState = TriedState.FAILED) -> Tried:
        """What an error says of a value."""
        return cls(state, error.message, error.hint or "", error.code)

    def document(self) -> dict[str, str]:
        return {"tried": self.state.value, "why": self.why}

    def table(self) -> Table:
        return Table(("tried", "why", "hint"), [(self.state.value, self.why, self.hint)])


WAYS = (
    "Enter takes what stands in [ ], - leaves a value out, b goes back, Ctrl-C ends. "
    "Nothing is written before you have seen what changes."
)
TriedValues = Mapping[str, Tried]
"""By the name of the value."""


@dataclass(frozen=True)
class SetValue:
    """One value of the profile as it is to be (None: taken away) and as it was, without secrets."""

    name: str
    value: str | None
    before: str | None
    source: str
    change: Change
    tried: Tried | None

    def document(self) -> dict[str, str | None]:
        tried = self.tried.document() if self.tried else {"tried": None, "why": None}
        return {
            "name": self.name,
            "value": self.value,
            "source": self.source,
            "change": self.change.value,
            **tried,
            "hint": (self.tried.hint or None) if self.tried else None,
        }


@dataclass(frozen=True)
class Problem:
    """What cannot be taken of a file: `line` from 1, `name` where it is about one."""

    line: int | None
    name: str | None
    problem: str

    @property
    def told(self) -> str:
        return self.problem if self.line is None else f"line {self.line}: {self.problem}"

    def document(self) -> dict[str, object]:
        return {"line": self.line, "name": self.name, "problem": self.problem}


@dataclass(frozen=True)
class SetUp(Result):
    """A profile set up, or why not. `default`: it becomes the default profile.

    Exit 0 when it is written, would be (`dry_run`), or says all of that already; 1 when a value failed; 2 for a file
    that cannot be taken as it is.
    """

    profile: str
    path: str
    values: tuple[SetValue, ...]
    written: bool = False
    dry_run: bool = False
    default: bool = False
    problems: tuple[Problem, ...] = ()
    signed_in: str | None = None
    remarks: tuple[str, ...] = ()

    @classmethod
    def of(cls, draft: Draft, tried: TriedValues, **more: object) -> SetUp:
        """The draft and what came of trying it, with what else there is to say."""
        values = tuple(_set_value(draft, name, tried.get(name)) for name in draft.names)
        return cls(draft.profile, masked(str(draft.config_path)), values, default=draft.becomes_default, **more)  # type: ignore[arg-type]

    @property
    def failed(self) -> tuple[SetValue, ...]:
        return tuple(one for one in self.values if one.tried and one.tried.state is TriedState.FAILED)

    @property
    def unknown(self) -> tuple[SetValue, ...]:
        return tuple(one for one in self.values if one.tried and one.tried.state is TriedState.UNKNOWN)

    @property
    def error(self) -> ShemaError | None:
        """Why nothing was written although something should have been."""
        if self.problems:
            lines = f"{counted(len(self.problems), 'line')} cannot be taken as written"
            failed = f", and {_names(self.failed)} failed" if self.failed else ""
            what = f"{lines}{failed}; nothing was written"
            return InvalidUsage("bad_settings", what, "mend each line that is named, and run it again")
        if self.failed and not self.written:
            what = f"{_names(self.failed)} failed; nothing was written"
            return Failed("setup_failed", what, "correct it, or write it all the same: --force")
        return None

    @property
    def exit_code(self) -> ExitCode:
        return self.error.exit_code if self.error else ExitCode.DONE

    def document(self) -> dict[str, object]:
        error = self.error.document() if self.error else {}
        return {
            **error,
            "profile": self.profile,
            "path": self.path,
            "written": self.written,
            "default": self.default,
            "values": [one.document() for one in self.values],
            "problems": [one.document() for one in self.problems],
            "signed_in": self.signed_in,
        }

    def table(self) -> Table:
        """The value of each that was not taken away, and what came of trying it."""
        rows = [(one.name, one.value, one.source, one.change.value, *_told(one.tried)) for one in self.values]
        return Table(("name", "value", "source", "change", "tried", "why", "hint"), rows)

    def notes(self) -> Iterable[str]:
        yield from (one.told for one in self.problems)
        if self.error is None:
            yield self._end
        if self.default and self.written:
            yield f"{self.profile} is the default profile now"
        if self.signed_in:
            yield f"signed in as {self.signed_in}"
        yield from self.remarks
        if self.failed and self.written:
            yield f"written although it failed: {_names(self.failed)}"
        if self.unknown:
            yield f"could not be tried now, so nobody knows whether it is right: {_names(self.unknown)}"
        if self.error:
            yield self.error.message
            yield f"  try: {self.error.hint}"

    @property
    def _end(self) -> str:
        changed = sum(one.change.value != "kept" for one in self.values)
        if self.written:
            return f"profile {self.profile} is written to {self.path} ({counted(changed, 'value')})"
        if self.dry_run and changed:
            return f"would write {counted(changed, 'value')} of profile {self.profile} to {self.path}"
        return f"profile {self.profile} says all of that already; nothing was written"


@dataclass(frozen=True)
class Told(Result):
    """Something to know on the way, a text a line; `indented` where it belongs to the question above."""

    lines: tuple[str, ...]
    indented: bool = False

    @classmethod
    def at_the_beginning(cls, draft: Draft) -> Told:
        """Which profile is set up, and how a person finds their way."""
        new = ", which is new" if draft.is_new else ""
        return cls((f"Profile {draft.profile}{new}, in {masked(str(draft.config_path))}.", WAYS))

    def document(self) -> list[str]:
        return list(self.lines)

    def table(self) -> Table:
        return Table(("told",), [(line,) for line in self.lines])


@dataclass(frozen=True)
class Question(Result):
    """What is asked for, and where among all questions: `3/17`."""

    place: str
    name: str
    about: str

    def document(self) -> dict[str, str]:
        return {"place": self.place, "name": self.name, "about": self.about}

    def table(self) -> Table:
        return Table(("name", "about"), [(f"{self.place} {self.name}", self.about)])


@dataclass(frozen=True)
class Difference(Result):
    """What a profile will say that it does not say now."""

    profile: str
    values: tuple[SetValue, ...]

    @property
    def words(self) -> str:
        """`2 values change, 1 is new`."""
        counts = {
            kind: sum(one.change.value == kind for one in self.values) for kind in ("changed", "added", "removed")
        }
        said = {"changed": "change", "added": "are new", "removed": "go"}
        told = [f"{counted(count, 'value')} {_singular(said[kind], count)}" for kind, count in counts.items() if count]
        return ", ".join(told)

    def document(self) -> object:
        return [one.document() for one in self.values]

    def table(self) -> Table:
        return Table(("name", "now", "then"), [(one.name, one.before, one.value) for one in self.values])


def _names(values: Iterable[SetValue]) -> str:
    return ", ".join(one.name for one in values)


def _singular(verb: str, count: int) -> str:
    return {"change": "changes", "are new": "is new", "go": "goes"}[verb] if count == 1 else verb


def described(name: str) -> str:
    """What a value is for: a setting, or an option of a profile."""
    return PROFILE_OPTIONS.get(name) or about(name)


def sign_in_line(profile: str) -> str:
    """How to sign in later."""
    return to_type("shema auth login --profile", profile)


def _set_value(draft: Draft, name: str, tried: Tried | None) -> SetValue:
    before, after = draft.present.get(name), draft.values.get(name)
    return SetValue(
        name,
        None if after is None else mask(name, after),
        None if before is None else mask(name, before),
        draft.source_of(name),
        draft.change_of(name),
        tried,
    )


def _told(tried: Tried | None) -> tuple[str | None, ...]:
    return (tried.state.value, tried.why, tried.hint or None) if tried else (None, None, None)
