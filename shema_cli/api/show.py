"""The answer on stdout: pretty on a terminal, byte for byte anywhere else. How it went is told on stderr."""

from __future__ import annotations

import json

from shema_cli.api.call import Call
from shema_cli.api.run import Answered
from shema_cli.exit_codes import ExitCode
from shema_cli.json_text import set_out
from shema_cli.output.sanitize import safe_block
from shema_cli.output.sink import Format, Output


def show(output: Output, answered: Answered) -> ExitCode:
    body = answered.reply.body
    if not output.streams.stdout_is_terminal:
        output.raw(body)
    elif body:
        output.write(readable(body, colour=output.streams.colour(output.streams.stdout)))
    if answered.error is not None:
        output.note(f"error: {answered.error.message}")
        if answered.error.hint:
            output.note(f"  try: {answered.error.hint}")
    elif not body:
        output.note(f"{answered.reply.service} answered {answered.reply.status} without a body")
    return answered.exit_code


def show_plan(output: Output, call: Call, body: bytes | None) -> ExitCode:
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
        json.loads(text)
    except (ValueError, RecursionError):
        return safe_block(text if text.endswith("\n") else f"{text}\n")
    safe = safe_block(text)
    return (set_out(safe, _painted) if colour else set_out(safe)) + "\n"


def _painted(piece: str, after: str) -> str:
    """Names blue, texts green, `true`, `false` and `null` yellow; numbers and brackets as they are."""
    code = "34;1" if after == ":" else "32" if piece.startswith('"') else "33" if piece[0] in "tfn" else None
    return f"\x1b[{code}m{piece}\x1b[0m" if code else piece
