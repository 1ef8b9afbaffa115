"""How a command is declared: its name, whether it needs an admin, whether it changes something, and its view.

    group = new_group("dlq")

    @command(group, "list", access=Access.READ, view="listing")
    def list_entries(app: AppContext, limit: Annotated[int, typer.Option(help="…")] = 50) -> Result: ...

The body takes the `AppContext` first and returns a `Result` (or a `Stream`, or None when it has printed through
`app.output` itself); it may be `async def`. The options of every command (`-o`, `--json`, `-v`, …) are added here.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import wraps
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_type_hints

import typer
import typer.core

from shema_cli.context import AppContext, GlobalOptions
from shema_cli.errors import Failed, Interrupted
from shema_cli.exit_codes import ExitCode
from shema_cli.help.mixin import CommandHelp, GroupHelp
from shema_cli.output.sink import Format, Output
from shema_cli.output.streams import Streams
from shema_cli.results import Result, Stream

if TYPE_CHECKING:
    from shema_cli.output.sink import View


class Access(StrEnum):
    """What a command asks of its user (contract 2.3, 2.4)."""

    OPEN = "open"  # anybody
    READ = "read"  # a signed-in admin, verified locally
    CHANGE = "change"  # an admin whom Firebase confirms at that moment


AccessRule = Access | Callable[[Mapping[str, Any]], Access]
"""Fixed, or decided from the arguments (`api -X POST` changes, `api` reads)."""


class LogFormat(StrEnum):
    TEXT = "text"
    JSON = "json"


@dataclass
class Invocation:
    """What the edge and a command share: the streams, the options before the command, and the sink once it is made."""

    streams: Streams
    options: GlobalOptions
    output: Output | None = None


@dataclass(frozen=True)
class Declaration:
    """What was declared of a command; kept on its callback for the tests that walk the tree."""

    access: AccessRule
    any_profile: bool = False

    def for_arguments(self, arguments: Mapping[str, Any]) -> Access:
        """The access that this call needs; `--dry-run` changes nothing and so only reads."""
        access = self.access if isinstance(self.access, Access) else self.access(arguments)
        return Access.READ if access is Access.CHANGE and arguments.get("dry_run") else access


class Command(CommandHelp, typer.core.TyperCommand):
    """A command whose `--help` teaches."""


class Group(GroupHelp, typer.core.TyperGroup):
    """A group whose `--help` teaches."""


GROUP_SETTINGS: dict[str, Any] = {
    "no_args_is_help": True,
    "add_completion": False,
    "rich_markup_mode": None,
    "pretty_exceptions_enable": False,
    "context_settings": {"help_option_names": ["-h", "--help"]},
}


def new_group(name: str) -> typer.Typer:
    return typer.Typer(name=name, cls=Group, **GROUP_SETTINGS)


_COMMON: dict[str, Any] = {
    "output": Annotated[Format | None, typer.Option("-o", "--output", help="table, json or csv.", show_choices=False)],
    "json_output": Annotated[bool, typer.Option("--json", help="Short for -o json.")],
    "verbose": Annotated[bool, typer.Option("-v", "--verbose", help="Log every call to a service on stderr.")],
    "log_format": Annotated[LogFormat | None, typer.Option("--log-format", help="Log calls as text or json.")],
    "profile": Annotated[str | None, typer.Option("--profile", help="The profile of config.toml to use.")],
    "env_file": Annotated[Path | None, typer.Option("--env-file", help="Read this file instead of ./.env.")],
}


def take_common(arguments: dict[str, Any]) -> GlobalOptions:
    """Remove the common options from `arguments` and return them."""
    output = arguments.pop("output")
    as_json = arguments.pop("json_output")
    log_format = arguments.pop("log_format")
    return GlobalOptions(
        output=Format.JSON.value if as_json else output.value if output else None,
        verbose=arguments.pop("verbose"),
        log_format=log_format.value if log_format else None,
        profile=arguments.pop("profile"),
        env_file=arguments.pop("env_file"),
    )


def common_parameters() -> list[inspect.Parameter]:
    flags = {"json_output", "verbose"}
    return [
        inspect.Parameter(
            name, inspect.Parameter.KEYWORD_ONLY, default=False if name in flags else None, annotation=annotation
        )
        for name, annotation in _COMMON.items()
    ]


def command(
    group: typer.Typer,
    name: str,
    *,
    access: AccessRule,
    view: str | None = None,
    any_profile: bool = False,
    context_settings: dict[str, Any] | None = None,
    cls: type[typer.core.TyperCommand] | None = None,
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register a command. `view` names a function of the feature's `views.py`, imported only to draw.

    With `any_profile` the command runs also when the chosen profile does not exist. `cls` is for a command that
    reads its line in a way of its own.
    """

    def register(body: Callable[..., Any]) -> Callable[..., Any]:
        declaration = Declaration(access, any_profile)

        @wraps(body)
        def callback(**arguments: Any) -> None:
            ctx: typer.Context = arguments.pop("ctx")
            raise typer.Exit(int(_run(ctx, body, declaration, view, arguments)))

        callback.__signature__ = _signature(body)  # type: ignore[attr-defined]
        callback.__annotations__ = {p.name: p.annotation for p in _signature(body).parameters.values()}
        callback.declaration = declaration  # type: ignore[attr-defined]
        del callback.__wrapped__
        group.command(name, cls=_with_help(cls), context_settings=context_settings)(callback)
        return body

    return register


