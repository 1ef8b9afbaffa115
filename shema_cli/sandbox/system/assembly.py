"""A whole sandbox: Redis as a child process; the services, the sign-in and the control on ports of this process."""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import sys
import threading
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import TypeVar

from shema_cli.clock import Clock, SystemClock, iso
from shema_cli.errors import Failed
from shema_cli.frozen import dataclass
from shema_cli.sandbox.identity.accounts import Accounts
from shema_cli.sandbox.identity.people import API_KEY, PROJECT, invite, sign_in_admin
from shema_cli.sandbox.identity.routes import identity_app
from shema_cli.sandbox.process.folder import Folder
from shema_cli.sandbox.process.guard import MARKER
from shema_cli.sandbox.process.running import PROFILE, RunningSandbox
from shema_cli.sandbox.school.data import new_school
from shema_cli.sandbox.school.dead_letters import dead_letters
from shema_cli.sandbox.school.traffic import Traffic
from shema_cli.sandbox.services.part import KINDS, Neighbourhood, Part
from shema_cli.sandbox.system.control import control_app
from shema_cli.sandbox.system.control_client import PartDocument, SystemDocument
from shema_cli.sandbox.system.endpoint import Endpoint, FaultyApp
from shema_cli.sandbox.system.faults import EVERYTHING, Fault, FaultDocument
from shema_cli.sandbox.system.history import History
from shema_cli.sandbox.system.logbook import Logbook
from shema_cli.sandbox.system.redis_server import RedisServer, free_port
from shema_cli.settings.values import SERVICE_VARIABLE, service_variable
from shema_cli.state import StateDir
from shema_cli.store import keys
from shema_cli.store.remembered import forget_all

START_WITHIN_S = 20.0
PORTS_TRIED = 3
STOP_WITHIN_S = 10.0

_NOT_INHERITED = frozenset({"SHEMA_ID_TOKEN", "GOOGLE_APPLICATION_CREDENTIALS", "SERVICE_NAME"})

T = TypeVar("T")


@dataclass(frozen=True)
class Options:
    """`base_port`: services on the eight ports after it, then sign-in, Redis and control. None: any free ports.

    `pause_s`: the unit of the pauses between a consumer's attempts (contract 1.4: 1 s).
    """

    base_port: int | None = None
    pause_s: float = 1.0

    def port(self, offset: int) -> int:
        return self.base_port + offset if self.base_port else 0


