"""The command tree as data: what completion, the reference and the help snapshots are made from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from shema_cli.app import TREE, build, load
from shema_cli.help.mixin import help_width
from shema_cli.help.render import access_of, command_path, first_sentence


@dataclass(frozen=True)
class Parameter:
    """An option (`names` begin with `-`) or an argument (one bare name). `values` are its choices, if it has some."""

    names: tuple[str, ...]
    help: str
    takes_value: bool
    values: tuple[str, ...] = ()
    is_path: bool = False
    many: bool = False


@dataclass(frozen=True)
class Node:
    """A command, or a group with its commands. `path` is without `shema`; the root's is empty."""

    path: str
    help: str
    options: tuple[Parameter, ...]
    arguments: tuple[Parameter, ...]
    children: tuple[Node, ...]
    access: str
    context: Any

    @property
    def name(self) -> str:
        return self.path.rpartition(" ")[2]

    def walk(self) -> Iterator[Node]:
        """This node and all below it, in the order of `--help`."""
        yield self
        for child in self.children:
            yield from child.walk()

    def help_text(self) -> str:
        """What `--help` prints for it."""
        return str(self.context.command.get_help(self.context))


def tree() -> Node:
    """The whole tree, with every group loaded."""
    return _node(build(), "shema", None, {name: load(name) for name in TREE})


def _node(command: Any, name: str, parent: Any, commands: Mapping[str, Any]) -> Node:
    settings = {"terminal_width": help_width(), **command.context_settings}
    context = command.context_class(command, info_name=name, parent=parent, resilient_parsing=True, **settings)
    params = [_parameter(p) for p in command.get_params(context) if not getattr(p, "hidden", False)]
    children = [(name, child) for name, child in commands.items() if not child.hidden]
    return Node(
        path=command_path(context),
        help=first_sentence(command.help or ""),
        options=tuple(p for p in params if p.names[0].startswith("-")),
        arguments=tuple(p for p in params if not p.names[0].startswith("-")),
        children=tuple(_node(child, name, context, getattr(child, "commands", {})) for name, child in children),
        access=access_of(command),
        context=context,
    )


def _parameter(param: Any) -> Parameter:
    is_option = param.param_type_name == "option"
    return Parameter(
        names=tuple(sorted([*param.opts, *param.secondary_opts], key=_long_last)) if is_option else (param.name,),
        help=(param.help or "").strip(),
        takes_value=not is_option or not (param.is_flag or param.count),
        values=tuple(str(getattr(choice, "value", choice)) for choice in getattr(param.type, "choices", ())),
        is_path=type(param.type).__name__ == "TyperPath",
        many=param.nargs != 1 or bool(getattr(param, "multiple", False)),
    )


def _long_last(name: str) -> bool:
    return name.startswith("--")
