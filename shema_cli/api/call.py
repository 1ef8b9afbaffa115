"""A call as it is written on the command line, checked before anything is sent anywhere (contract 2.3, `api`)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from shema_cli.errors import InvalidUsage

READING = frozenset({"GET", "HEAD"})
_METHOD = re.compile(r"[A-Z]{1,20}")
_REFUSED_METHODS = frozenset({"CONNECT", "TRACE"})  # no use to a service, and TRACE sends the token back
_BROKEN = re.compile(r"[\x00-\x1f\x7f-\x9f]")
USAGE = "shema api --help"


@dataclass(frozen=True)
class Call:
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


def parse_call(service: str, path: str, method: str | None, headers: Sequence[str], *, has_data: bool) -> Call:
    """Raises InvalidUsage for whatever cannot be sent, or would go elsewhere."""
    from shema_cli.calls.registry import valid_name
    from shema_cli.calls.request import path_problem

    if not valid_name(service):
        raise InvalidUsage("bad_service", f"{service!r} is not the name of a service", "shema services list")
    if problem := path_problem(path):
        raise InvalidUsage("bad_path", f"{path!r} is not a path: {problem}", "write a path such as /api/courses/c1")
    verb = ("POST" if has_data else "GET") if method is None else method.upper()
    if not _METHOD.fullmatch(verb) or verb in _REFUSED_METHODS:
        raise InvalidUsage("bad_method", f"-X: {method!r} is not a method that can be used", USAGE)
    return Call(service, verb, path, dict(_header(text) for text in headers))


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
