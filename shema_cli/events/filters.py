"""Which messages a tail shows: `--type`, `--where`, `--grep`, `--session` (contract 2.3); all must hold."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from shema_cli.errors import InvalidUsage
from shema_cli.events.envelope import event_type_of
from shema_cli.events.messages import Kind, Message, decode_exactly

_ABSENT = object()


@dataclass(frozen=True)
class Where:
    """`FIELD=VALUE`: a dotted path from the payload's root; a name without a dot is also looked for in `data`."""

    path: tuple[str, ...]
    value: str

    def holds(self, document: Any, message: Message) -> bool:
        paths = [self.path] if len(self.path) > 1 else [self.path, ("data", *self.path)]
        return any(self._equals(find(document, path), path, message) for path in paths)

    def _equals(self, found: Any, path: tuple[str, ...], message: Message) -> bool:
        if isinstance(found, str):
            return found == self.value
        if isinstance(found, bool) or found is None:
            return self.value == {True: "true", False: "false", None: "null"}[found]
        if isinstance(found, (int, float)):
            return str(find(decode_exactly(message.payload), path)) == self.value
        return False


@dataclass(frozen=True)
class Filter:
    types: frozenset[str] = frozenset()
    wheres: tuple[Where, ...] = ()
    grep: re.Pattern[str] | None = None
    session: str | None = None
    needles: tuple[tuple[bytes, ...], ...] = ()

    @property
    def passes_all(self) -> bool:
        return not (self.types or self.wheres or self.grep or self.session is not None)

    def may_want(self, payload: bytes) -> bool:
        """False only for a payload that `wants` would certainly refuse: most are, and are never decoded.

        Whatever a filter compares with stands in the payload as it is, unless it is written with escapes.
        """
        for group in self.needles:
            for needle in group:
                if needle in payload:
                    break
            else:
                return b"\\" in payload
        return True

    def wants(self, message: Message) -> bool:
        if self.types and not self._is_of_type(message):
            return False
        if not all(where.holds(message.document, message) for where in self.wheres):
            return False
        if self.session is not None and message.session != self.session:
            return False
        return self.grep is None or self.grep.search(message.text) is not None

    def _is_of_type(self, message: Message) -> bool:
        event_type, chat_type = message.field("eventType"), message.field("type")
        if isinstance(event_type, str) and event_type in self.types:
            return True
        is_chat = message.kind is Kind.CHAT and isinstance(chat_type, str) and chat_type.islower()
        return is_chat and chat_type.upper() in self.types


def build_filter(
    types: Sequence[str] = (), where: Sequence[str] = (), grep: str | None = None, session: str | None = None
) -> Filter:
    """Raises InvalidUsage for a `--where` without `=` and for a `--grep` that is no regular expression."""
    wanted = frozenset(event_type_of(name) for name in types)
    wheres = tuple(_where(text) for text in where)
    spellings = tuple(spelling.encode() for name in wanted for spelling in (name, name.lower()))
    groups = [spellings] if spellings else []
    groups += [(condition.value.encode("utf-8", "surrogateescape"),) for condition in wheres]
    return Filter(wanted, wheres, _regex(grep), session, tuple(groups))


def find(document: Any, path: Sequence[str]) -> Any:
    """The value at `path`; numbers index lists. A private marker when there is none."""
    for name in path:
        if isinstance(document, dict) and name in document:
            document = document[name]
        elif isinstance(document, list) and name.isdecimal() and int(name) < len(document):
            document = document[int(name)]
        else:
            return _ABSENT
    return document


def _where(text: str) -> Where:
    name, equals, value = text.partition("=")
    if not equals or not all(name.split(".")):
        raise InvalidUsage("bad_where", f"--where: {text!r} is not FIELD=VALUE", "write it as data.courseId=c1")
    return Where(tuple(name.split(".")), value)


def _regex(text: str | None) -> re.Pattern[str] | None:
    try:
        return None if text is None else re.compile(text)
    except (re.error, RecursionError, OverflowError) as error:
        raise InvalidUsage("bad_grep", f"--grep: {text!r} is not a regular expression: {error}", "quote it") from None