def _with_help(cls: type[typer.core.TyperCommand] | None) -> type[typer.core.TyperCommand]:
    if cls is None or issubclass(cls, CommandHelp):
        return cls or Command
    return type(cls.__name__, (CommandHelp, cls), {})


def _signature(body: Callable[..., Any]) -> inspect.Signature:
    """The body's own parameters, without the app, plus the typer context and the common options."""
    own = list(inspect.signature(body).parameters.values())[1:]
    hints = get_type_hints(body, include_extras=True)
    resolved = [p.replace(annotation=hints.get(p.name, p.annotation), kind=inspect.Parameter.KEYWORD_ONLY) for p in own]
    context = inspect.Parameter("ctx", inspect.Parameter.KEYWORD_ONLY, annotation=typer.Context)
    return inspect.Signature([context, *resolved, *common_parameters()])


def _run(
    ctx: typer.Context,
    body: Callable[..., Any],
    declaration: Declaration,
    view: str | None,
    arguments: dict[str, Any],
) -> ExitCode:
    invocation: Invocation = ctx.find_root().obj
    options = take_common(arguments).over(invocation.options)
    path = ctx.command_path.split(" ", 1)[-1]
    app = AppContext.open(invocation.streams, options, path, any_profile=declaration.any_profile)
    invocation.output = app.output
    try:
        _authorize(app, declaration.for_arguments(arguments))
        outcome = body(app, **arguments)
        if inspect.iscoroutine(outcome):
            import asyncio

            outcome = asyncio.run(outcome)
        return _finish(app, outcome, _view(body, view))
    except KeyboardInterrupt:
        raise Interrupted("interrupted", "interrupted") from None
    except BrokenPipeError as error:
        # Not stdout's, which is a PipeClosed; typer would take it for that and say nothing.
        what = "a connection was closed in the middle of the command"
        raise Failed("connection_lost", what, "shema doctor") from error
    finally:
        app.close()


def _authorize(app: AppContext, access: Access) -> None:
    if access is Access.OPEN:
        return
    app.changes = access is Access.CHANGE
    app.admin = app.gate.authorize(changes=app.changes)


def _finish(app: AppContext, outcome: object, view: View | None) -> ExitCode:
    if isinstance(outcome, Result):
        return app.output.result(outcome, view)
    if isinstance(outcome, Stream):
        for record in outcome.records:
            app.output.record(record, view)
    return outcome if isinstance(outcome, ExitCode) else ExitCode.DONE


def _view(body: Callable[..., Any], name: str | None) -> View | None:
    if name is None:
        return None

    def load(result: Any, width: int) -> Any:
        views = import_module(f"{body.__module__.rpartition('.')[0]}.views")
        return getattr(views, name)(result, width)

    return load
