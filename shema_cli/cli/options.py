"""How an option is declared: all that is told of it, once; and the options that several commands share.

    Limit = Annotated[int | None, Option("--limit", value="N", heading=WHICH, min=1, help="At most so many.")]

    def list_rooms(app: AppContext, limit: Limit = None) -> Result: ...

Options that belong together are a bundle: a NamedTuple whose fields are declared like parameters. A body that takes
one gets it as one value; on the command line its fields are options like all others.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Annotated, Any, NamedTuple, get_args, get_origin, get_type_hints

from typer.models import ArgumentInfo, OptionInfo

from shema_cli.context import AppContext, GlobalOptions
from shema_cli.errors import InvalidUsage
from shema_cli.output.sink import Format

# Headings of `--help`.
WHICH = "Which ones"
OTHER = "Options"
SAFETY = "Safety"
COMMON = "Common options"

# What a value completes with (`completion/scripts.py`). Those with an @ live: they are asked for when TAB is pressed.
NOTHING = "?"
FILE = "file"
CHANNELS = "@channels"
DEAD_LETTERS = "@dead-letters"
ENROLLMENTS = "@enrollments"
FINGERPRINTS = "@fingerprints"
ACKNOWLEDGED = "@acknowledged"
RUNS = "@runs"
COURSES = "@courses"
PEOPLE = "@people"
ACTORS = "@actors"
ACTIONS = "@actions"
TARGETS = "@targets"
PROFILES = "@profiles"
SERVICES = "@services"
SESSIONS = "@sessions"

Completes = str | Callable[[], str]
"""Fixed where the words are known at once; a function where they take an import, called when scripts are written."""


def words(*fixed: str) -> str:
    """Completes with these words."""
    return "=" + " ".join(fixed)


class Option(OptionInfo):
    """An option: its names (`--long`, `-s`), its help, its heading, and where it takes a value what stands for that.

    `value` is left out for a flag, and where the type is an enum, whose choices are shown. `bare` is the value where
    the option stands alone (`--watch` is `--watch 5`).
    """

    def __init__(
        self,
        *names: str,
        help: str,
        value: str | None = None,
        heading: str = OTHER,
        completes: Completes = NOTHING,
        bare: str | None = None,
        min: float | None = None,
        max: float | None = None,
        hidden: bool = False,
    ) -> None:
        super().__init__(
            param_decls=names,
            default=...,
            help=help,
            metavar=value,
            min=min,
            max=max,
            hidden=hidden,
        )
        self.heading = heading
        self.completes = completes
        self.bare = bare


class Argument(ArgumentInfo):
    """A word that a command takes by its place. `value` is what stands for it, as `ID` or `[ID]...`."""

    def __init__(self, value: str | None = None, *, help: str, completes: Completes = NOTHING) -> None:
        super().__init__(default=..., help=help, metavar=value, show_default=False)
        self.completes = completes


class Declared(NamedTuple):
    """One option or argument as it was declared. `default` is `...` where it must be given."""

    name: str
    told: Option | Argument
    type: Any
    default: object


Values = Mapping[str, Any]
"""What was typed, by the name of the parameter, in the types that were declared."""


def declared_by(source: Callable[..., object]) -> Iterator[Declared]:
    """The options and arguments that a body (or a bundle) takes, in order, those of its bundles in their place."""
    for name, hint, default in _parameters(source):
        if _is_bundle(hint):
            yield from declared_by(hint)
        else:
            kind, told = get_args(hint) if get_origin(hint) is Annotated else (hint, None)
            if not isinstance(told, (Option, Argument)):
                raise TypeError(f"{source.__qualname__}: {name} is declared neither as an Option nor as an Argument")
            yield Declared(name, told, kind, default)


def values_for(source: Callable[..., object], given: Values) -> dict[str, Any]:
    """What `source` is called with: its own of the given values, by name, each of its bundles made of the rest."""
    return {
        name: hint(**values_for(hint, given)) if _is_bundle(hint) else given[name]
        for name, hint, _ in _parameters(source)
    }


def require_text(source: Callable[..., object], given: Values) -> None:
    """Raises InvalidUsage for a value that is not UTF-8, unless it may name a file, whose name may be any bytes."""
    for declared in declared_by(source):
        value = given[declared.name]
        for text in value if isinstance(value, (list, tuple)) else [value]:
            if isinstance(text, str) and not text.isascii() and "FILE" not in (declared.told.metavar or ""):
                _require_utf8(declared, text)


def _require_utf8(declared: Declared, text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:
        names = declared.told.param_decls or ((declared.told.metavar or declared.name.upper()).strip("[]."),)
        shown = text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
        raise InvalidUsage("not_utf8", f"{names[0]}: '{shown}' is not UTF-8", "type it in a UTF-8 locale") from None


@cache
def _parameters(source: Callable[..., object]) -> tuple[tuple[str, Any, object], ...]:
    """(name, type, default) of each parameter but the app. What is returned is not looked at: it may be heavy."""
    parameters = inspect.signature(source).parameters.values()
    written = SimpleNamespace(__annotations__={p.name: p.annotation for p in parameters})
    names = vars(inspect.getmodule(source))
    hints = get_type_hints(written, globalns=names, include_extras=True)
    return tuple(
        (p.name, hints[p.name], ... if p.default is p.empty else p.default)
        for p in parameters
        if hints[p.name] is not AppContext
    )


def _is_bundle(hint: object) -> bool:
    return isinstance(hint, type) and issubclass(hint, tuple) and hasattr(hint, "_fields")


# -- what every command takes -------------------------------------------------------------------------------


class LogFormat(StrEnum):
    TEXT = "text"
    JSON = "json"


class CommonOptions(NamedTuple):
    """The options of every command, taken before and after its name."""

    output: Annotated[
        Format | None, Option("-o", "--output", value="FORMAT", heading=COMMON, help="table, json or csv.")
    ] = None
    json_output: Annotated[bool, Option("--json", heading=COMMON, help="Short for -o json.")] = False
    verbose: Annotated[
        bool, Option("-v", "--verbose", heading=COMMON, help="Log every call to a service on stderr.")
    ] = False
    log_format: Annotated[
        LogFormat | None, Option("--log-format", heading=COMMON, help="Log calls as text or json.")
    ] = None
    profile: Annotated[
        str | None,
        Option(
            "--profile", value="NAME", heading=COMMON, completes=PROFILES, help="The profile of config.toml to use."
        ),
    ] = None
    env_file: Annotated[
        Path | None,
        Option("--env-file", value="FILE", heading=COMMON, completes=FILE, help="Read this file instead of ./.env."),
    ] = None
    read_only: Annotated[
        bool, Option("--read-only", heading=COMMON, help="Refuse every command that changes something.")
    ] = False

    def over(self, lower: GlobalOptions) -> GlobalOptions:
        """These, with what was not given here taken from those before the command's name."""
        output = Format.JSON if self.json_output else self.output
        given = GlobalOptions(
            output=output.value if output else None,
            verbose=self.verbose,
            log_format=self.log_format.value if self.log_format else None,
            profile=self.profile,
            env_file=self.env_file,
            read_only=self.read_only,
        )
        return given.over(lower)


