"""How a command is declared, once: whom it is for, what it takes, how it looks, and what its help says.

    group = new_group("rooms", see_also=("doctor",))

    @command(
        group,
        "list",
        access=Access.READ,
        view=views.listing,
        examples=(Example("Which rooms there are", "shema rooms list"),),
    )
    def list_rooms(app: AppContext, limit: Limit = None) -> Result:
        "List the rooms."

The body takes the `AppContext` first, then what was declared with `cli/options.py`. It returns a `Result` (or a
`Stream`, or an exit code when it has printed through `app.output` itself); it may be `async def`. The options of
every command (`-o`, `--json`, `-v`, …) are added here. docs/adding-a-command.md goes through it step by step.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import closing, contextmanager
from enum import StrEnum
from functools import partial
from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple, Required, TypedDict, TypeVar, Unpack, overload

from shema_cli.cli.options import ChangeOptions, CommonOptions, Declared, Values, declared_by, require_text, values_for
from shema_cli.context import AppContext, GlobalOptions
from shema_cli.errors import ExitCode, Failed, Interrupted, InvalidUsage, Refused, ShemaError
from shema_cli.output.sink import Output, View
from shema_cli.output.streams import Streams
from shema_cli.results import Result, Stream
from shema_cli.settings.profile import misunderstood, wants_its_name
from shema_cli.settings.values import DOTENV

Body = TypeVar("Body", bound=Callable[..., object])
Drawn = TypeVar("Drawn")

if TYPE_CHECKING:
    from rich.console import RenderableType

    from shema_cli.admin import OpenGate

    ViewOf = Callable[[Drawn, int], RenderableType]
    BodyOf = Callable[..., Drawn | Stream | int | Coroutine[Any, Any, Drawn | Stream | int | None] | None]


class Access(StrEnum):
    """What a command asks of its user (contract 2.3, 2.4)."""

    OPEN = "open"  # anybody
    READ = "read"  # a signed-in admin, verified locally
    CHANGE = "change"  # an admin whom Firebase confirms at that moment


AccessRule = Access | Callable[[Values], Access]
"""Fixed, or decided from the arguments (`api -X POST` changes, `api` reads)."""


Unable = Callable[[ShemaError, Values, Output], int]
"""Told what went wrong, what was typed, and where to print; the exit code."""


class Example(NamedTuple):
    """A command line that runs as it is written in the sandbox, and what it is for.

    `needs` names what it does not bring along: `terminal` (it asks), `endless` (it does not end by itself), `firebase`
    (only the real one can do it), `sandbox` (one that keeps running), `home` (it writes there),
    `history` (of events), or a program. `ends`: the exit codes with
    which it may end there, where the sandbox's dead letters count.
    """

    about: str
    line: str
    needs: str = ""
    ends: tuple[int, ...] = (0,)


class Declaration(NamedTuple):
    """All that is told of a command.

    With `any_profile` it runs also when the chosen profile does not exist; with `takes_the_rest` all words after its
    first argument are arguments, also those that look like options; with `any_words` an option that is none is an
    argument too. `exits` tells exit codes in the command's own words, where the general ones say too little; an empty
    one is a code with which it never ends.

    A command of a monitor says in its data, and in an exit code of its own, also why it could not look: `unable` is
    handed whatever error came instead of a result, and prints. `fails_with` is its code for the others: a line that
    cannot be read, a fault.
    """

    name: str
    body: Callable[..., Any]
    access: AccessRule
    view: View | None = None
    any_profile: bool = False
    takes_the_rest: bool = False
    any_words: bool = False
    examples: tuple[Example, ...] = ()
    exits: Mapping[int, str] = MappingProxyType({})
    see_also: tuple[str, ...] = ()
    unable: Unable | None = None
    fails_with: ExitCode | None = None

    @property
    def may_change(self) -> bool:
        """Whether some call of it changes something."""
        return self.access not in (Access.OPEN, Access.READ)

    def for_arguments(self, arguments: Values) -> Access:
        """The access that this call needs; `--dry-run` changes nothing and so only reads."""
        access = self.access if isinstance(self.access, Access) else self.access(arguments)
        return Access.READ if access is Access.CHANGE and arguments.get("dry_run") else access

    def parameters(self) -> Iterator[Declared]:
        """The options and arguments of the command, the common ones last."""
        yield from declared_by(self.body)
        if self.may_change:
            yield from declared_by(ChangeOptions)
        yield from declared_by(CommonOptions)


class CommandGroup(NamedTuple):
    """The commands of one `commands.py`, in the order of `--help`."""

    name: str
    see_also: tuple[str, ...]
    commands: dict[str, Declaration]


def new_group(name: str, *, see_also: tuple[str, ...] = ()) -> CommandGroup:
    return CommandGroup(name, see_also, {})


class Told(TypedDict, total=False):
    """What is told of a command beside its name, its body and its view; see `Declaration`."""

    access: Required[AccessRule]
    any_profile: bool
    takes_the_rest: bool
    any_words: bool
    examples: tuple[Example, ...]
    exits: Mapping[int, str]
    see_also: tuple[str, ...]
    unable: Unable
    fails_with: ExitCode


@overload
def command(group: CommandGroup, name: str, **told: Unpack[Told]) -> Callable[[Body], Body]: ...


@overload
def command(
    group: CommandGroup, name: str, *, view: ViewOf[Drawn], **told: Unpack[Told]
) -> Callable[[BodyOf[Drawn]], BodyOf[Drawn]]: ...


def command(group: CommandGroup, name: str, **told: Any) -> Callable[[Any], Any]:
    """Register a command of `group`; its docstring is what `--help` says first. Its name may have two words.

    `view` draws on a terminal what the body returns, and a type checker holds that it is of that type.
    """

    def register(body: Callable[..., object]) -> Callable[..., object]:
        group.commands[name] = Declaration(name, body, **told)
        return body

    return register


class Later:
    """A feature's `views.py`, imported when one of its views draws: JSON, pipes and `--help` never load rich.

    if TYPE_CHECKING:
        from shema_cli.rooms import views
    else:
        views = Later("shema_cli.rooms.views")

    `views.listing` is then a function that a type checker knows, and that costs nothing until it is called.
    """

    def __init__(self, module: str) -> None:
        self._module = module

    def __getattr__(self, name: str) -> View:
        return partial(_draw, self._module, name)


def _draw(module: str, name: str, shown: Any, width: int) -> RenderableType:
    view: View = getattr(import_module(module), name)
    return view(shown, width)


# -- running it -----------------------------------------------------------------------------------------------


class Invocation:
    """What the edge and a command share: streams, gate, the options before the command, the sink once it is made."""

    def __init__(self, streams: Streams, options: GlobalOptions, open_gate: OpenGate) -> None:
        self.streams = streams
        self.options = options
        self.open_gate = open_gate
        self.output: Output | None = None
        self.fails_with: ExitCode | None = None

    def carry_out(self, declaration: Declaration, path: str, given: Values) -> int:
        """Run the command that was read off a line; another host of command lines does it in a world of its own."""
        return run(declaration, self, path, given)


def run(declaration: Declaration, invocation: Invocation, path: str, given: Values) -> int:
    """Run the command that `path` names (without `shema`) with the values that typer read; its exit code.

    Raises what the settings, the gate and the work raise, unless the command says itself what kept it from looking.
    """
    try:
        return _run(declaration, invocation, path, given)
    except Interrupted:
        raise
    except ShemaError as error:
        if declaration.unable is None:
            raise
        return declaration.unable(error, given, invocation.output or Output(invocation.streams))


def _run(declaration: Declaration, invocation: Invocation, path: str, given: Values) -> int:
    options = CommonOptions(**values_for(CommonOptions, given)).over(invocation.options)
    app = AppContext.open(
        invocation.streams,
        options,
        path,
        open_gate=invocation.open_gate,
        any_profile=declaration.any_profile,
    )
    invocation.output = app.output
    with _opened(app):
        _tell_sources(app)
        return _finish(app, _outcome(declaration, app, given), declaration.view)


class Carried(NamedTuple):
    """What became of a command that was run from within another: its exit code, and its result or the error."""

    code: int
    outcome: object = None
    error: ShemaError | None = None


def carry_out(outer: AppContext, declaration: Declaration, path: str, given: Values) -> Carried:
    """Run another command from within one, on the same target: its own gate, guards, questions, trail and output.

    `given` are the values that were not left out. An error is shown as the edge shows it. Raises Interrupted.
    """
    app = outer.beside(path)
    values = {one.name: one.default for one in declaration.parameters()} | dict(given)
    try:
        with _opened(app):
            outcome = _outcome(declaration, app, values)
            return Carried(_finish(app, outcome, declaration.view), outcome)
    except Interrupted:
        raise
    except ShemaError as error:
        app.output.error(error)
        return Carried(error.exit_code, error=error)


def outcome_of(app: AppContext, declaration: Declaration, given: Values, *, admitted: bool) -> object:
    """What the body of a command returns, which is handed over elsewhere; the app is closed behind it.

    `admitted`: it only reads, and the gate has let the app's admin in before.
    """
    with _opened(app):
        if not admitted:
            return _outcome(declaration, app, given)
        require_text(declaration.body, given)
        return _returned(declaration, app, given)


@contextmanager
def _opened(app: AppContext) -> Iterator[None]:
    """While a command runs; what it opened is closed behind it."""
    try:
        yield
    except KeyboardInterrupt:
        raise Interrupted("interrupted", "interrupted") from None
    except BrokenPipeError as error:
        # Not stdout's, which is a PipeClosed; typer would take it for that and say nothing.
        what = "a connection was closed in the middle of the command"
        raise Failed("connection_lost", what, "shema doctor") from error
    finally:
        app.close()


def _outcome(declaration: Declaration, app: AppContext, given: Values) -> object:
    """What its body returns, once its user was let through."""
    require_text(declaration.body, given)
    access = declaration.for_arguments(given)
    if access is not Access.OPEN:
        given = _admitted(app, access, given)
    elif not declaration.any_profile:
        _warn_of_mixture(app)
    return _returned(declaration, app, given)


def _returned(declaration: Declaration, app: AppContext, given: Values) -> object:
    outcome = declaration.body(app, **values_for(declaration.body, given))
    if not inspect.iscoroutine(outcome):
        return outcome
    with closing(outcome):  # Ctrl-C before it begins leaves none that Python would complain of
        import asyncio

        return asyncio.run(outcome)


def _tell_sources(app: AppContext) -> None:
    """What a person should know of where the settings come from, before anything else is said or done."""
    from shema_cli.settings.target import supplied_by_dotenv

    if supplied := supplied_by_dotenv(app.settings):
        app.output.note(f"using {DOTENV}: {', '.join(supplied)}")
    for remark in app.settings.remarks:
        app.output.warn(remark)


def _admitted(app: AppContext, access: Access, given: Values) -> Values:
    """Let the command through to its target (contract 3.1) and its admin (2.4); the values that its body is given.

    Whatever the target refuses is refused before anything connects.
    """
    for problem in misunderstood(app.settings.profile_options):
        raise InvalidUsage("bad_profile_option", f"profile {app.settings.profile}: {problem}", "shema config show")
    app.changes = access is Access.CHANGE
    consent = ChangeOptions(**values_for(ChangeOptions, given)) if app.changes else ChangeOptions()
    if app.changes:
        _check_name(app, consent)
        app.target.refuse_change(allow_mixed=consent.allow_mixed_target)
    _warn_of_mixture(app)
    app.admin = app.gate.authorize(changes=app.changes)
    return _answered(app, consent, given) if app.changes else given


def _warn_of_mixture(app: AppContext) -> None:
    if app.target.mixed:
        app.output.warn(app.target.mixture)


def _check_name(app: AppContext, consent: ChangeOptions) -> None:
    profile = app.settings.profile_label
    if consent.confirm not in (None, profile):
        raise Refused(
            "not_confirmed",
            f"--confirm {consent.confirm}: the profile in force is {profile}; nothing was changed",
            "choose the profile with --profile NAME",
        )


def _answered(app: AppContext, consent: ChangeOptions, given: Values) -> Values:
    """`yes` is what answers every question: in a protected profile its name does, and --yes alone is not enough."""
    yes = consent.confirm is not None or (bool(given.get("yes")) and not wants_its_name(app.settings.profile_options))
    if yes:
        app.output.note(app.target.line)
    return {**given, "yes": yes}


def _finish(app: AppContext, outcome: object, view: View | None) -> int:
    if isinstance(outcome, Result):
        return app.output.result(outcome, view)
    if isinstance(outcome, Stream):
        for record in outcome.records:
            app.output.record(record, view)
    return outcome if isinstance(outcome, int) else ExitCode.DONE
