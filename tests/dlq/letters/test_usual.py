"""What is quicker for most entries says of every entry what the long way says, byte for byte."""

from __future__ import annotations

import json
from random import Random

from shema_cli.dlq.letters.entry import parse_any, parse_entry, parse_usual
from shema_cli.dlq.letters.fingerprint import fingerprint, fingerprint_anew
from tests.dlq.letters.some import deep, some_entry, some_scalar
from tests.dlq.support import letter


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
