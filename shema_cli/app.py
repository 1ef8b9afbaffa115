"""The command tree: names and one-line helps, and what typer is given of it.

A group's module is imported when it is used, a command's parameters are made when it is called.
"""

from __future__ import annotations

import inspect
import shutil
from collections.abc import Callable, Iterator, Mapping
from copy import copy
from importlib import import_module
from itertools import zip_longest
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer.core
import typer.main
from typer.models import ParamMeta

from shema_cli.cli.declare import CommandGroup, Declaration, Example, Invocation
from shema_cli.cli.options import COMMON, CommonOptions, Declared, Option, Values, declared_by, values_for

if TYPE_CHECKING:
    from shema_cli.cli.help_text import HelpFormatter
    from shema_cli.cli.tree import Node

ParseContext = Any
"""Typer's context: what it really is belongs to a library that typer keeps to itself."""
TyperParameter = Any
"""An option or argument as typer made it; private as well."""


class TreeEntry(NamedTuple):
    """A name of the tree: the module that holds it and the line that `--help` shows of it.

    The module has a `group` (`cli/declare.py`). A group marked `single` is one command of that name, not a group.
    `also` are modules above it with further commands of the group, in a `group` of the same name.
    """

    module: str
    help: str
    single: bool = False
    section: str = "Setting up"
    also: tuple[str, ...] = ()

    def groups(self) -> list[CommandGroup]:
        """Imports every module of it."""
        return [import_module(name).group for name in (self.module, *self.also)]


SCHOOL = "The school"
MESSAGES = "Messages"
SYSTEM = "The system"

TREE: dict[str, TreeEntry] = {
    "dashboard": TreeEntry(
        "shema_cli.dashboard.commands", "The five numbers of the school, and where each came from.", True, SCHOOL
    ),
    "enrollments": TreeEntry("shema_cli.enrollments.commands", "Read and decide on enrollments.", section=SCHOOL),
    "courses": TreeEntry("shema_cli.courses.commands", "The courses, their seats, and who waits.", section=SCHOOL),
    "find": TreeEntry("shema_cli.find.commands", "Find people, enrollments and events by name or id.", True, SCHOOL),
    "chat": TreeEntry("shema_cli.chat.commands", "Read conversations as they happen.", section=SCHOOL),
    "users": TreeEntry("shema_cli.users.commands", "Look users up.", section=SCHOOL),
    "events": TreeEntry(
        "shema_cli.events.commands",
        "Watch and publish events.",
        section=MESSAGES,
        also=("shema_cli.resend.commands",),
    ),
    "dlq": TreeEntry(
        "shema_cli.dlq.commands",
        "Inspect and replay dead letters.",
        section=MESSAGES,
        also=("shema_cli.runs.commands", "shema_cli.triage.commands"),
    ),
    "trace": TreeEntry(
        "shema_cli.trace.commands", "Tell what became of somebody or something, as one story.", True, MESSAGES
    ),
    "status": TreeEntry("shema_cli.status.commands", "What is wrong now, and what to do about it.", True, SYSTEM),
    "runbook": TreeEntry("shema_cli.runbook.commands", "What to do against it, step by step.", True, SYSTEM),
    "check": TreeEntry("shema_cli.check.commands", "The same for a monitor, with its exit codes.", True, SYSTEM),
    "ui": TreeEntry("shema_cli.ui.commands", "The whole job on one screen.", True, SYSTEM),
    "services": TreeEntry(
        "shema_cli.services.commands", "The services, their instances and their health.", section=SYSTEM
    ),
    "api": TreeEntry("shema_cli.api.commands", "Make an authenticated call to a service.", True, SYSTEM),
    "tokens": TreeEntry("shema_cli.tokens.commands", "Issue and verify service tokens.", section=SYSTEM),
    "audit": TreeEntry("shema_cli.audit.commands", "Who did what, and proof that nothing was altered.", section=SYSTEM),
    "setup": TreeEntry("shema_cli.setup.commands", "Set up a profile, each value tried at once.", True),
    "auth": TreeEntry("shema_cli.auth.commands", "Sign in and out."),
    "admins": TreeEntry("shema_cli.admins.commands", "Who is an admin."),
    "config": TreeEntry("shema_cli.config.commands", "Settings and profiles."),
    "completions": TreeEntry("shema_cli.completion.commands", "Complete commands and ids with TAB."),
    "doctor": TreeEntry("shema_cli.doctor.commands", "Find out what is wrong, and what to do.", True),
    "sandbox": TreeEntry("shema_cli.sandbox.commands", "The whole system on this machine."),
    "help": TreeEntry("shema_cli.help.commands", "Read about exit codes, output, settings, profiles or events.", True),
}
EXAMPLES = (
    Example("Try everything on this machine, with nothing to lose", "shema sandbox run -- shema dashboard"),
    Example("Set up your own system, each value tried at once", "shema setup production", needs="terminal"),
    Example("Find out what is wrong, and what to do", "shema doctor"),
)
SEE_ALSO = ("help exit-codes", "help output", "help environment", "help profiles", "help events")


