"""Entries as a service, a broken service or an attacker may write them, at random."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

PLAIN = (
    "null", "true", "0", "-0", "1.10", "1e5", "-1e-999", "9007199254740993", '""', '"x"', '"é…𝄞"', '"\\ud834\\udd1e"',
    '"\\u0000"', '"\\/\\b"', '"\\\\"', '"},\\"error\\":"', '"},"', '"{[[["', '"\x7f"', '"2026-01-02T00:00:01.000Z"',
    '"ENROLLMENT_APPROVED"', '"ENROLLMENT_APPROVED"',
)  # fmt: skip
ODD = (
    "1e999", "123456789" * 60, "7" * 5000, "NaN", "-Infinity", "01", "1.", ".5", "+1", "tru", "''", '"\\ud800"',
    '"\\x"', '"\t"', '"\udcff"', "",
)  # fmt: skip
NAMES = ("eventType", "eventId", "event", "error", "failedAt", "sessionId", "type", "data", "\\u0065vent", "a b", "")
SPACES = ("",) * 60 + (" ", "\n", "\t\r ", "\u00a0", "\x0b", "\ufeff")


def some_scalar(chance: Random) -> str:
    return chance.choice(ODD if chance.random() < 0.02 else PLAIN)


def some_value(chance: Random, depth: int = 0) -> str:
    kind = chance.random()
    if depth == 4 or kind < 0.6:
        return some_scalar(chance)
    if kind < 0.8:
        return "[" + ",".join(some_value(chance, depth + 1) for _ in range(chance.randrange(4))) + "]"
    return some_object(chance, depth + 1)


def some_object(chance: Random, depth: int = 0) -> str:
    members = [f'"{chance.choice(NAMES)}":{some_value(chance, depth)}' for _ in range(chance.randrange(5))]
    return "{" + ",".join(members) + "}"


def some_event(chance: Random) -> str:
    typed = [f'"eventType":{some_scalar(chance)}', f'"eventId":{some_scalar(chance)}', '"eventType":"A_B"']
    chat = ['"type":"new_message"', f'"sessionId":{some_scalar(chance)}']
    some = chance.sample(typed, chance.randrange(4)) + chance.sample(chat, chance.choice((0, 0, 2)))
    return "{" + ",".join([*some, f'"data":{some_value(chance)}']) + "}"


def some_entry(chance: Random) -> bytes:
    """Most of them nearly usual: what is meant to be looked at is what tells a usual entry from another."""
    space: Callable[[], str] = lambda: chance.choice(SPACES)  # noqa: E731
    event = some_event(chance) if chance.random() < 0.9 else some_value(chance)
    beside = [f'"error":{some_scalar(chance)}', f'"failedAt":{some_scalar(chance)}', f'"more":{some_value(chance)}']
    if chance.random() < 0.2:
        beside.append(f'"{chance.choice(NAMES)}":{some_value(chance)}')
    if chance.random() < 0.3:
        chance.shuffle(beside)
    members = [f'"event":{event}', *beside[: chance.randrange(len(beside) + 1)]]
    if chance.random() < 0.1:
        chance.shuffle(members)
    text = space() + "{" + space() + ",".join(members) + space() + "}" + space()
    raw = bytearray(text.encode("utf-8", "surrogateescape" if "\udcff" in text else "surrogatepass"))
    for _ in range(chance.choice((0, 0, 0, 1, 3))):
        at = chance.randrange(len(raw) + 1)
        raw[at : at + chance.choice((0, 1))] = chance.choice((b"", b"{", b"}", b",", b'"', b"\\", b"\xff", b"0", b" "))
    return bytes(raw)


def deep(levels: int, opening: str = "[", closing: str = "]") -> bytes:
    nested = opening * levels + closing * levels
    return f'{{"event":{{"eventType":"A_B","data":{nested}}},"error":"x","failedAt":"y"}}'.encode()
