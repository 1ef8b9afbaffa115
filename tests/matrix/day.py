"""A working day of an admin: every command that touches Redis, on a whole system around a server of any kind."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex

import pytest
import redis

from shema_cli.sandbox.identity.people import ADMIN, ADMIN_PASSWORD
from shema_cli.sandbox.system import redis_server
from shema_cli.sandbox.system.assembly import Options, System
from shema_cli.store.rights import acl_line
from tests.dlq.support import entry_id, letter, push, remove
from tests.support.cli import Run, shema
from tests.support.sandbox import RESET_WITHIN_S
from tests.support.servers import ServerKind
from tests.support.store import store_at
from tests.support.subscriber import subscriber_of

USER, PASSWORD = "shema", "a-password"
COMMANDS = tuple[tuple[str, ...], ...]


@dataclass
class Day:
    """`env` leads into the system as the server's own user; `folder` is for what is exported."""

    system: System
    env: dict[str, str]
    folder: Path

    @property
    def port(self) -> int:
        return self.system.redis.port

    def begin(self) -> None:
        """All as it was at the start."""
        self.system.call(self.system.reset(), RESET_WITHIN_S)
        login = ("auth", "login", "--email", ADMIN, "--password-stdin")
        assert shema(*login, env=self.env, stdin=f"{ADMIN_PASSWORD}\n".encode()).code == 0

    def client(self) -> redis.Redis:
        return redis.Redis(port=self.port)

    def as_user(self, *rules: str) -> dict[str, str]:
        """The environment of the user whom doctor's line makes, with further rules after it."""
        words = acl_line(USER).replace(">PASSWORD", f">{PASSWORD}").split()
        with self.client() as client:
            client.execute_command(*words, *rules)
        return {**self.env, "REDIS_URL": f"redis://{USER}:{PASSWORD}@127.0.0.1:{self.port}/0"}

    def pending(self, env: Mapping[str, str]) -> list[str]:
        return [one["id"] for one in shema("enrollments", "list", "-o", "json", env=env).json["enrollments"]]

    def decided(self, env: Mapping[str, str]) -> str:
        """The latest enrollment that was decided on."""
        entries = shema("audit", "list", "-o", "json", env=env).json["entries"]
        return next(str(entry["target"]) for entry in entries if entry["action"] in ("approve", "reject"))

    def lists(self, env: Mapping[str, str]) -> list[str]:
        return [one["id"] for one in shema("dlq", "list", "-o", "json", env=env).json["entries"]]

    def reading(self, env: Mapping[str, str]) -> COMMANDS:
        """What only looks."""
        return (
            ("dashboard",),
            ("enrollments", "list"),
            ("enrollments", "show", self.pending(env)[0]),
            ("enrollments", "approve", self.pending(env)[0], "--dry-run"),
            ("events", "publish", "user.updated", "--data", '{"userId":"u1","changes":{}}', "--dry-run"),
            ("dlq", "list"),
            ("dlq", "stats"),
            ("dlq", "show", self.lists(env)[0]),
            ("dlq", "replay", "--all", "--dry-run", "--allow-unheard"),
            ("dlq", "export", "-"),
            ("services", "list"),
            ("services", "health"),
            ("services", "resolve", "user"),
            ("audit", "list"),
            ("audit", "verify"),
            ("users", "show", self.system.school.users["stu-0001"]["email"]),
        )

    def changing(self, env: Mapping[str, str]) -> COMMANDS:
        """What does something."""
        first, second, *_ = self.pending(env)
        replayed, discarded, *_ = self.lists(env)
        copy, registered = self._copy(env), self.system.service_urls()["CHAT_SERVICE_URL"]
        return (
            ("enrollments", "approve", first, "--yes"),
            ("enrollments", "reject", second, "--reason", "full", "--yes"),
            ("events", "publish", "user.updated", "--data", '{"userId":"u1","changes":{}}', "--yes"),
            ("services", "register", "user", "http://127.0.0.1:1", "--yes"),
            ("services", "deregister", "user", "http://127.0.0.1:1", "--yes"),
            ("services", "deregister", "chat", registered, "--yes"),
            ("dlq", "replay", replayed, "--yes", "--allow-unheard"),
            ("dlq", "discard", discarded, "--yes", "--export", str(self.folder / token_hex(8))),
            ("dlq", "import", copy, "--yes"),
            ("dlq", "recover"),
        )

    def _copy(self, env: Mapping[str, str]) -> str:
        """A file of dead letters that are no longer in the list."""
        file, raw = self.folder / f"copy-{token_hex(4)}", letter(int(token_hex(3), 16))
        with self.client() as client:
            push(client, [raw])
            lines = shema("dlq", "export", "-", env=env).out.splitlines()
            file.write_text(next(line for line in lines if entry_id(raw) in line) + "\n")
            remove(client, raw)
        return str(file)

    def follows(self, env: Mapping[str, str], *patterns: bytes) -> None:
        """Follow these patterns, as a tail does, and leave again. Raises what Redis raises."""
        with closing(store_at(env["REDIS_URL"])) as store:
            subscriber_of(store, *patterns).open().close()

    def state(self) -> dict[bytes, object]:
        """All that there is, but for what is only remembered for a while."""
        with self.client() as client:
            names = [name for name in client.scan_iter() if not name.startswith(b"user:email:")]
            return {name: client.dump(name) for name in sorted(names)}

    def denied(self) -> list[str]:
        """What the server refused to the user since this was last asked."""
        with self.client() as client:
            log = client.acl_log()
            client.acl_log_reset()
        return [entry["object"] for entry in log]


@contextmanager
def day_on(kind: ServerKind, folder: Path) -> Iterator[Day]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(redis_server, "redis_binary", lambda: kind.program)
        system = System(Options(pause_s=0.01))
        system.start()
        try:
            env = {name: value for name, value in system.environment().items() if name != "SHEMA_PROFILE"}
            day = Day(system, env, folder)
            day.begin()
            yield day
        finally:
            system.stop()


def told(run: Run) -> str:
    return f"{run.out}{run.err}"