# -- what typer is given --------------------------------------------------------------------------------

WIDEST = 100
NARROWEST = 38
SETTINGS: dict[str, object] = {"help_option_names": ["-h", "--help"]}
ANY_WORDS: dict[str, object] = {"ignore_unknown_options": True}
THE_REST: dict[str, object] = {"allow_interspersed_args": False, **ANY_WORDS}


def help_width() -> int:
    """Columns of a help text: the terminal's, within what can be read."""
    return max(NARROWEST, min(WIDEST, shutil.get_terminal_size((80, 24)).columns) - 2)


class _Parameter(NamedTuple):
    """What was declared, what typer made of it, and how it turns what it read into the declared type."""

    declared: Declared
    typer: TyperParameter
    convert: Callable[[Any], Any] | None


class _Taught:
    """Mixed into command and group: parameters as they were declared, and a `--help` that teaches.

    Whatever only the help needs is imported when it is shown.
    """

    section = ""
    params: list[TyperParameter]
    _known: tuple[_Parameter, ...] = ()

    def take(self, declared: Iterator[Declared]) -> None:
        """Have typer read these; it makes them as it makes the parameters of a decorated function."""
        self._known = tuple(_Parameter(one, *_made(one)) for one in declared)
        self.params = [parameter.typer for parameter in self._known]

    def told(self, parameter: TyperParameter) -> Declared | None:
        """What was declared of one of `get_params`; None for `--help`, which is typer's own."""
        return next((known.declared for known in self._known if known.typer is parameter), None)

    def taken(self, ctx: ParseContext) -> Values:
        """The values that typer read, by name, in their declared types."""
        return {
            known.declared.name: known.convert(ctx.params[known.declared.name])
            if known.convert
            else ctx.params[known.declared.name]
            for known in self._known
        }

    def make_context(
        self, info_name: str | None, args: list[str], parent: ParseContext = None, **extra: object
    ) -> ParseContext:
        extra.setdefault("terminal_width", help_width())
        return super().make_context(info_name, args, parent, **extra)  # type: ignore[misc]

    def format_options(self, ctx: ParseContext, formatter: HelpFormatter) -> None:
        from shema_cli.cli.help_text import write_options

        write_options(self, ctx, formatter)

    def format_epilog(self, ctx: ParseContext, formatter: HelpFormatter) -> None:  # noqa: ARG002 - typer gives it
        from shema_cli.cli.help_text import write_page

        write_page(self, formatter)


def _made(declared: Declared) -> tuple[TyperParameter, Callable[[Any], Any] | None]:
    told = copy(declared.told)
    told.default = declared.default
    return typer.main.get_click_param(ParamMeta(name=declared.name, default=told, annotation=declared.type))


class Command(_Taught, typer.core.TyperCommand):
    """A declared command as typer knows it. Its parameters are made when it is used, not when it is listed."""

    def __init__(self, declaration: Declaration) -> None:
        self.declaration = declaration
        super().__init__(
            name=declaration.name,
            help=inspect.getdoc(declaration.body),
            context_settings=_settings_of(declaration),
            rich_markup_mode=None,
        )

    def get_params(self, ctx: ParseContext) -> list[TyperParameter]:
        if not self._known:
            self.take(self.declaration.parameters())
        return super().get_params(ctx)

    def parse_args(self, ctx: ParseContext, args: list[str]) -> list[str]:
        invocation: Invocation | None = ctx.find_root().obj
        if invocation is not None:
            invocation.fails_with = self.declaration.fails_with
        return super().parse_args(ctx, _with_bare_values(self.declaration, args))

    def invoke(self, ctx: ParseContext) -> int:
        invocation: Invocation = ctx.find_root().obj
        return invocation.carry_out(self.declaration, path_of(ctx), self.taken(ctx))


