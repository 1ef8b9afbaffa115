"""Make the call, announce it in the audit trail when it changes something, and hand the answer on as it came."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shema_cli.api.call import Call
from shema_cli.calls.reply import Reply, ServiceUnavailable
from shema_cli.calls.request import Timeout, new_request_id
from shema_cli.errors import ShemaError
from shema_cli.exit_codes import ExitCode

if TYPE_CHECKING:
    from shema_cli.context import AppContext


@dataclass(frozen=True)
class Answered:
    """What the service answered; `error` when that is not a 2xx."""

    reply: Reply
    error: ShemaError | None

    @property
    def exit_code(self) -> ExitCode:
        return ExitCode.FAILED if self.error else ExitCode.DONE


def question(call: Call, body: bytes | None) -> str:
    """What is asked before a change. The only item is the call itself, so it has no age."""
    size = f" with {len(body)} bytes" if body else ""
    return f"1 call: {call.method} {call.path} to {call.service}{size}."


async def make_call(app: AppContext, call: Call, body: bytes | None) -> Answered:
    """The answer, whatever its status. Raises ServiceUnavailable when there was none, BadAnswer for a redirect.

    A call that changes something is in the audit trail before it is made; without a trail it is not made.
    """
    request_id = new_request_id(app.clock)
    if call.changes:
        _announce(app, call, body, request_id)
    async with app.services() as client:
        try:
            reply = await client.request(
                call.service,
                call.method,
                call.path,
                body=body,
                headers=call.headers,
                timeout=Timeout.LONG_RUNNING,
                request_id=request_id,
            )
            return Answered(reply, _refusal(reply))
        except ServiceUnavailable as error:
            if error.reply is None:
                raise
            return Answered(error.reply, error)


def _announce(app: AppContext, call: Call, body: bytes | None, request_id: str) -> None:
    details = {"method": call.method, "bytes": len(body or b""), "sha256": hashlib.sha256(body or b"").hexdigest()}
    target = f"{call.service} {call.path}"
    app.journal.append(action=f"api.{call.method.lower()}", target=target, request_id=request_id, details=details)


def _refusal(reply: Reply) -> ShemaError | None:
    try:
        reply.raise_for_status()
    except ShemaError as error:
        return error
    return None
