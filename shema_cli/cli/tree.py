"""The command tree as data: what `--help`, the reference, the manual, completion and the tests are made from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from shema_cli.cli.declare import Declaration, Example
from shema_cli.cli.options import COMMON, NOTHING, Completes, Option, words


class Parameter(NamedTuple):
    """An option (`names` begin with `-`) or an argument (one bare name).

    `declaration` is how it is written, with what stands for its value (`--limit N`); `about` its help with its
    default and range. `completes` is empty for a flag, else how its value completes (`cli/options.py`).
    """

    names: tuple[str, ...]
    declaration: str
    help: str
    about: str
    heading: str
    value: str
    completes: Completes
    choices: tuple[str, ...]
    required: bool
    many: bool

    @property
    def is_option(self) -> bool:
        return self.names[0].startswith("-")


class Node(NamedTuple):
    """A command, or a group with its commands. `path` is without `shema`; the root's is empty.

    `access` is `open`, `read`, `change`, `varies` when the arguments decide, or empty for a group.
    """

    path: str
    help: str
    usage: str
    parameters: tuple[Parameter, ...]
    children: tuple[Node, ...]
    access: str
    examples: tuple[Example, ...]
    exits: Mapping[int, str]
    see_also: tuple[str, ...]
    command: Any
    context: Any

    @property
    def name(self) -> str:
        """Within its group; it may have two words (`runs stop`)."""
        return self.path.partition(" ")[2] or self.path

    @property
    def options(self) -> tuple[Parameter, ...]:
        return tuple(parameter for parameter in self.parameters if parameter.is_option)

    @property
    def arguments(self) -> tuple[Parameter, ...]:
        return tuple(parameter for parameter in self.parameters if not parameter.is_option)

    def walk(self) -> Iterator[Node]:
        """This node and all below it, in the order of `--help`."""
        yield self
        for child in self.children:
            yield from child.walk()

    def help_text(self) -> str:
        """What `--help` prints for it."""
        return str(self.command.get_help(self.context))


def node_of(command: Any, children: Mapping[str, Any], width: int, name: str = "shema", parent: Any = None) -> Node:
    """The node of a command or a group, and of all below it; their help is `width` columns wide."""
    settings = {"terminal_width": width, **command.context_settings}
    context = command.context_class(command, info_name=name, parent=parent, resilient_parsing=True, **settings)
    declaration = getattr(command, "declaration", None)
    return Node(
        path=context.command_path.partition(" ")[2],
        help=first_sentence(command.help or ""),
        usage=" ".join(command.collect_usage_pieces(context)),
        parameters=parameters_of(command, context),
        children=tuple(
            node_of(child, getattr(child, "commands", {}), width, inner, context) for inner, child in children.items()
        ),
        access=access_of(declaration) if declaration else "",
        examples=(declaration or command).examples,
        exits=declaration.exits if declaration else {},
        see_also=(declaration or command).see_also,
        command=command,
        context=context,
    )


def access_of(declaration: Declaration) -> str:
    """`open`, `read`, `change`, or `varies` when the arguments decide."""
    return str(declaration.access) if isinstance(declaration.access, str) else "varies"


def first_sentence(text: str) -> str:
    """The first sentence of a help text, on one line."""
    paragraph = " ".join(text.strip().split("\n\n", 1)[0].split())
    head, dot, _ = paragraph.partition(". ")
    return head + "." if dot else paragraph


def parameters_of(command: Any, ctx: Any) -> tuple[Parameter, ...]:
    """All that are not hidden, in the order in which they were declared."""
    return tuple(_parameter(command, p, ctx) for p in command.get_params(ctx) if p.get_help_record(ctx))


def _parameter(command: Any, param: Any, ctx: Any) -> Parameter:
    told = command.told(param)
    choices = tuple(str(getattr(choice, "value", choice)) for choice in getattr(param.type, "choices", ()))
    is_option = param.param_type_name == "option"
    takes_value = not is_option or not (param.is_flag or param.count)
    value = (param.metavar or "|".join(choices)) if takes_value else ""
    declaration, about = param.get_help_record(ctx)
    return Parameter(
        names=tuple(sorted([*param.opts, *param.secondary_opts], key=_long_last)) if is_option else (param.name,),
        declaration=declaration.replace(f"<{value}>", value),
        help=(param.help or "").strip(),
        about=about,
        heading=told.told.heading if told and isinstance(told.told, Option) else COMMON if is_option else "Arguments",
        value=value,
        completes=(words(*choices) if choices else told.told.completes if told else NOTHING) if takes_value else "",
        choices=choices,
        required=bool(param.required),
        many=param.nargs != 1 or bool(getattr(param, "multiple", False)),
    )


def _long_last(name: str) -> bool:
    return name.startswith("--")
