"""What a command is given: settings, output, clock, and factories that connect only when they are used."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import replace
from functools import cached_property, partial
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from shema_cli.clock import Clock, SystemClock
from shema_cli.errors import InvalidUsage
from shema_cli.frozen import dataclass
from shema_cli.output.sink import Format, Output
from shema_cli.output.streams import Streams
from shema_cli.settings.profile import wants_its_name
from shema_cli.settings.values import ID_TOKEN, READ_ONLY, Settings
from shema_cli.state import StateDir

if TYPE_CHECKING:
    from shema_cli.admin import Admin, Gatekeeper, OpenGate
    from shema_cli.calls.client import ServiceClient
    from shema_cli.output.person import Person, Prompts
    from shema_cli.people.names import NameBook
    from shema_cli.settings.target import Target
    from shema_cli.store.connection import Store
    from shema_cli.store.journal import Journal
    from shema_cli.store.remembered import TrailMemory


@dataclass(frozen=True)
class GlobalOptions:
    """The options that every command takes, before or after its name. None: not given there."""

    output: str | None = None
    verbose: bool = False
    log_format: str | None = None
    profile: str | None = None
    env_file: Path | None = None
    read_only: bool = False

    def over(self, lower: GlobalOptions) -> GlobalOptions:
        """These options, with what was not given here taken from `lower`."""
        return GlobalOptions(
            output=self.output or lower.output,
            verbose=self.verbose or lower.verbose,
            log_format=self.log_format or lower.log_format,
            profile=self.profile or lower.profile,
            env_file=self.env_file or lower.env_file,
            read_only=self.read_only or lower.read_only,
        )


class AppContext:
    """One command's world. Whatever it opens is closed when the command ends."""

    def __init__(
        self,
        settings: Settings,
        streams: Streams,
        *,
        command: str = "",
        options: GlobalOptions | None = None,
        clock: Clock | None = None,
        open_gate: OpenGate | None = None,
        output: Output | None = None,
        prompts: Prompts | None = None,
        beside: AppContext | None = None,
    ) -> None:
        self.settings = settings
        self.command = command
        self.options = options or GlobalOptions()
        self.clock: Clock = clock or SystemClock()
        self.output = output or Output(streams, _format(settings))
        self.state = StateDir(settings.state_path, remark=settings.state_remark, warn=self.output.warn)
        self.admin: Admin | None = None
        self.changes = False
        self._open_gate = open_gate
        self._prompts = prompts
        self._beside = beside
        self._store: Store | None = None
        self._opening = Lock()
        self._exit = ExitStack()

    @classmethod
    def open(
        cls,
        streams: Streams,
        options: GlobalOptions,
        command: str,
        *,
        open_gate: OpenGate | None = None,
        any_profile: bool = False,
    ) -> AppContext:
        """Read the settings for these options. Raises what `load_settings` raises."""
        from shema_cli.settings.sources import load_settings

        overrides = {"SHEMA_OUTPUT": options.output} if options.output else {}
        overrides |= {READ_ONLY: "1"} if options.read_only else {}
        settings = load_settings(
            environ=streams.environ,
            env_file=options.env_file,
            profile=options.profile,
            overrides=overrides,
            any_profile=any_profile,
        )
        return cls(settings, streams, command=command, options=options, open_gate=open_gate)

    def beside(self, command: str, output: Output | None = None, prompts: Prompts | None = None) -> AppContext:
        """The world of another command that is run from within this one: the same settings, and so the same target.

        It reads over this one's connection to Redis; what it changes, it changes over its own. `output` and `prompts`
        are another place for what it says and asks.
        """
        return AppContext(
            self.settings,
            output.streams if output else self.output.streams,
            command=command,
            options=self.options,
            clock=self.clock,
            open_gate=self._open_gate,
            output=output,
            prompts=prompts,
            beside=self,
        )

    def of_profile(self, name: str) -> AppContext:
        """The world of another command that is called with this profile, its settings read now; closed with this one.

        Raises what `open` raises.
        """
        options = replace(self.options, profile=name)
        other = AppContext.open(self.output.streams, options, self.command, open_gate=self._open_gate)
        self.on_close(other.close)
        return other

    def close(self) -> None:
        self._exit.close()

    def on_close(self, close: Callable[[], object]) -> None:
        self._exit.callback(close)

    @property
    def store(self) -> Store:
        """Redis, connected on first use (`store/connection.py`); one for all threads."""
        if self._beside is not None and not self.changes:
            return self._beside.store
        return self._store or self._open_store()

    def _open_store(self) -> Store:
        from shema_cli.store.connection import Store

        with self._opening:
            if self._store is None:
                self._store = Store(self.settings, only_here=self._only_here)
                self.on_close(self._store.close)
            return self._store

    @cached_property
    def person(self) -> Person:
        """Whoever runs the command, for work to speak to (`output/person.py`)."""
        return self._person(self.target, self.settings.profile_options, type_name=True)

    def person_at(self, settings: Settings) -> Person:
        """The same of a question about another target, where nothing but its profile is changed."""
        from shema_cli.settings.target import Target

        return self._person(Target.of(settings), settings.profile_options, type_name=False)

    def _person(self, target: Target, options: Mapping[str, object], *, type_name: bool) -> Person:
        from shema_cli.output.person import Person, Protection

        colour = options.get("color")
        protection = Protection(
            target.words,
            type_name=type_name and wants_its_name(options),
            colour=colour if isinstance(colour, str) else None,
        )
        return Person(self.output, self.clock, protection, self.still_admin, self._prompts)

    @property
    def target(self) -> Target:
        """Where this command acts, and who is signed in there once that is known."""
        if self.admin is None:
            return self._target
        return self._target.signed_in(self.admin.email or self.admin.uid, by_variable=self.admin.source == ID_TOKEN)

    @property
    def _only_here(self) -> bool:
        """Whether this command may reach no other machine: an emulator proves nobody (contract 3.1)."""
        return self.changes and self.target.emulator is not None

    @cached_property
    def _target(self) -> Target:
        from shema_cli.settings.target import Target

        return Target.of(self.settings)

    @cached_property
    def gate(self) -> Gatekeeper:
        """What lets an admin through, and says in the middle of a long run whether they still are one."""
        assert self._open_gate is not None, "this command was opened without a gate"
        said_before = self._beside is not None
        note = (lambda _: None) if said_before else self.output.note
        return self._open_gate(self.settings, self.state, self.clock, note)

    def still_admin(self, *, now: bool = False) -> None:
        """Whether this command's admin still is one (`admin.StillAdmin`); the session is renewed.

        What changes something has Firebase asked, unless it was a moment ago and not `now`. A command that only reads
        goes on without Firebase while the ID token holds. Nothing is asked where nobody had to sign in.
        """
        if self.admin is None:
            return
        self.admin = self.gate.renew(self.admin, now=now) if self.changes else self.gate.look_on(self.admin)

    @cached_property
    def journal(self) -> Journal:
        """The audit trail, written in the name of this command's admin (`store/journal.py`)."""
        from shema_cli.store.journal import Author, Journal
        from shema_cli.store.remembered import look_back
        from shema_cli.store.seal import Sealer

        uid, email = (self.admin.uid, self.admin.email) if self.admin else ("", "")
        target = self.target
        author = Author(
            uid,
            email,
            self.command,
            target.profile,
            project=target.project or "",
            redis=target.redis or "",
            emulator=target.emulator is not None,
        )
        journal = Journal(self.store, self.clock, author, Sealer.from_settings(self.settings))
        self.on_close(partial(look_back, journal, self.trail_memory, self.output.warn))
        return journal

    @cached_property
    def trail_memory(self) -> TrailMemory:
        """What this machine has seen of the trail of this target (`store/remembered.py`)."""
        from shema_cli.store.remembered import TrailMemory

        return TrailMemory(self.state, self.target, self.clock)

    def services(self) -> ServiceClient:
        """A client for the services, to be used as an async context manager (`calls/client.py`)."""
        client = self._client(self.output.warn)
        if self.output.streams.animates_stderr:
            client.tell_waits(self.output.passing)
        return client

    @cached_property
    def names(self) -> NameBook:
        """The names of students and courses, looked up for display (`people/names.py`)."""
        from shema_cli.people.cache import NameCache
        from shema_cli.people.names import NameBook

        # What is wrong with the services is said by whatever needs them.
        cache = NameCache(self.state, self.settings, self.clock)
        registry = self.settings.as_it_stands("REDIS_URL") is not None
        return NameBook(cache, lambda: self._client(lambda _: None), self.clock, registry=registry)

    def _client(self, warn: Callable[[str], None]) -> ServiceClient:
        from shema_cli.calls.client import open_client

        client = open_client(
            self.settings,
            self.state,
            self.clock,
            lambda: self.store,
            actor=self.admin,
            warn=warn,
            log=self._log_call if self.options.verbose or self.options.log_format else None,
        )
        client.checker.writes = self.target.may_be_written
        client.discovery.only_here = self._only_here
        return client

    def _log_call(self, record: dict[str, object]) -> None:
        """The log line of one attempt at a service, on stderr (contract 1.2)."""
        from shema_cli.calls.log import format_call

        self.output.log(format_call(record, as_json=self.options.log_format == "json"))


def _format(settings: Settings) -> Format:
    value = settings.get("SHEMA_OUTPUT") or Format.TABLE
    try:
        return Format(value)
    except ValueError:
        raise InvalidUsage(
            "bad_output", f"SHEMA_OUTPUT: {value!r} is not an output format", "use table, json or csv"
        ) from None
