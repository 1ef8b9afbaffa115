"""A server that answers Redis commands with what it was given: for versions and proxies that no registry provides."""

from __future__ import annotations

import socket
import threading
from collections.abc import Mapping
from contextlib import suppress
from typing import Self

import hiredis

UNKNOWN = b"-ERR unknown command\r\n"


class CannedRedis:
    """Answers each command by its name (upper case, as `answers` has it); what it does not know it says so.

    `asked` are the names in the order in which they came.
    """

    def __init__(self, answers: Mapping[str, bytes]) -> None:
        self.answers = answers
        self.asked: list[str] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        commands = hiredis.Reader()
        with client, suppress(OSError):
            while chunk := client.recv(1 << 16):
                commands.feed(chunk)
                while words := commands.gets():
                    name = words[0].decode().upper()
                    self.asked.append(name)
                    client.sendall(self.answers.get(name, UNKNOWN))


def bulk(text: str) -> bytes:
    """A text as the protocol writes it."""
    return f"${len(text.encode())}\r\n{text}\r\n".encode()
