"""`docs/man/`, written from the command tree: `shema(1)`, and a page a group, which `man shema-dlq` shows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from shema_cli.help.exits import exit_codes
from shema_cli.help.option_groups import COMMON, group_of, with_placeholder
from shema_cli.help.pages import page_of
from shema_cli.help.render import ACCESS_LINES
from shema_cli.help.roff import blocks, bold, code, definition, head, paragraph, plain, section, subsection
from shema_cli.help.topics import TOPICS, topic_text
from shema_cli.help.tree import Node, tree

IN_THE_MAIN_PAGE = ("exit-codes", "environment", "profiles")


def pages() -> dict[str, str]:
    """File name → content."""
    root = tree()
    found = {"shema.1": _text(_root_page(root))}
    for node in root.children:
        found[f"shema-{node.name}.1"] = _text(_topics_page(node) if node.name == "help" else _group_page(node))
    return found


def _text(lines: Iterable[str]) -> str:
    return "\n".join(lines) + "\n"


def _root_page(root: Node) -> Iterator[str]:
    yield from head("shema", root.help)
    yield section("SYNOPSIS")
    yield f"{bold('shema')} [\\fIOPTIONS\\fR] \\fICOMMAND\\fR ..."
    yield section("COMMANDS")
    for node in root.children:
        yield from definition(bold(f"shema-{node.name}") + "(1)", node.help)
    yield section("OPTIONS OF EVERY COMMAND")
    yield from _options(root, common=True)
    yield from _examples(root)
    for topic in IN_THE_MAIN_PAGE:
        yield section(topic.replace("-", " ").upper())
        yield from blocks(topic_text(topic))
    yield section("FILES")
    yield from definition(bold("config.toml"), "The profiles. `shema config path` says where it is.")
    yield from definition(bold(".env"), "Settings of the folder in which a command is run.")
    yield from _see_also([f"shema-{node.name}" for node in root.children])


def _group_page(node: Node) -> Iterator[str]:
    yield from head(f"shema-{node.name}", node.help)
    yield section("SYNOPSIS")
    commands = node.children or (node,)
    for number, command in enumerate(commands):
        yield from ([] if number == 0 else [".br"])
        yield _usage(command)
    yield section("COMMANDS" if node.children else "DESCRIPTION")
    for command in commands:
        yield from _command(command, titled=bool(node.children))
    meant = [other for n in node.walk() for other in page_of(n.path).see_also]
    groups = [("shema-help" if other.startswith("help ") else f"shema-{other.split()[0]}") for other in meant]
    yield from _see_also(["shema", *sorted({*groups} - {f"shema-{node.name}"})])


def _topics_page(node: Node) -> Iterator[str]:
    yield from head("shema-help", node.help)
    yield section("SYNOPSIS")
    yield _usage(node)
    yield section("DESCRIPTION")
    yield from _command(node, titled=False)
    for topic in TOPICS:
        if topic not in IN_THE_MAIN_PAGE:
            yield section(topic.replace("-", " ").upper())
            yield from blocks(topic_text(topic))
    yield from _see_also(["shema"])


def _command(node: Node, *, titled: bool) -> Iterator[str]:
    if titled:
        yield subsection(f"shema {node.path}")
    yield from paragraph(node.help)
    for parameter in node.context.command.get_params(node.context):
        record = parameter.get_help_record(node.context)
        if record and parameter.param_type_name == "argument":
            yield from definition(f"\\fI{plain(record[0])}\\fR", record[1])
    yield from _options(node, common=False)
    yield from _examples(node)
    yield from paragraph(ACCESS_LINES[node.access])
    own = page_of(node.path).exits
    if own:
        yield from paragraph("Exit codes, where they say more here than in `shema`(1):")
        told = exit_codes(node.access, own)
        for number in sorted(own):
            yield from definition(bold(str(number)), told[number])


def _usage(node: Node) -> str:
    pieces = " ".join(node.context.command.collect_usage_pieces(node.context))
    return f"{bold(f'shema {node.path}')} {plain(pieces)}"


def _options(node: Node, *, common: bool) -> Iterator[str]:
    for parameter in node.context.command.get_params(node.context):
        record = parameter.get_help_record(node.context)
        if record and parameter.param_type_name == "option" and (group_of(parameter) == COMMON) is common:
            yield from definition(bold(with_placeholder(parameter, record[0])), record[1])


def _examples(node: Node) -> Iterator[str]:
    examples = page_of(node.path).examples
    if examples:
        yield from paragraph("Examples:" if len(examples) > 1 else "Example:")
        yield from code([line for e in examples for line in (f"# {e.about}", e.line)])


def _see_also(names: list[str]) -> Iterator[str]:
    yield section("SEE ALSO")
    yield ", ".join(f"{bold(name)}(1)" for name in names)
