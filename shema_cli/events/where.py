"""`--where FIELD=VALUE`, wherever it is given: what a field of an event must be (contract 2.3)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from shema_cli.errors import InvalidUsage
from shema_cli.frozen import dataclass
from shema_cli.json_text import Number

_ABSENT = object()


@dataclass(frozen=True)
class Condition:
    """A dotted path from the payload's root; a name without a dot is also looked for in `data`."""

    path: tuple[str, ...]
    value: str

    @classmethod
    def typed(cls, text: str) -> Condition:
        """Raises InvalidUsage for a text that is not FIELD=VALUE."""
        name, equals, value = text.partition("=")
        if not equals or not all(name.split(".")):
            raise InvalidUsage("bad_where", f"--where: {text!r} is not FIELD=VALUE", "write it as data.courseId=c1")
        return cls(tuple(name.split(".")), value)

    @property
    def needle(self) -> bytes:
        """What stands in every payload that it holds for, unless that is written with escapes."""
        return self.value.encode("utf-8", "surrogateescape")

    def holds(self, document: object, exactly: Callable[[], object]) -> bool:
        """`exactly` gives the document with every number in its own digits; asked only where there is a number."""
        paths = [self.path] if len(self.path) > 1 else [self.path, ("data", *self.path)]
        return any(self._equals(find(document, path), path, exactly) for path in paths)

    def _equals(self, found: object, path: tuple[str, ...], exactly: Callable[[], object]) -> bool:
        if isinstance(found, str):
            return found == self.value
        if isinstance(found, bool) or found is None:
            return self.value == {True: "true", False: "false", None: "null"}[found]
        if isinstance(found, (int, float, Number)):
            return str(find(exactly(), path)) == self.value
        return False

    def __str__(self) -> str:
        return f"{'.'.join(self.path)}={self.value}"


def find(document: object, path: Sequence[str]) -> object:
    """The value at `path`; numbers index lists. A private marker when there is none."""
    for name in path:
        if isinstance(document, dict) and name in document:
            document = document[name]
        elif isinstance(document, list) and name.isdecimal() and int(name) < len(document):
            document = document[int(name)]
        else:
            return _ABSENT
    return document
