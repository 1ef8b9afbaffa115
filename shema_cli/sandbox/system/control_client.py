"""Speaking to a running sandbox's control."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from shema_cli.errors import Failed, NotFound, Unreachable
from shema_cli.sandbox.process.running import Running

TIMEOUT_S = 30.0


def ask(running: Running, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
    """The decoded answer. Raises Unreachable when the sandbox does not answer, NotFound or Failed when it refuses."""
    answer = _send(running, method, path, body)
    try:
        document = json.loads(answer.read())
    finally:
        answer.close()
    if answer.status >= 400:
        kind = NotFound if answer.status == 404 else Failed
        raise kind("sandbox_refused", f"the sandbox refused: {document.get('error')}", "shema sandbox status")
    return document


def follow(running: Running, path: str, body: dict[str, Any]) -> Iterator[Any]:
    """The lines of an answer as they come."""
    answer = _send(running, "POST", path, body)
    try:
        for line in answer:
            yield json.loads(line)
    except (OSError, http.client.HTTPException) as error:
        raise _away(error) from None
    finally:
        answer.close()


def _send(running: Running, method: str, path: str, body: dict[str, Any] | None) -> http.client.HTTPResponse:
    address = urlsplit(running.control_url).netloc
    connection = http.client.HTTPConnection(address, timeout=TIMEOUT_S)
    headers = {"Authorization": f"Bearer {running.control_token}", "Content-Type": "application/json"}
    try:
        connection.request(method, path, json.dumps(body or {}), {**headers, "Connection": "close"})
        return connection.getresponse()
    except (OSError, http.client.HTTPException) as error:
        raise _away(error) from None


def _away(error: Exception) -> Unreachable:
    return Unreachable("sandbox_unreachable", f"the sandbox does not answer: {error}", "shema sandbox status")
