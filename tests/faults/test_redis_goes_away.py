"""Redis goes away exactly here: before, and after each command that a reading command sends to it.

Every command of the tree that only reads is walked, and run once for every place at which Redis can leave.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from shema_cli.cli.declare import Access
from shema_cli.dlq.letters.fingerprint import fingerprint
from shema_cli.settings.values import CORE_SERVICES
from shema_cli.store import connection, keys
from tests.auth.tree import lines
from tests.dashboard.school import VALUES, good, source
from tests.dlq.support import entry_id, letter, push
from tests.enrollments.school import School, enrollment
from tests.support.cli import Run, shema
from tests.support.history import Written
from tests.support.http import Answer, HttpServer
from tests.support.in_process import URL, InProcessServer
from tests.support.signed_in import serve_identity, signed_in

NAMED = "Redis at 127.0.0.1:1 "
UNTIL_IT_ENDS = {"events tail", "chat tail", "events record"}
"""Their receiving side reads a real socket: tests/events holds what they do when Redis leaves."""
ON_A_TERMINAL = {"dlq triage", "ui"}
"""What works nowhere else: tests/triage and tests/ui hold what it does when Redis leaves."""
WITHOUT_REDIS = {"admins list", "admins grant", "auth token", "events publish", "tokens issue", "tokens verify"}
GOES_ON = {
    "dashboard",  # the numbers that it has, and for each of the others why not
    "enrollments list",  # the decisions are an extra: a warning says that they are not shown
    "enrollments show",
    "trace",  # what was found by then, and who did not answer
    "find",  # the same
    "courses list",  # the services know most of it
    "courses show",
    "dlq show",  # when the event was published stands beside it, as far as the history tells
    "services health",  # the answers are there; only keeping them for the others fails
    "users show",  # the cache is a help: a warning says that it is not used
}
"""What still has an answer when Redis leaves near the end; when it leaves before that, they fail like all others."""
NAMES_PEOPLE = {"enrollments approve", "enrollments reject"}
"""They ask for names beside their own work: those may come last, and where they cannot be had they are left out."""
JUDGES = {"status", "check"}
"""Their exit code is what they find, also that Redis is away."""
OF_LETTERS = fingerprint("Timeout after 5000ms")
FILLED_IN = {
    ("enrollments", "show", "1"): "enrollments show e1",
    ("enrollments", "approve", "--all-pending", "--dry-run"): "enrollments approve e1 --dry-run --allow-unheard",
    ("dlq", "replay", "--all", "--dry-run"): "dlq replay --all --dry-run --allow-unheard",
    ("users", "show", "1"): "users show a@shema.test",
    ("dlq", "show", "1"): f"dlq show {entry_id(letter(1))}",
    ("dlq", "export", "1"): "dlq export -",
    ("dlq", "ack", "1", "--dry-run"): f"dlq ack {OF_LETTERS} --dry-run",
    ("dlq", "unack", "1", "--dry-run"): f"dlq unack {OF_LETTERS} --dry-run",
    ("trace", "1"): "trace evt_00000001",
    ("courses", "show", "1"): "courses show c1",
    ("find", "1"): "find e1",
    ("events", "missed", "1"): "events missed schedule --channel enrollment.approved",
    ("services", "resolve", "1"): "services resolve user",
    ("services", "reset", "1"): "services reset user",
    ("api", "1", "/x"): "api user /x",
    ("services", "health", "--wait", "1"): "services health --wait 0.2",
}
"""Where the shortest line of the walk finds nothing."""


def reading() -> Iterator[tuple[str, ...]]:
    yield ("dlq", "list", "--type", "A*")
    for line in lines():
        if line.access is Access.READ and " ".join(line.words[:2]) not in UNTIL_IT_ENDS | ON_A_TERMINAL:
            yield tuple(FILLED_IN[line.words].split()) if line.words in FILLED_IN else line.words


@pytest.fixture(scope="module")
def school() -> Iterator[HttpServer]:
    """Every service, at one address."""
    people = School().add(enrollment(1))
    with HttpServer() as server:
        serve_identity(server)
        for service in VALUES:
            server.on("GET", source(service).path, good(service))
        server.on("GET", "/health", Answer(json={"status": "healthy"}))
        server.on("GET", "/x", Answer(json={}))
        for path in ("/api/enrollments", "/api/enrollments/e1", "/api/courses/c1", "/api/courses/c1/capacity"):
            server.on("GET", path, people.answer)
        server.on("GET", "/api/users/by-email", Answer(json={"id": "u1", "email": "a@shema.test"}))
        yield server


@pytest.fixture(scope="module")
def redis_server(school: HttpServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[InProcessServer]:
    """Holds dead letters, and the registrations and audit entries that `services register` made."""
    server = InProcessServer()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(connection, "connect", server.client)
        push(server.client(), [letter(number) for number in (1, 2, 3)])
        server.client().hset(f"{keys.RUN_PREFIX}0123456789abcdef", mapping={"state": "live"})
        server.client().zadd(keys.RUNS, {"0123456789abcdef": (time.time() + 3600) * 1000})
        history = Written(server.client())
        history.state(present='["schedule"]')
        history.message(history.now_ms - 1000, b"{}")
        env = environment(school, tmp_path_factory.mktemp("seed"))
        for service in CORE_SERVICES:
            run = shema("services", "register", service, school.url, "--yes", env=env)
            assert run.code == 0, run.err
        assert shema("dlq", "ack", OF_LETTERS, "--yes", env=env).code == 0
        yield server


def environment(school: HttpServer, folder: Path) -> dict[str, str]:
    return {
        "SHEMA_CONFIG_DIR": str(folder),
        "SHEMA_STATE_DIR": str(folder),
        "REDIS_URL": URL,
        "SERVICE_JWT_SECRET": "a secret of at least thirty-two bytes",
        **signed_in(f"127.0.0.1:{school.port}"),
    }


@pytest.mark.parametrize("words", list(reading()), ids=" ".join)
def test_redis_goes_away_at_each_command(
    words: tuple[str, ...], redis_server: InProcessServer, school: HttpServer, tmp_path: Path
) -> None:
    command = words[0] if words[0] in ("dashboard", "trace", "find", "api", "status", "check") else " ".join(words[:2])

    def run(leaves_after: int | None) -> Run:
        redis_server.comes_back(leaves_after=leaves_after)
        return shema(*words, "--json", env=environment(school, tmp_path / str(leaves_after)))

    whole = run(None)
    assert (redis_server.sent == 0) == (command in WITHOUT_REDIS)
    if redis_server.sent and command not in JUDGES:
        assert whole.code == 0, (whole.out, whole.err)
    for answered in itertools.count():
        broken = run(answered)
        if redis_server.connected:
            break  # it was not asked as often as this
        told = broken.out + broken.err
        assert "Traceback" not in told
        assert '"internal"' not in told
        if answered > 0 and command in GOES_ON and broken.code in (0, 1):
            continue
        if command in JUDGES:
            assert broken.code != 0
            assert "no service is known" not in told  # nobody could tell
            assert NAMED.strip() in told or '"unknown"' not in told.replace('"unknown":[]', "")
            continue
        if answered > 0 and command in NAMES_PEOPLE and (broken.code, broken.out) == (whole.code, whole.out):
            continue  # names are asked for aside, and were last to ask Redis where their services are
        assert broken.code == 3, (answered, told)
        assert NAMED in told
