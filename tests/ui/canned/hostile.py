"""The same school in which every text is hostile: whoever writes to a service or to Redis may choose it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any

TEXTS = (
    "[red]markup[/red] [/] [link=http://x.test]l[/link]",
    "\x1b[2J\x1b]0;gone\x07\x1b[31m",
    "\x9b31m\x90q\x9c\x85",
    "\u202eright to left\u2066\u200f",
    "\u200b\u200d\u2060\ufeff",
    "e\u0301\u0301\u0301" * 20,
    "譲" * 40 + "🎹👨\u200d👩\u200d👧",
    "line\nline\r\nline\ttab\x0b\x0c\u2028\u2029",
    "\ud800 alone \udfff \udc80",
    "w" * 10_000,
    "\U000e0041\U000e007f\x00\x7f",
)

KINDS = frozenset({"eventType", "version", "type", "stat", "service"})
"""What was read and found to be one of ours before it came here."""


class Hostile:
    """Makes a text of a result into a hostile one, and the same text always into the same: what refers to it by its id
    still does."""

    def __init__(self, text: str) -> None:
        self._text = text

    def of(self, told: Any) -> Any:
        """A result, or a part of one, with every text in it made hostile; what is no text is as it was."""
        if isinstance(told, Enum):
            return told
        if isinstance(told, str):
            return f"{told}{self._text}" if told else told
        if is_dataclass(told) and not isinstance(told, type):
            return self._object(told)
        if isinstance(told, Mapping):
            return {self._key(key, value): self._value(key, value) for key, value in told.items()}
        if isinstance(told, tuple) and hasattr(told, "_make"):
            return type(told)._make(map(self.of, told))
        if isinstance(told, (tuple, list, set, frozenset)):
            return type(told)(map(self.of, told))
        return told

    def _key(self, key: Any, value: Any) -> Any:
        """An id by which something is found; the names of a JSON object stay."""
        return self.of(key) if is_dataclass(value) else key

    def _value(self, key: Any, value: Any) -> Any:
        return value if key in KINDS else self.of(value)

    def _object(self, told: Any) -> Any:
        made = object.__new__(type(told))
        for field in fields(told):
            value = getattr(told, field.name)
            object.__setattr__(made, field.name, value if field.name in KINDS else self.of(value))
        return made