class System:
    """Start and stop it from one thread, which must live as long as the process; its work is done on another."""

    def __init__(self, options: Options, clock: Clock | None = None) -> None:
        self.clock = clock or SystemClock()
        self.options = options
        self.logbook = Logbook()
        self.school = new_school(self.clock.now())
        self.accounts = Accounts(PROJECT, self.clock)
        self.secret = secrets.token_urlsafe(32)
        self.control_token = secrets.token_urlsafe(24)
        self.redis_fault, self.firebase_fault = Fault(), Fault()
        self.on_stop: Callable[[], None] = lambda: None
        self.extra_sessions: list[StateDir] = []
        self.parts: dict[str, Part] = {}
        self.started_at = self.begun_at = self.clock.now()
        self._loop = asyncio.new_event_loop()
        self._undo = contextlib.ExitStack()
        self._thread = threading.Thread(target=self._run_loop, name="sandbox", daemon=True)

    # -- start and stop, from outside ---------------------------------------------------------------------------

    def start(self) -> None:
        """Come back when everything answers. Raises Failed, and leaves nothing behind, when it cannot."""
        with contextlib.ExitStack() as undo:
            undo.callback(self._close_loop)
            self.folder = Folder()
            undo.callback(self.folder.remove)
            self._find_redis_a_port()
            undo.callback(self._stop_redis)
            self._thread.start()
            undo.callback(self._stop_thread)
            self._prepare(undo)
            undo.callback(self._take_down)
            self.call(self._up(), START_WITHIN_S)
            self.history.up()
            self.history.wait_ready()
            self.sign_in()
            self._undo = undo.pop_all()

    def stop(self) -> None:
        """Take everything down, and every file and process away."""
        self._undo.close()

    def call(self, work: Coroutine[object, object, T], within_s: float) -> T:
        """Run `work` on the sandbox's own thread."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(within_s)

    @property
    def path(self) -> Path:
        return self.folder.path

    @property
    def state(self) -> StateDir:
        """The state folder of whoever joins by the environment alone."""
        return StateDir(self.path / "state")

    # -- what others need to join -------------------------------------------------------------------------------

    def service_urls(self) -> dict[str, str]:
        return {service_variable(part.name): part.endpoint.url for part in self.parts.values()}

    def environment(self) -> dict[str, str]:
        """The variables of contract 2.1 that lead a program into this sandbox."""
        return {
            "REDIS_URL": self.redis.url,
            **self.service_urls(),
            "SERVICE_JWT_SECRET": self.secret,
            "FIREBASE_PROJECT_ID": PROJECT,
            "FIREBASE_API_KEY": API_KEY,
            "FIREBASE_AUTH_EMULATOR_HOST": f"127.0.0.1:{self.identity.port}",
            "SHEMA_PROFILE": PROFILE,
            "SHEMA_CONFIG_DIR": str(self.path / "config"),
            "SHEMA_STATE_DIR": str(self.state.path),
        }

    def child_environment(self) -> dict[str, str]:
        """This process' own environment, marked, so that whoever gets it can be found when the sandbox ends."""
        return {**os.environ, MARKER: str(self.path)}

    def command_environment(self) -> dict[str, str]:
        """For a command run inside: settings of the outside do not leak in, and `shema` is this one."""
        outside = {name for name in os.environ if SERVICE_VARIABLE.fullmatch(name) or name in _NOT_INHERITED}
        inherited = {name: value for name, value in self.child_environment().items() if name not in outside}
        folder = str(Path(sys.executable).parent)
        path = inherited.get("PATH", os.defpath)
        return {**inherited, **self.environment(), "PATH": f"{folder}{os.pathsep}{path}"}

    def running(self) -> RunningSandbox:
        return RunningSandbox(
            folder=self.path,
            pid=os.getpid(),
            started_at=self.started_at,
            control_url=self.control.url,
            control_token=self.control_token,
            environment=self.environment(),
        )

    def sign_in(self) -> None:
        """Sign the admin in: in the sandbox's own state folder and in those that `start` named."""
        for state in (self.state, *self.extra_sessions):
            sign_in_admin(self.accounts, self.environment(), state, self.clock)

    # -- on the sandbox's thread --------------------------------------------------------------------------------

    def _find_redis_a_port(self) -> None:
        """Between looking for a free port and taking it, somebody else may take it: then another one is tried."""
        for left in reversed(range(PORTS_TRIED)):
            self.redis = RedisServer(self.path / "redis", self.options.port(10) or free_port())
            self._launch_redis()
            try:
                self.redis.wait_ready()
            except Failed:
                if not left or self.options.base_port:
                    raise
            else:
                return

    def _launch_redis(self) -> None:
        """By a thread that lives as long as the process: the server ends with the thread that started it."""
        self.redis.launch(self.child_environment())
        assert self.redis.process is not None
        self.folder.watch_process(self.redis.process.pid)

    def _stop_redis(self) -> None:
        self.redis.stop()
        self.folder.watch_process(None)

    def _run_loop(self) -> None:
        asyncio.set_event_loop(self._loop)
        # Never on stderr, which is the command's own.
        self._loop.set_exception_handler(lambda _, context: self.logbook.problem("sandbox", str(context["message"])))
        self._loop.run_forever()

    def _stop_thread(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(STOP_WITHIN_S)

    def _close_loop(self) -> None:
        if not self._loop.is_running():
            self._loop.close()

    def _prepare(self, undo: contextlib.ExitStack) -> None:
        """Everything has its port before anything runs, and gives it up in the end."""
        shared = Neighbourhood(
            self.school, self.logbook, self.clock, self.secret, self.redis.url, self.options.pause_s, self.path
        )
        for index, kind in enumerate(KINDS, start=1):
            self.parts[kind.name] = part = Part(kind, shared, self.options.port(index))
            undo.callback(part.endpoint.release)
        self.identity = Endpoint(FaultyApp(self.firebase_fault, identity_app(self.accounts)), self.options.port(9))
        undo.callback(self.identity.release)
        self.history = History(self.redis.url, self.path, self.clock, self.logbook)
        self.control = Endpoint(control_app(self), self.options.port(11))
        undo.callback(self.control.release)
        invite(self.accounts)
        (self.path / "config").mkdir(mode=0o700)
        (self.path / "config" / "config.toml").write_text(f"[profiles.{PROFILE}]\n")
        self.running().write(self.state)

    async def _up(self) -> None:
        await self._fill_redis()
        for part in self.parts.values():
            await part.build(self.service_urls())
        await asyncio.gather(self.identity.open(), self.control.open(), *(part.up() for part in self.parts.values()))

    def _take_down(self) -> None:
        with contextlib.suppress(Exception):
            self.call(self._down(), STOP_WITHIN_S)

    async def _down(self) -> None:
        await asyncio.to_thread(self.history.down)
        await asyncio.gather(*(part.dismantle() for part in self.parts.values()), return_exceptions=True)
        await asyncio.gather(self.identity.close(), self.control.close(), return_exceptions=True)

    async def _fill_redis(self) -> None:
        client = self.parts["enrollment"].bus.client
        await client.flushall()
        await client.lpush(keys.DEAD_LETTERS, *dead_letters(self.school, self.clock.now()))

    # -- what the control asks for ------------------------------------------------------------------------------

    async def reset(self) -> None:
        """Data, faults, accounts and counts as at the start. What was in hand or under way is dropped."""
        await asyncio.to_thread(self.history.down)
        self.history.fault.clear()
        await self.set_fault("redis", None)
        await self.set_fault("firebase", None)
        for part in self.parts.values():
            await self.set_fault(part.name, None)
            await part.deafen()
        self.school.__dict__.update(new_school(self.clock.now()).__dict__)
        invite(self.accounts)
        await self._fill_redis()
        for part in self.parts.values():
            await part.begin_again()
        await self._record_again()
        self.logbook.clear()
        self.begun_at = self.clock.now()
        forget_all(self.state)
        for kept in self.state.path.glob("*.db*"):  # circuits, last good values
            kept.unlink(missing_ok=True)
        self.sign_in()

    async def set_fault(self, target: str, wanted: FaultDocument | None) -> None:
        """Add faults to a part, or clear them all (None); of everything, Redis comes first and goes last."""
        if target == EVERYTHING:
            parts = ("redis", "firebase", *self.parts, "history")
            for name in parts if wanted is None else reversed(parts):
                await self.set_fault(name, wanted)
            return
        fault = self.faults()[target]
        if wanted is None:
            fault.clear()
        else:
            fault.change(wanted)
        if target == "redis":
            await self._apply_to_redis()
        elif target == "firebase":
            await (self.identity.close() if fault.down else self.identity.open())
        elif target == "history":
            await (asyncio.to_thread(self.history.down) if fault.down else self._record_again())
        else:
            part = self.parts[target]
            await (part.down() if fault.down else part.up())

    async def _record_again(self) -> None:
        self.history.up()
        if not (self.redis_fault.down or self.redis_fault.hang):
            await self._until_recording()

    async def _until_recording(self) -> None:
        try:
            await asyncio.to_thread(self.history.wait_ready)
        except Failed as error:  # it goes on trying
            self.logbook.problem("history", error.message)

    async def _apply_to_redis(self) -> None:
        fault = self.redis_fault
        if fault.down:
            await asyncio.to_thread(self.redis.stop, keep_data=True)
            self.folder.watch_process(None)
            return
        if not self.redis.running:
            self._launch_redis()
            await asyncio.to_thread(self.redis.wait_ready)
        if fault.hang:
            self.redis.freeze()
        else:
            self.redis.thaw()
            await asyncio.gather(*(part.bus.heard() for part in self.parts.values()))
            await self._until_recording()

    def faults(self) -> dict[str, Fault]:
        return {
            **{part.name: part.fault for part in self.parts.values()},
            "redis": self.redis_fault,
            "firebase": self.firebase_fault,
            "history": self.history.fault,
        }

    def handled(self, event_id: str) -> dict[str, int]:
        """How often each service has handled an event."""
        return self.logbook.times(event_id)

    def traffic(self, seed: int) -> Traffic:
        """The outside world of this sandbox; the same life for the same seed."""
        return Traffic(self.school, self.parts, self.secret, self.clock, seed)

    def overview(self) -> SystemDocument:
        """Every part with its address, its fault and its counts; the channels, and the last problems."""
        redis: PartDocument = {
            "url": self.redis.url,
            "up": self.redis.running,
            "fault": self.redis_fault.document(),
        }
        firebase: PartDocument = {
            "url": self.identity.url,
            "up": not self.firebase_fault.down,
            "fault": self.firebase_fault.document(),
        }
        return {
            "services": [part.document() for part in self.parts.values()],
            "redis": redis,
            "firebase": firebase,
            "history": self.history.document(),
            "channels": dict(self.logbook.channels),
            "problems": list(self.logbook.problems),
            "begun_at": iso(self.begun_at),
        }
