"""The body of a call: given as text, from a file, or from stdin."""

from __future__ import annotations

import json
from typing import TextIO

from shema_cli.errors import InvalidUsage
from shema_cli.inputs import read_given

LARGEST = 10 * 1024 * 1024


def read_body(given: str | None, stdin: TextIO, *, must_be_json: bool) -> bytes | None:
    """The bytes of `-d JSON|@FILE|-`, sent exactly so.

    Raises InvalidUsage when the file cannot be read, the body is longer than 10 MiB, or is not the JSON it must be.
    """
    if given is None:
        return None
    body = read_given(given, stdin, flag="-d", most=LARGEST + 1)
    if len(body) > LARGEST:
        raise InvalidUsage("body_too_long", f"-d: the body is longer than {LARGEST} bytes", "send less at once")
    if must_be_json:
        _check_json(body)
    return body


def _check_json(body: bytes) -> None:
    try:
        json.loads(body)
    except (ValueError, RecursionError) as error:
        raise InvalidUsage(
            "bad_json", f"-d: the body is not JSON: {error}", "mend it, or name its type with -H 'Content-Type: …'"
        ) from None