class ChangeOptions(NamedTuple):
    """What every command that may change something takes (contract 3.1)."""

    allow_mixed_target: Annotated[
        bool,
        Option("--allow-mixed-target", heading=SAFETY, help="Act although another source outranks the profile."),
    ] = False
    confirm: Annotated[
        str | None,
        Option(
            "--confirm",
            value="NAME",
            heading=SAFETY,
            completes=PROFILES,
            help="Answer the question of a protected profile with its name.",
        ),
    ] = None


# -- what several commands take -----------------------------------------------------------------------------

IdsFile = Annotated[
    str | None,
    Option(
        "--ids-file",
        value="FILE",
        heading=WHICH,
        completes=FILE,
        help="Read ids from FILE, one a line; - for stdin.",
    ),
]
Since = Annotated[
    str | None,
    Option(
        "--since",
        value="TIME",
        heading=WHICH,
        help="From: a duration ago (2h, 3d) or an ISO time, local without offset.",
    ),
]
Until = Annotated[str | None, Option("--until", value="TIME", heading=WHICH, help="To: a duration ago or an ISO time.")]
OldestFirst = Annotated[
    int | None, Option("--limit", value="N", heading=WHICH, min=1, help="At most so many, the oldest first.")
]
Messages = Annotated[
    int | None, Option("--limit", value="N", heading=WHICH, min=1, help="Stop after so many messages.")
]
Where = Annotated[
    list[str] | None,
    Option(
        "--where",
        value="FIELD=VALUE",
        heading=WHICH,
        help="Only where data.courseId=c1 holds; repeatable, all must.",
    ),
]
Grep = Annotated[
    str | None,
    Option("--grep", value="REGEX", heading=WHICH, help="Only what this matches, as it came or as it is shown."),
]
For = Annotated[str | None, Option("--for", value="DURATION", help="Stop after this time.")]
IdleExit = Annotated[str | None, Option("--idle-exit", value="DURATION", help="Stop when nothing came for so long.")]
Raw = Annotated[bool, Option("--raw", help="Print the messages' bytes as they came.")]
Follow = Annotated[bool, Option("--follow", "-f", help="Go on with what is new, as it comes.")]
Reason = Annotated[str, Option("--reason", value="TEXT", help="Why, for the record.")]
AllowUnheard = Annotated[bool, Option("--allow-unheard", heading=SAFETY, help="Publish although no service listens.")]
RequireListeners = Annotated[
    bool,
    Option(
        "--require-listeners",
        heading=SAFETY,
        help="Publish only if every service that has declared the channel listens.",
    ),
]
MissedChannels = Annotated[
    list[str] | None,
    Option(
        "--channel",
        value="PATTERN",
        heading=WHICH,
        completes=CHANNELS,
        help="What it listens to, if not what it has declared; repeatable.",
    ),
]
Rate = Annotated[float | None, Option("--rate", value="N", help="At most so many a second.")]
Canary = Annotated[
    int | None, Option("--canary", value="N", heading=SAFETY, min=1, help="Try so many first, and wait.")
]
Verify = Annotated[
    str | None,
    Option("--verify", value="SECONDS", heading=SAFETY, help="Watch so long for events to come back."),
]
DryRun = Annotated[bool, Option("--dry-run", heading=SAFETY, help="Say what would be done, and change nothing.")]
Yes = Annotated[bool, Option("--yes", "-y", heading=SAFETY, help="Do not ask.")]
