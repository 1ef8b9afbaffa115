"""Nothing is imported for the first time in a thread: two that import may meet each other's modules half loaded.

`doctor`, whose checks are all in threads, is looked at in `tests/doctor/test_imports.py`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
import redis

from tests.support.http import Answer, HttpServer
from tests.support.registry import put
from tests.support.signed_in import serve_identity, signed_in
from tests.support.valkey import Valkey

_COMMAND = """
import json, sys, threading
by_thread = {}

class Watch:
    def find_spec(name, path=None, target=None):
        if threading.current_thread() is not threading.main_thread():
            by_thread.setdefault(threading.current_thread().name, []).append(name)

sys.meta_path.insert(0, Watch)
from shema_cli.main import main
main(sys.argv[1:])
loaded = {thread: [n for n in names if n in sys.modules] for thread, names in by_thread.items()}
print(json.dumps({thread: names for thread, names in loaded.items() if names}), file=sys.stderr)
"""


@pytest.fixture
def system(base_env: dict[str, str], valkey: Valkey, redis_client: redis.Redis, server: HttpServer) -> dict[str, str]:
    """A service that is configured, one that is registered, and somebody who may change things."""
    answered = {"/health": {"status": "healthy"}, "/api/users/stats": {"student_count": 1}, "/x": {}}
    for path, body in answered.items():
        server.on("GET", path, Answer(json=body))
    serve_identity(server)
    put(redis_client, server.url)
    emulator = server.url.removeprefix("http://")
    own = {"REDIS_URL": valkey.url, "USER_SERVICE_URL": server.url, "SERVICE_JWT_SECRET": "s" * 32}
    return {**os.environ, **base_env, **signed_in(emulator), **own}


@pytest.mark.parametrize(
    "words",
    [
        ("dashboard",),
        ("services", "list"),
        ("services", "health"),
        ("services", "register", "chat", "http://127.0.0.1:9", "--yes"),
        ("users", "show", "a@b.test"),
        ("api", "user", "/x"),
        ("api", "pay", "/x"),
        ("auth", "status", "--online"),
        ("dlq", "replay", "--all", "--yes"),
        ("events", "publish", "user.updated", "--data", '{"userId": "u", "changes": {}}', "--allow-unheard", "--yes"),
        ("events", "tail", "--for", "1s"),
        ("enrollments", "list"),
        ("audit", "verify"),
    ],
    ids=" ".join,
)
def test_no_command_imports_in_a_thread(words: tuple[str, ...], system: dict[str, str]) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _COMMAND, *words], env=system, capture_output=True, text=True, check=False
    )
    assert json.loads(done.stderr.splitlines()[-1]) == {}, done.stdout + done.stderr