def _settings_of(declaration: Declaration) -> dict[str, object]:
    if declaration.takes_the_rest:
        return SETTINGS | THE_REST
    return SETTINGS | ANY_WORDS if declaration.any_words else SETTINGS


class Group(_Taught, typer.core.TyperGroup):
    """A group as typer knows it: its commands first, each with its whole sentence."""

    def __init__(self, name: str, commands: Mapping[str, Any], see_also: tuple[str, ...] = (), help: str = "") -> None:
        super().__init__(
            name=name,
            commands=dict(commands),
            help=help,
            no_args_is_help=True,
            context_settings=SETTINGS,
            rich_markup_mode=None,
        )
        self.see_also = see_also
        self.examples: tuple[Example, ...] = ()

    def resolve_command(self, ctx: ParseContext, args: list[str]) -> Any:
        """A command of two words (`dlq runs stop`) stands beside the one of the first alone."""
        both = " ".join(args[:2])
        if both in self.commands:
            return both, self.commands[both], args[2:]
        return super().resolve_command(ctx, args)

    def format_options(self, ctx: ParseContext, formatter: HelpFormatter) -> None:
        from shema_cli.cli.help_text import write_commands

        write_commands(self, formatter)
        super().format_options(ctx, formatter)


def _with_bare_values(declaration: Declaration, args: list[str]) -> list[str]:
    """`--watch` where no value follows, spelled out (`Option.bare`): a word is one when it begins with a digit."""
    bare = {
        name: one.told.bare
        for one in declared_by(declaration.body)
        if isinstance(one.told, Option) and one.told.bare is not None
        for name in one.told.param_decls or ()
    }
    if not bare:
        return args
    return [
        f"{word}={bare[word]}" if word in bare and not after[:1].isdigit() else word
        for word, after in zip_longest(args, args[1:], fillvalue="")
    ]


def path_of(ctx: ParseContext) -> str:
    """The words after `shema`."""
    return str(ctx.command_path).partition(" ")[2]


class Stub(typer.core.TyperCommand):
    """What stands in the root's list for a command until it is used."""

    def __init__(self, name: str, entry: TreeEntry) -> None:
        super().__init__(name, help=entry.help, rich_markup_mode=None)
        self.section = entry.section


class Root(Group):
    """`shema` itself: a name stands for its group until it is used, and the common options may come before it."""

    def __init__(self) -> None:
        about = "The command line of the Shema Music admins."
        super().__init__("shema", {name: Stub(name, entry) for name, entry in TREE.items()}, SEE_ALSO, about)
        self.examples = EXAMPLES
        self.take(declared_by(before_the_command))

    def resolve_command(self, ctx: ParseContext, args: list[str]) -> Any:
        name, stub, rest = super().resolve_command(ctx, args)
        return name, load(name) if name in TREE else stub, rest

    def invoke(self, ctx: ParseContext) -> Any:
        invocation: Invocation = ctx.obj
        common = before_the_command(**values_for(before_the_command, self.taken(ctx)))
        invocation.options = common.over(invocation.options)
        return super().invoke(ctx)


def before_the_command(
    *,
    version: Annotated[bool, Option("--version", heading=COMMON, help="Print the version and exit.")] = False,
    common: CommonOptions,
) -> CommonOptions:
    """What may stand before a command's name; `--version` alone is answered before anything is loaded (main.py)."""
    del version
    return common


def load(name: str) -> Command | Group:
    """The real command or group behind a name of the tree."""
    entry = TREE[name]
    first, *others = entry.groups()
    if entry.single:
        return Command(first.commands[name])
    commands = {inner: Command(told) for group in (first, *others) for inner, told in group.commands.items()}
    return Group(name, commands, first.see_also, entry.help)


def declared(path: str) -> Declaration:
    """The command that stands behind `shema` and these words."""
    name, _, rest = path.partition(" ")
    return next(group.commands[rest or name] for group in TREE[name].groups() if (rest or name) in group.commands)


def build() -> Root:
    """The root command, ready to be called with `main(args, standalone_mode=False)`."""
    return Root()


def tree() -> Node:
    """The whole tree as data, with every group loaded."""
    from shema_cli.cli.tree import node_of

    return node_of(build(), {name: load(name) for name in TREE}, help_width())
