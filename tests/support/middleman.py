"""A proxy before Redis that loses a command or its answer at exactly the step that it is told to."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable
from typing import Any, BinaryIO, Self

from shema_cli.store.commit import MOST_RECEIVERS

CHUNK = 1 << 20


def is_step(request: bytes) -> bool:
    """A step that may have an effect: head and `prev` are known besides the hashes (a probe knows only these)."""
    hashes = (1, MOST_RECEIVERS + 1)  # of what is published, one for each number of receivers
    return b"evt_" in request and request.count(b"$64\r\n") in (2 + number for number in hashes)


class Middleman:
    """Forwards 127.0.0.1:`port` to `target`. `before` and `after` are called with each command that comes in.

    `before` may return False to lose the command; `after` (the server has answered by then) to lose the answer. Both
    cut the connection. `rest_arrives`: what was sent behind a command whose answer is lost is carried out all the same.
    """

    def __init__(self, target: int) -> None:
        self.target = target
        self.before: Callable[[bytes], Any] = lambda request: True
        self.after: Callable[[bytes], Any] = lambda request: True
        self.rest_arrives = False
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client, contextlib.suppress(OSError):
            server = socket.create_connection(("127.0.0.1", self.target))
            with server:
                self._relay(client, server)

    def _relay(self, client: socket.socket, server: socket.socket) -> None:
        """Command and answer in turns, also where the client sends several commands at once."""
        with client.makefile("rb") as sent:
            while command := _command(sent):
                if self.before(command) is False:
                    return
                server.sendall(command)
                answer = server.recv(CHUNK)
                server.settimeout(0.005)
                with contextlib.suppress(TimeoutError):
                    while more := server.recv(CHUNK):
                        answer += more
                server.settimeout(None)
                if self.after(command) is False:
                    if self.rest_arrives:
                        _deliver(client, sent, server)
                    return
                client.sendall(answer)


def _deliver(client: socket.socket, sent: BinaryIO, server: socket.socket) -> None:
    """What is on its way when the client learns that the connection is over."""
    client.shutdown(socket.SHUT_WR)
    while command := _command(sent):
        server.sendall(command)
        server.recv(CHUNK)


def _command(sent: BinaryIO) -> bytes:
    """The next command as it is on the wire; empty when there is none."""
    parts = [sent.readline()]
    for _ in range(int(parts[0][1:] or 0)):
        length = sent.readline()
        parts += [length, sent.read(int(length[1:] or 0) + 2)]
    return b"".join(parts)


def once(action: Callable[[], Any]) -> Callable[[bytes], Any]:
    """`action` at the first step of the chain, and never again."""
    done = threading.Event()

    def hook(request: bytes) -> Any:
        if is_step(request) and not done.is_set():
            done.set()
            return action()
        return True

    return hook


def lost() -> bool:
    return False


def kept_back(strays: list[bytes]) -> Callable[[bytes], bool]:
    """Loses the first step of the chain and keeps it, so that it can be delivered later."""

    def stray(request: bytes) -> bool:
        if is_step(request) and not strays:
            strays.append(request)
            return False
        return True

    return stray


def vanish_after_the_step(middleman: Middleman) -> None:
    """The answer of the first step is lost, and Redis with it."""
    gone: list[int] = []

    def vanish() -> bool:
        gone.append(1)
        return False

    middleman.after = once(vanish)
    middleman.before = lambda request: not gone
