"""A call as it is written on the command line, checked before anything is sent anywhere (contract 2.3, `api`)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import TextIO

from shema_cli.errors import InvalidUsage
from shema_cli.frozen import dataclass

READING = frozenset({"GET", "HEAD"})
LARGEST_BODY = 10 * 1024 * 1024  # bytes
USAGE = "shema api --help"
_METHOD = re.compile(r"[A-Z]{1,20}")
_REFUSED_METHODS = frozenset({"CONNECT", "TRACE"})  # no use to a service, and TRACE sends the token back
_BROKEN = re.compile(r"[\x00-\x1f\x7f-\x9f]")


@dataclass(frozen=True)
class ApiCall:
    """A checked call. `headers` are the caller's own; the token and the ids come from the client."""

    service: str
    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def changes(self) -> bool:
        return self.method not in READING

    @property
    def takes_json(self) -> bool:
        """Whether the body must be JSON: unless another Content-Type was given."""
        kinds = [value.lower() for name, value in self.headers.items() if name.lower() == "content-type"]
        return not kinds or "json" in kinds[-1]


def parse_call(service: str, path: str, method: str | None, headers: Sequence[str], *, has_data: bool) -> ApiCall:
    """Raises InvalidUsage for whatever cannot be sent, or would go elsewhere."""
    from shema_cli.calls.registry import path_problem, valid_name

    if not valid_name(service):
        raise InvalidUsage("bad_service", f"{service!r} is not the name of a service", "shema services list")
    if problem := path_problem(path):
        raise InvalidUsage("bad_path", f"{path!r} is not a path: {problem}", "write a path such as /api/courses/c1")
    verb = ("POST" if has_data else "GET") if method is None else method.upper()
    if not _METHOD.fullmatch(verb) or verb in _REFUSED_METHODS:
        raise InvalidUsage("bad_method", f"-X: {method!r} is not a method that can be used", USAGE)
    return ApiCall(service, verb, path, dict(_header(text) for text in headers))


def _header(text: str) -> tuple[str, str]:
    from shema_cli.calls.request import OWN_HEADERS

    name, colon, value = text.partition(":")
    name, value = name.strip(" \t"), value.strip(" \t")
    if not colon or not re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", name):
        raise InvalidUsage("bad_header", f"-H: {text!r} is not a header", "write it as 'Name: value'")
    if _BROKEN.search(value) or not value.isascii():
        raise InvalidUsage("bad_header", f"-H: the value of {name} cannot be sent", "use printable ASCII")
    if name.lower() in OWN_HEADERS:
        raise InvalidUsage("bad_header", f"-H: {name} is set by shema itself", "leave that header out")
    return name, value


def read_body(given: str | None, stdin: TextIO, *, must_be_json: bool) -> bytes | None:
    """The bytes of `-d JSON|@FILE|-`, sent exactly so, but for a byte order mark before JSON.

    Raises InvalidUsage when the file cannot be read, the body is longer than 10 MiB, or is not the JSON it must be.
    """
    from shema_cli.inputs import read_given, without_mark

    if given is None:
        return None
    body = read_given(given, stdin, flag="-d", most=LARGEST_BODY + 1)
    if len(body) > LARGEST_BODY:
        raise InvalidUsage("body_too_long", f"-d: the body is longer than {LARGEST_BODY} bytes", "send less at once")
    if must_be_json:
        body = without_mark(body)
        _check_json(body)
    return body


def _check_json(body: bytes) -> None:
    from shema_cli.json_text import loads

    try:
        loads(body)
    except ValueError as error:
        raise InvalidUsage(
            "bad_json", f"-d: the body is not JSON: {error}", "mend it, or name its type with -H 'Content-Type: …'"
        ) from None
