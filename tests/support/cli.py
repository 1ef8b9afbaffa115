"""Run one command line through the edge, in this process, with captured streams."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shema_cli.main import main
from shema_cli.output.streams import Streams


class CapturedStream(io.TextIOWrapper):
    """A stream that claims to be a terminal when told to, and keeps what was written."""

    def __init__(self, content: bytes = b"", *, terminal: bool = False) -> None:
        super().__init__(io.BytesIO(content), encoding="utf-8", write_through=True)
        self.terminal = terminal

    def isatty(self) -> bool:
        return self.terminal

    @property
    def bytes(self) -> bytes:
        self.flush()
        return self.buffer.getvalue()  # type: ignore[attr-defined]


@dataclass(frozen=True)
class Run:
    """How a command line ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one JSON document of stdout."""
        return json.loads(self.out)

    @property
    def lines(self) -> list[Any]:
        """The JSON objects of stdout, one a line."""
        return [json.loads(line) for line in self.out.splitlines()]


def shema(*argv: str, env: Mapping[str, str], stdin: bytes = b"", terminal: bool = False) -> Run:
    """`shema ARGV` with exactly this environment (plus nothing of the machine's own)."""
    streams = Streams(
        CapturedStream(stdin, terminal=terminal),
        CapturedStream(terminal=terminal),
        CapturedStream(terminal=terminal),
        dict(env),
    )
    code = main(argv, streams)
    return Run(code, streams.stdout.bytes.decode(), streams.stderr.bytes.decode())  # type: ignore[attr-defined]
