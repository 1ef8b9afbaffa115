"""Make the call, announced in the audit trail when it changes something, and hand the answer on as it came."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING
from urllib.parse import unquote_plus

from shema_cli.api.call import ApiCall
from shema_cli.calls.reply import Reply, ServiceUnavailable
from shema_cli.calls.request import Timeout, new_request_id
from shema_cli.clock import Clock
from shema_cli.errors import ExitCode, ShemaError, Unreachable
from shema_cli.frozen import dataclass
from shema_cli.json_text import loads, set_out
from shema_cli.masking import MASK
from shema_cli.output.sanitize import safe_block
from shema_cli.output.sink import Format, Output

if TYPE_CHECKING:
    from shema_cli.calls.client import ServiceClient
    from shema_cli.store.journal import Journal


_PARAMETER = re.compile(r"(?<![^&;])(?P<name>[^=&;]*)=(?P<value>[^&;]*)")
_SECRET_NAME = re.compile(
    r"pass|pwd|secret|token|key|auth|cred|jwt|otp|sign|session|cookie|bearer|^(?:sig|code|pin|ticket)$", re.IGNORECASE
)
_JWT = "eyJ"
_LOST = ("service_timeout", "service_connection_lost", "service_protocol_error")
"""How a call ends that may have arrived."""


@dataclass(frozen=True)
class ApiAnswer:
    """What the service answered; `error` when that is not a 2xx."""

    reply: Reply
    error: ShemaError | None

    @property
    def exit_code(self) -> ExitCode:
        return ExitCode.FAILED if self.error else ExitCode.DONE


class ApiCaller:
    """Makes calls in the name of the command's admin; `journal` is called for when something is changed.

    `warn` is told when the answer to a change could not be written down.
    """

    def __init__(
        self,
        services: Callable[[], ServiceClient],
        journal: Callable[[], Journal],
        clock: Clock,
        warn: Callable[[str], None],
    ) -> None:
        self._services = services
        self._journal = journal
        self._clock = clock
        self._warn = warn

    async def make(self, call: ApiCall, body: bytes | None) -> ApiAnswer:
        """The answer, whatever its status. Raises ServiceUnavailable when there was none, BadAnswer for a redirect.

        A call that changes something is in the audit trail before it is made; without a trail it is not made. What
        came of it is a second entry.
        """
        request_id = new_request_id(self._clock)
        if not call.changes:
            return await self._ask(call, body, request_id)
        self._announce(call, body, request_id)
        try:
            answer = await self._ask(call, body, request_id)
        except ShemaError as error:
            self._tell(call, request_id, error.document())
            raise
        self._tell(call, request_id, {"status": answer.reply.status})
        return answer

    async def _ask(self, call: ApiCall, body: bytes | None, request_id: str) -> ApiAnswer:
        async with self._services() as client:
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
            except ServiceUnavailable as error:
                if error.reply is None and call.changes and error.code in _LOST:
                    raise _lost(error) from error
                if error.reply is None:
                    raise
                return ApiAnswer(error.reply, error)
        return ApiAnswer(reply, _refusal(reply))

    def _announce(self, call: ApiCall, body: bytes | None, request_id: str) -> None:
        digest = hashlib.sha256(body or b"").hexdigest()
        self._journal().begin(
            action=f"api.{call.method.lower()}",
            target=_target(call),
            request_id=request_id,
            details={"method": call.method, "bytes": len(body or b""), "sha256": digest},
        )

    def _tell(self, call: ApiCall, request_id: str, details: Mapping[str, object]) -> None:
        action = f"api.{call.method.lower()}.answered"
        try:
            self._journal().append(action=action, target=_target(call), request_id=request_id, details=details)
        except ShemaError as error:
            self._warn(f"the trail has the call, but not what came of it: {error.message}")


def _lost(error: ServiceUnavailable) -> Unreachable:
    """The service alone can tell what became of it, and in its own way."""
    message = f"{error.message}; it may or may not have been carried out"
    return Unreachable(error.code, message, "look at what the service has now, before it is sent again")


def _target(call: ApiCall) -> str:
    return f"{call.service} {without_secrets(call.path)}"


def without_secrets(path: str) -> str:
    """A path whose query is safe to keep: what a parameter with the name of a secret holds is masked."""
    address, mark, query = path.partition("?")
    return address + mark + _PARAMETER.sub(_masked, query)


def _masked(parameter: re.Match[str]) -> str:
    name, value = parameter["name"], parameter["value"]
    secret = _SECRET_NAME.search(unquote_plus(name)) or value.startswith(_JWT)
    return f"{name}={MASK}" if value and secret else parameter[0]


def question(call: ApiCall, body: bytes | None) -> str:
    """What is asked before a change. The only item is the call itself, so it has no age."""
    size = f" with {len(body)} bytes" if body else ""
    return f"1 call: {call.method} {call.path} to {call.service}{size}."


def _refusal(reply: Reply) -> ShemaError | None:
    try:
        reply.raise_for_status()
    except ShemaError as error:
        return error
    return None


# -- what is printed: pretty on a terminal, byte for byte anywhere else; how it went is told on stderr --------------


def show(output: Output, answer: ApiAnswer) -> ExitCode:
    body = answer.reply.body
    if not output.streams.stdout_is_terminal:
        output.raw(body)
    elif body:
        output.write(readable(body, colour=output.streams.colour(output.streams.stdout)))
    if answer.error is not None:
        output.note(f"error: {answer.error.message}")
        if answer.error.hint:
            output.note(f"  try: {answer.error.hint}")
    elif not body:
        output.note(f"{answer.reply.service} answered {answer.reply.status} without a body")
    return answer.exit_code


def show_plan(output: Output, call: ApiCall, body: bytes | None) -> ExitCode:
    """What would be sent."""
    text = body.decode("utf-8", "backslashreplace") if body is not None else None
    if output.format is Format.JSON:
        headers = dict(call.headers)
        plan = {"service": call.service, "method": call.method, "path": call.path, "headers": headers, "body": text}
        output.json({"dry_run": True, "request": plan})
        return ExitCode.DONE
    lines = [f"{call.method} {call.path} to {call.service}", *(f"{name}: {v}" for name, v in call.headers.items())]
    output.write(safe_block("\n".join([*lines, *([text] if text else [])])) + "\n")
    output.note("nothing was sent")
    return ExitCode.DONE


def readable(body: bytes, *, colour: bool = False) -> str:
    """A body for a person: JSON set out on lines, its numbers and texts as they came; anything else made safe."""
    text = body.decode("utf-8", "backslashreplace")
    try:
        loads(text)
    except ValueError:
        return safe_block(text if text.endswith("\n") else f"{text}\n")
    safe = safe_block(text)
    if not colour:
        return set_out(safe) + "\n"
    from shema_cli.output.painted import set_out_painted  # which loads rich

    return set_out_painted(safe) + "\n"
