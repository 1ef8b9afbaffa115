"""Speaking to a running sandbox's control, and what it tells."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import NotRequired, TypedDict
from urllib.parse import urlsplit

from shema_cli.errors import Failed, NotFound, Unreachable
from shema_cli.sandbox.process.running import RunningSandbox
from shema_cli.sandbox.system.faults import FaultDocument

TIMEOUT_S = 30.0


class PartDocument(TypedDict):
    """A part as `status` tells of it; services have a name, and are counted. `state`, `entries`: of the history."""

    name: NotRequired[str]
    url: str
    up: bool
    fault: FaultDocument
    published: NotRequired[int]
    handled: NotRequired[int]
    dead_letters: NotRequired[int]
    problems: NotRequired[int]
    state: NotRequired[str]
    entries: NotRequired[int]


class SystemDocument(TypedDict):
    """All parts; how many messages went over each channel; the last things that went wrong, oldest first.

    `begun_at` (ISO): when its data began, at the start or with the last reset.
    """

    services: list[PartDocument]
    redis: PartDocument
    firebase: PartDocument
    history: PartDocument
    channels: dict[str, int]
    problems: list[str]
    begun_at: str


class TrafficDocument(TypedDict):
    """A second of traffic (`kind` second) or all of it (`kind` total)."""

    kind: str
    seconds: float
    events: int
    refused: int
    failed: int
    by_kind: dict[str, int]


class FaultSet(TypedDict):
    """A part, and its faults from now on."""

    target: str
    fault: FaultDocument


def system_status(running: RunningSandbox) -> SystemDocument:
    """Raises what `ask` raises."""
    document: SystemDocument = json.loads(ask(running, "GET", "/status"))
    return document


def set_fault(running: RunningSandbox, target: str, wanted: FaultDocument | None) -> FaultSet:
    """Add faults to a part, None clears them. Raises what `ask` raises: NotFound for a part that there is not."""
    document: FaultSet = json.loads(ask(running, "POST", "/fault", {"target": target, "set": wanted}))
    return document


def handled(running: RunningSandbox, event_ids: Sequence[str]) -> dict[str, dict[str, int]]:
    """Of each event, how often which service has handled it: as far as they remember. Raises what `ask` raises."""
    document: dict[str, dict[str, int]] = json.loads(ask(running, "POST", "/handled", {"events": list(event_ids)}))
    return document


def traffic(running: RunningSandbox, rate: float, seconds: float | None, seed: int) -> Iterator[TrafficDocument]:
    """What happens, a tally a second, as it happens. Raises Unreachable when the sandbox goes away."""
    answer = _send(running, "POST", "/traffic", {"rate": rate, "seconds": seconds, "seed": seed})
    try:
        for line in answer:
            yield json.loads(line)
    except (OSError, http.client.HTTPException) as error:
        raise _away(error) from None
    finally:
        answer.close()


def ask(running: RunningSandbox, method: str, path: str, body: Mapping[str, object] | None = None) -> bytes:
    """The answer's body. Raises Unreachable when the sandbox does not answer, NotFound or Failed when it refuses."""
    answer = _send(running, method, path, body)
    try:
        document = answer.read()
    finally:
        answer.close()
    if answer.status >= 400:
        kind = NotFound if answer.status == 404 else Failed
        error = json.loads(document).get("error")
        raise kind("sandbox_refused", f"the sandbox refused: {error}", "shema sandbox status")
    return document


def _send(
    running: RunningSandbox, method: str, path: str, body: Mapping[str, object] | None
) -> http.client.HTTPResponse:
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
