"""The command tree: names and one-line helps. A group's module is imported when it is used."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import typer
import typer.main

from shema_cli.cli.declare import GROUP_SETTINGS, Command, Group, Invocation, common_parameters, take_common


@dataclass(frozen=True)
class Entry:
    """A name of the tree: the module that holds it and the line that `--help` shows of it.

    The module has a `group` (a Typer). A group marked `single` is one command of that name, not a group.
    """

    module: str
    help: str
    single: bool = False
    section: str = "Setting up"


SCHOOL = "The school"
MESSAGES = "Messages"
SYSTEM = "The system"

TREE: dict[str, Entry] = {
    "dashboard": Entry(
        "shema_cli.dashboard.commands", "The five numbers of the school, and where each came from.", True, SCHOOL
    ),
    "enrollments": Entry("shema_cli.enrollments.commands", "Read and decide on enrollments.", section=SCHOOL),
    "chat": Entry("shema_cli.chat.commands", "Read conversations as they happen.", section=SCHOOL),
    "users": Entry("shema_cli.users.commands", "Look users up.", section=SCHOOL),
    "events": Entry("shema_cli.events.commands", "Watch and publish events.", section=MESSAGES),
    "dlq": Entry("shema_cli.dlq.commands", "Inspect and replay dead letters.", section=MESSAGES),
    "trace": Entry("shema_cli.trace.commands", "Follow one id through audit, events and dead letters.", True, MESSAGES),
    "services": Entry("shema_cli.services.commands", "The services, their instances and their health.", section=SYSTEM),
    "api": Entry("shema_cli.api.commands", "Make an authenticated call to a service.", True, SYSTEM),
    "tokens": Entry("shema_cli.tokens.commands", "Issue and verify service tokens.", section=SYSTEM),
    "audit": Entry("shema_cli.audit.commands", "Who did what, and proof that nothing was altered.", section=SYSTEM),
    "auth": Entry("shema_cli.auth.commands", "Sign in and out."),
    "admins": Entry("shema_cli.admins.commands", "Who is an admin."),
    "config": Entry("shema_cli.config.commands", "Settings and profiles."),
    "completions": Entry("shema_cli.completion.commands", "Complete commands and ids with TAB."),
    "doctor": Entry("shema_cli.doctor.commands", "Find out what is wrong, and what to do.", True),
    "sandbox": Entry("shema_cli.sandbox.commands", "The whole system on this machine."),
    "help": Entry("shema_cli.help.commands", "Read about exit codes, output, settings, profiles or events.", True),
}


class Stub(Command):
    """What stands in the root's list for a command until it is used."""

    section = ""


class LazyGroup(Group):
    """A group whose commands are stubs with a name and a help until one of them is used."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        name, stub, rest = super().resolve_command(ctx, args)
        return name, load(name) if name in TREE else stub, rest


def load(name: str) -> Any:
    """The real command or group behind a name of the tree."""
    entry = TREE[name]
    group: typer.Typer = import_module(entry.module).group
    loaded = typer.main.get_command(group) if entry.single else typer.main.get_group(group)
    loaded.name = name
    loaded.help = loaded.help or entry.help
    return loaded


def build() -> Any:
    """The root command, ready to be called with `main(args, standalone_mode=False)`."""
    root = typer.Typer(cls=LazyGroup, **GROUP_SETTINGS)
    root.callback(help="The command line of the Shema Music admins.")(_root)
    command = typer.main.get_group(root)
    for name, entry in TREE.items():
        stub = Stub(name=name, help=entry.help, rich_markup_mode=None)
        stub.section = entry.section
        command.commands[name] = stub
    return command


def _root(**arguments: Any) -> None:
    ctx: typer.Context = arguments.pop("ctx")
    arguments.pop("version")
    invocation: Invocation = ctx.obj
    invocation.options = take_common(arguments).over(invocation.options)


def _root_signature() -> inspect.Signature:
    context = inspect.Parameter("ctx", inspect.Parameter.KEYWORD_ONLY, annotation=typer.Context)
    version = inspect.Parameter(
        "version",
        inspect.Parameter.KEYWORD_ONLY,
        annotation=bool,
        default=typer.Option(False, "--version", help="Print the version and exit."),
    )
    return inspect.Signature([context, version, *common_parameters()])


_root.__signature__ = _root_signature()  # type: ignore[attr-defined]
_root.__annotations__ = {p.name: p.annotation for p in _root_signature().parameters.values()}
