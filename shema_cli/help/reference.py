"""`docs/reference/`, written from the command tree: a page a group, an index, a page a topic."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from shema_cli.app import tree
from shema_cli.cli.help_text import ACCESS_LINES, exit_codes
from shema_cli.cli.options import COMMON
from shema_cli.cli.tree import Node
from shema_cli.documents.schema import documents_of
from shema_cli.help.topics import TOPICS, topic_text

HEAD = "<!-- Written by `make docs` from the command tree; do not edit. -->\n"


def pages() -> dict[str, str]:
    """File name → content."""
    root = tree()
    found = {"README.md": _index(root)}
    for node in root.children:
        found[f"{node.name}.md"] = _page(node)
    for topic in TOPICS:
        found[f"help-{topic}.md"] = f"{HEAD}\n# {topic}\n\n```text\n{topic_text(topic)}```\n"
    return found


def _index(root: Node) -> str:
    lines = [HEAD, "# The commands", ""]
    for node in root.children:
        lines += [f"- [`shema {node.name}`]({node.name}.md): {node.help}"]
        lines += [f"    - [`shema {c.path}`]({node.name}.md#{_anchor(c)}): {c.help}" for c in node.children]
    lines += ["", "## Options of every command", "", *_options(root, common=True)]
    lines += ["## Topics", "", *(f"- [`shema help {name}`](help-{name}.md): {about}" for name, about in TOPICS.items())]
    return "\n".join(lines) + "\n"


def _page(node: Node) -> str:
    lines = [HEAD, f"# shema {node.name}", "", node.help, ""]
    for command in node.children or (node,):
        if node.children:
            lines += [f"## shema {command.path}", "", command.help, ""]
        lines += _command(command)
    lines += _see_also(node) if node.children else []
    return "\n".join(lines).rstrip() + "\n"


def _command(node: Node) -> Iterator[str]:
    yield from ("```text", f"shema {node.path} {node.usage}", "```", "")
    if node.arguments:
        yield from _table("argument", [(argument.declaration, argument.about) for argument in node.arguments])
    yield from _options(node, common=False)
    if node.examples:
        yield from ("```sh", *(line for e in node.examples for line in (f"# {e.about}", e.line)), "```", "")
    yield from (ACCESS_LINES[node.access], "")
    if documents_of(node.path):
        yield from (f"`shema help json {node.path}` prints the JSON Schema of what it prints with `-o json`.", "")
    codes = exit_codes(node.access, node.exits)
    yield from _table("exit code", [(str(code), meaning) for code, meaning in codes.items()], code=False)
    yield from _see_also(node)


def _options(node: Node, *, common: bool) -> Iterator[str]:
    options = [(o.declaration, o.about) for o in node.options if (o.heading == COMMON) is common]
    if options:
        yield from _table("option", options)


def _see_also(node: Node) -> list[str]:
    found = [f"[`shema {other}`]({_link(other)})" for other in node.see_also]
    return [f"See also: {', '.join(found)}", ""] if found else []


def _link(path: str) -> str:
    if path.startswith("help "):
        return f"help-{path.removeprefix('help ')}.md"
    group, _, rest = path.partition(" ")
    return f"{group}.md" + (f"#shema-{path.replace(' ', '-')}" if rest else "")


def _anchor(node: Node) -> str:
    return f"shema-{node.path.replace(' ', '-')}"


def _table(title: str, rows: Iterable[tuple[str, str]], *, code: bool = True) -> Iterator[str]:
    yield from (f"| {title} | |", "|---|---|")
    for name, about in rows:
        shown = f"`{_cell(name)}`" if code else _cell(name)
        yield f"| {shown} | {_cell(about)} |"
    yield ""


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
