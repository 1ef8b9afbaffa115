"""`shema help json [COMMAND]`: the JSON Schema of what a command prints with `-o json` (contract 2.3)."""

from __future__ import annotations

from difflib import get_close_matches

from shema_cli.documents.catalogue import AS_IT_COMES, DOCUMENTS, Document
from shema_cli.documents.schema import ERRORS, command_of, documents_of, schema_of
from shema_cli.errors import InvalidUsage
from shema_cli.frozen import dataclass
from shema_cli.results import Result, Table

LIST = "shema help json"


@dataclass(frozen=True)
class Documents(Result):
    """The documents there are, each by the call that prints it."""

    is_list = True

    documents: tuple[Document, ...] = DOCUMENTS

    def document(self) -> dict[str, list[dict[str, object]]]:
        return {"documents": [{"command": name, "a_line": a_line} for name, a_line in self._named()]}

    def table(self) -> Table:
        return Table(
            ("command", "prints"),
            [(name, "one object a line" if a_line else "one document") for name, a_line in self._named()],
        )

    def notes(self) -> tuple[str, ...]:
        return (f"`{LIST} COMMAND` prints the JSON Schema of it",)

    def _named(self) -> list[tuple[str, bool]]:
        return [(name, document.a_line) for document in self.documents for name in document.names]


def schema(words: str) -> dict[str, object]:
    """The schema of the documents of a command, or of one of its calls.

    Raises InvalidUsage for what has none, with the nearest that have.
    """
    if found := documents_of(words):
        return schema_of(words, found)
    if words in AS_IT_COMES:
        raise InvalidUsage("no_document", f"{words} has no JSON document; it prints {AS_IT_COMES[words]}", LIST)
    near = _near(words)
    meant = f"; near to it: {', '.join(near)}" if near else ""
    hint = f"{LIST} {near[0]}" if near else LIST
    raise InvalidUsage("unknown_command", f"{words!r} is no command that prints JSON{meant}", hint)


def _near(words: str) -> list[str]:
    """The commands that were probably meant: that begin so, else that are like it."""
    known = list(dict.fromkeys(command_of(name) for one in DOCUMENTS for name in one.names if name != ERRORS))
    begun = [name for name in known if name.startswith(f"{words} ")]
    return begun or get_close_matches(words.lower(), known, n=3)
