"""The recorder of a sandbox: the work of `shema events record` in threads of the sandbox's own (contract 3.3)."""

from __future__ import annotations

import threading
from pathlib import Path

from shema_cli.clock import Clock
from shema_cli.errors import Failed, ShemaError
from shema_cli.events.history.log import Keep
from shema_cli.events.history.record import RecordOptions, record
from shema_cli.events.history.writer import Figures
from shema_cli.sandbox.system.control_client import PartDocument
from shema_cli.sandbox.system.faults import Fault
from shema_cli.sandbox.system.logbook import Logbook
from shema_cli.settings.sources import load_settings
from shema_cli.store.connection import Store

READY_WITHIN_S = 10.0
ENDS_WITHIN_S = 3.0
AGAIN_AFTER_S = 0.5
RETAINED = Keep(7 * 86_400)
_AT_WORK = ("recording", "standing by")
_TROUBLED = ("waiting", "blocked")


class History:
    """`up` and `down` as an operator would have it, not for several threads; what ends by itself is begun again."""

    def __init__(self, redis_url: str, folder: Path, clock: Clock, logbook: Logbook) -> None:
        self.fault = Fault()
        self._redis_url = redis_url
        self._folder = folder
        self._clock = clock
        self._logbook = logbook
        self._run: _Run | None = None

    def up(self) -> None:
        """Begin, and go on for as long as it takes."""
        if self._run is None:
            self._run = _Run(self._store(), self._clock, self._logbook)

    def wait_ready(self) -> None:
        """Come back when it records, or stands by beside another recorder; at once when it is down. Raises Failed."""
        run = self._run
        if run and not run.is_ready.wait(READY_WITHIN_S):
            raise Failed("sandbox_history_failed", f"the sandbox does not record its events: {run.told}")

    def down(self) -> None:
        """All that it has heard is written by then, where Redis takes it."""
        run, self._run = self._run, None
        if run:
            run.end()

    def document(self) -> PartDocument:
        """What it does now, and how many entries it keeps."""
        run = self._run
        return {
            "url": self._redis_url,
            "up": run is not None,
            "fault": self.fault.document(),
            "state": run.state if run else "down",
            "entries": run.figures.entries if run else 0,
        }

    def _store(self) -> Store:
        environment = {"REDIS_URL": self._redis_url, "SHEMA_CONFIG_DIR": str(self._folder / "config")}
        return Store(load_settings(environ=environment, cwd=self._folder))


class _Run:
    """One recorder, until it is told to end; it hears of itself as `events.history.record.Reporter`."""

    def __init__(self, store: Store, clock: Clock, logbook: Logbook) -> None:
        self.state = "beginning"
        self.told = "it has not begun"
        self.figures = Figures()
        self.is_ready = threading.Event()
        self._store = store
        self._clock = clock
        self._logbook = logbook
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._record, name="sandbox-history", daemon=True)
        self._thread.start()

    def end(self) -> None:
        self._stop.set()
        self._thread.join(ENDS_WITHIN_S)

    def _record(self) -> None:
        options = RecordOptions(RETAINED)
        while not self._stop.is_set():
            try:
                record(self._store, options, self, clock=self._clock, still_admin=_nobody_asks, stop=self._stop)
            except ShemaError as error:
                self.changed("waiting", error.message, self.figures)
                self._stop.wait(AGAIN_AFTER_S)
        self._store.close()

    def changed(self, state: str, why: str, figures: Figures) -> None:
        self.state, self.told, self.figures = state, why or state, figures
        if state in _AT_WORK:
            self.is_ready.set()
            return
        self.is_ready.clear()
        if state in _TROUBLED:
            self._logbook.problem("history", why.partition(";")[0])  # what follows is for whoever runs Redis

    def goes_on(self, figures: Figures) -> None:
        self.figures = figures

    def warn(self, text: str) -> None:
        """That nothing is kept on disk is how a sandbox wants it."""


def _nobody_asks() -> None:
    """It runs for the sandbox and for no admin."""
