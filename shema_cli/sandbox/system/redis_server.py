"""A Redis-compatible server of the sandbox's own, on loopback, in a folder of its own."""

from __future__ import annotations

import contextlib
import signal
import socket
import subprocess
import time
from collections.abc import Mapping
from dataclasses import field
from pathlib import Path

from shema_cli.errors import Failed
from shema_cli.frozen import dataclass
from shema_cli.sandbox.extra import INSTALL, redis_binary
from shema_cli.sandbox.process.signals import dies_with_parent

READY_WITHIN_S = 10.0
STOP_WITHIN_S = 5.0


def free_port() -> int:
    """A TCP port on loopback that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class RedisServer:
    """One server process. It ends with this process, however that ends (where the system can promise it)."""

    folder: Path
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    @property
    def running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def launch(self, environment: Mapping[str, str] | None = None) -> None:
        """Start the process and come back at once; `wait_ready` waits until it answers.

        What was in memory when it was last stopped is there again.
        """
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        place = ["--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(self.folder), "--dbfilename", "data.rdb"]
        log = self.folder / "server.log"
        with log.open("ab") as sink:
            self.process = subprocess.Popen(
                [redis_binary(), *place, "--save", "", "--appendonly", "no", "--daemonize", "no"],
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=sink,
                env=environment,
                start_new_session=True,
                preexec_fn=dies_with_parent(signal.SIGKILL),
            )

    def wait_ready(self) -> None:
        """Raises Failed, with the end of the server's own log, when it does not answer."""
        deadline = time.monotonic() + READY_WITHIN_S
        while self.running and time.monotonic() < deadline:
            if self._answers():
                return
            time.sleep(0.005)
        log = (self.folder / "server.log").read_text(errors="replace").strip()[-400:]
        self.stop()
        raise Failed("sandbox_redis_failed", f"the sandbox's Redis server did not start: {log}", INSTALL)

    def _answers(self) -> bool:
        """Whether it is this process that answers, and not another one that was quicker to take the port."""
        assert self.process is not None
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as connection:
                connection.sendall(b"INFO server\r\n")
                return b"process_id:%d\r\n" % self.process.pid in connection.recv(8192)
        except OSError:
            return False

    def freeze(self) -> None:
        """It keeps its connections and answers nothing, until `thaw`."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    def stop(self, *, keep_data: bool = False) -> None:
        """End it. With `keep_data` its memory is written to its folder first, for the next `launch`."""
        process = self.process
        if process is None:
            return
        if keep_data:
            self.thaw()
            self._save_and_exit()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(STOP_WITHIN_S)
        process.kill()  # nothing of it is wanted any more, frozen or not
        process.wait()
        self.process = None

    def _save_and_exit(self) -> None:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=STOP_WITHIN_S) as connection:
                connection.sendall(b"SHUTDOWN SAVE\r\n")
                connection.recv(64)
        except OSError:
            return  # it is gone already, which is what was wanted

    def _signal(self, number: signal.Signals) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(number)
