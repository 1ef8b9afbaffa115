"""What each `--help` loads: the command tree, and the one group that was asked about. Nothing that talks to anybody."""

from __future__ import annotations

import subprocess
import sys

import pytest

from shema_cli.app import TREE
from tests.support.signed_in import signed_in
from tests.support.valkey import Valkey

HEAVY = {
    "asyncio", "cryptography", "dotenv", "firebase_admin", "hiredis", "http", "httpx", "httpx2", "jwt", "keyring",
    "logging", "opentelemetry", "platformdirs", "pydantic", "redis", "rich", "sqlite3", "ssl", "starlette", "tenacity",
    "tomlkit", "uvicorn",
}  # fmt: skip
OF_THE_ROOT = {
    "shema_cli", "shema_cli.app", "shema_cli.cli", "shema_cli.cli.declare", "shema_cli.cli.help_text",
    "shema_cli.cli.options", "shema_cli.cli.tree", "shema_cli.clock", "shema_cli.context", "shema_cli.errors",
    "shema_cli.frozen", "shema_cli.main", "shema_cli.output", "shema_cli.output.sanitize", "shema_cli.output.sink",
    "shema_cli.output.streams", "shema_cli.results", "shema_cli.settings", "shema_cli.settings.profile",
    "shema_cli.settings.values", "shema_cli.state", "shema_cli.system",
}  # fmt: skip
NEVER_TO_READ = {
    "firebase_admin", "httpx", "httpx2", "keyring", "opentelemetry", "pydantic", "rich", "starlette", "tenacity",
    "uvicorn",
}  # fmt: skip
"""What a command needs neither to look at Redis nor to print rows into a pipe."""
PARSED_WITH = {
    "api": {"shema_cli.api.call"},
    "dlq": {"shema_cli.dlq.options"},
    "enrollments": {"shema_cli.enrollments.status"},
    "events": {"shema_cli.dlq", "shema_cli.dlq.options"},  # how something is published again
}
"""What a group needs to declare its options, beyond `commands.py`."""

_EVERY_HELP = """
import sys
from shema_cli.main import main
from shema_cli.app import load
words = sys.argv[1:]
main([*words, "--help"])
for name, command in getattr(load(words[0]), "commands", {}).items() if words else ():
    main([*words, name, "--help"])
print("\\0" + " ".join(sys.modules))
"""


def loaded(code: str, *words: str, env: dict[str, str] | None = None) -> set[str]:
    done = subprocess.run([sys.executable, "-c", code, *words], env=env, capture_output=True, text=True, check=True)
    return set(done.stdout.rpartition("\0")[2].split())


def own(modules: set[str]) -> set[str]:
    return {module for module in modules if module.split(".")[0] == "shema_cli"}


def heavy(modules: set[str]) -> set[str]:
    return {module.split(".")[0] for module in modules} & HEAVY


def test_the_version_loads_nothing() -> None:
    code = 'import sys; from shema_cli.main import main; main(["--version"]); print("\\0" + " ".join(sys.modules))'
    modules = loaded(code)
    assert own(modules) == {"shema_cli", "shema_cli.main"}
    assert "typer" not in modules


def test_the_help_of_all_loads_the_tree_alone() -> None:
    modules = loaded(_EVERY_HELP)
    assert own(modules) == OF_THE_ROOT
    assert heavy(modules) == set()


@pytest.mark.parametrize("name", TREE)
def test_the_helps_of_a_group_load_that_group_alone(name: str) -> None:
    modules = loaded(_EVERY_HELP, name)
    commands = {TREE[name].module, *TREE[name].also}
    expected = commands | {module.rpartition(".")[0] for module in commands} | PARSED_WITH.get(name, set())
    assert own(modules) - OF_THE_ROOT <= expected
    assert heavy(modules) == set()


def test_profiles_complete_without_the_command_tree() -> None:
    code = 'import sys; from shema_cli.main import main; main(["_complete", "profiles", ""]); '
    modules = loaded(code + 'print("\\0" + " ".join(sys.modules))')
    assert "typer" not in modules
    assert heavy(modules) <= {"platformdirs", "dotenv"}


@pytest.mark.parametrize("words", [("dlq", "list"), ("dlq", "stats"), ("audit", "list"), ("services", "list")])
def test_a_command_loads_what_it_uses(words: tuple[str, ...], base_env: dict[str, str], valkey: Valkey) -> None:
    env = {**base_env, **signed_in(), "REDIS_URL": valkey.url}
    code = "import sys; from shema_cli.main import main; assert main(sys.argv[1:]) == 0; "
    code += 'print("\\0" + " ".join(sys.modules))'
    assert heavy(loaded(code, *words, env=env)) & NEVER_TO_READ == set()


def _after_a_help(then: str) -> list[str]:
    """Whether a help was searched, whether many objects after it were, and how often the rest would be."""
    code = f"""
import gc, sys
from shema_cli import main
main._leave = lambda code: None
searched = []
gc.callbacks.append(lambda phase, _: searched.append(phase))
sys.argv = ["shema", "--help"]
main.run()
print("\\0", bool(searched))
{then}
kept = [[] for _ in range(main.SHORT_COMMAND[0])]
print(bool(searched), gc.get_threshold())
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.rpartition("\0")[2].split()


def test_a_short_command_is_not_searched_and_a_long_one_as_often_as_ever() -> None:
    assert _after_a_help("pass") == ["False", "True", "(20000,", "20,", "20)"]
    assert _after_a_help("gc.set_threshold(9000, 2, 2)") == ["False", "True", "(9000,", "2,", "2)"]


def test_what_was_imported_is_not_searched_on_the_way_out() -> None:
    told = "atexit.register(lambda: print(gc.get_freeze_count() > 0))"
    code = f'import atexit, gc, sys; {told}; sys.argv = ["shema", "--version"]; from shema_cli.main import run; run()'
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "True"
