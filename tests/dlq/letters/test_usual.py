"""What is quicker for most entries says of every entry what the long way says, byte for byte."""

from __future__ import annotations

import json
from collections.abc import Callable
from random import Random

from shema_cli.dlq.letters.entry import parse_any, parse_entry, parse_usual
from shema_cli.dlq.letters.fingerprint import fingerprint, fingerprint_anew
from tests.dlq.support import letter

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


def test_the_usual_way_and_the_long_one_never_differ() -> None:
    chance, usual = Random(1), 0
    for _ in range(20_000):
        raw = some_entry(chance)
        assert parse_entry(raw) == parse_any(raw), raw
        usual += parse_usual(raw) is not None
    assert usual > 2_000, "there was little to compare"


def test_what_is_nested_deeply_is_left_to_the_long_way() -> None:
    for levels in (1, 100, 400, 499, 500, 501, 900, 1022, 1023, 1024, 1025, 5_000):
        for raw in (deep(levels), deep(levels, '{"a":[', "]}")):
            assert parse_entry(raw) == parse_any(raw), levels
    assert parse_usual(deep(400)) is not None
    assert parse_usual(deep(600)) is None


def test_what_services_write_goes_the_usual_way() -> None:
    said = json.dumps({"message": 'expected "}" after },"error":', "stack": "é\n" * 900})
    for raw in (letter(7), letter(7, error=None), letter(7, error=said), letter(7, note=["}", '},"error":']), deep(3)):
        assert parse_usual(raw) == parse_any(raw)


def test_a_member_that_stands_twice_is_the_last_of_them() -> None:
    event = b'{"eventType":"A_B","eventType":"C_D","eventId":"1","eventId":"2"}'
    for beside in (b'"error":"x","error":"y"', b'"error":"x","event":{}', b'"error":"x","event":1,"failedAt":"y"'):
        raw = b'{"event":' + event + b"," + beside + b"}"
        assert parse_entry(raw) == parse_any(raw)
    assert (parse_entry(raw).reason, parse_entry(b'{"event":' + event + b',"error":"x"}').channel) == (
        "its event is not an object",
        "c.d",
    )


def test_a_text_seen_before_has_the_fingerprint_that_it_had() -> None:
    chance = Random(2)
    texts = [f"{some_scalar(chance)} {chance.randrange(9)} at {some_scalar(chance)}" for _ in range(300)]
    texts += ["", "x" * 999, "x" * 1001, "x" * 20_000]
    for error in [*texts, None, *reversed(texts)]:
        assert fingerprint(error) == fingerprint_anew(error)
