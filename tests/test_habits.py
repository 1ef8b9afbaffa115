"""How tests are written, read out of their sources; and that nothing is skipped where everything is there."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.conftest import pytest_runtest_makereport
from tests.support.slow import STARTING_MODULES

ROOT = Path(__file__).resolve().parents[1]
SOURCES = [path for folder in ("tests", "bench") for path in sorted((ROOT / folder).rglob("*.py"))]
CLOCKS = {"monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns", "process_time", "thread_time"}


def imports_of_tests(tree: ast.AST) -> Iterator[int]:
    """Imports from a test module: what two of them need stands in a module of its own."""
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                imported = [one.name for one in names]
            case ast.ImportFrom(module=module, names=names):
                imported = [str(module), *(f"tests.{one.name}" for one in names if module == "tests")]
            case _:
                continue
        if any(".test_" in name and name.startswith("tests.") for name in imported):
            yield node.lineno


def elapsed_times(tree: ast.AST) -> Iterator[int]:
    """Asserts on how long something took: on a busy machine they fail of themselves.

    Found are a clock inside an assert, and a name in one that was given the difference of two readings.
    """
    for function in ast.walk(tree):
        if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        measured = {
            name.id
            for node in ast.walk(function)
            if isinstance(node, ast.Assign) and _has(node.value, ast.Sub) and _reads_a_clock(node.value)
            for target in node.targets
            for name in ast.walk(target)
            if isinstance(name, ast.Name)
        }
        for node in ast.walk(function):
            if isinstance(node, ast.Assert) and (
                _reads_a_clock(node.test)
                or any(isinstance(one, ast.Name) and one.id in measured for one in ast.walk(node.test))
            ):
                yield node.lineno


def silent_skips(tree: ast.AST) -> Iterator[int]:
    """Skips that do not say why."""
    for node in ast.walk(tree):
        name = ast.unparse(node.func) if isinstance(node, ast.Call) else ""
        if isinstance(node, ast.Call) and name in ("pytest.skip", "pytest.mark.skip", "pytest.mark.skipif"):
            given = [
                *(node.args if name == "pytest.skip" else []),
                *(k.value for k in node.keywords if k.arg == "reason"),
            ]
            if not given or ast.unparse(given[0]) in ("''", "None"):
                yield node.lineno
        elif isinstance(node, ast.FunctionDef) and "pytest.mark.skip" in map(ast.unparse, node.decorator_list):
            yield node.lineno


def databases_left_open(tree: ast.AST) -> Iterator[int]:
    """`with sqlite3.connect(…)` ends a transaction, and closes nothing: `closing` does."""
    for node in ast.walk(tree):
        if isinstance(node, ast.With) and any(
            isinstance(one.context_expr, ast.Call) and ast.unparse(one.context_expr.func) == "sqlite3.connect"
            for one in node.items
        ):
            yield node.lineno


def _has(tree: ast.AST, kind: type[ast.AST]) -> bool:
    return any(isinstance(node, kind) for node in ast.walk(tree))


def _reads_a_clock(tree: ast.AST) -> bool:
    """Python's own clock; a clock that a test sets may be asserted on."""
    calls = (node.func for node in ast.walk(tree) if isinstance(node, ast.Call))
    return any(ast.unparse(call).removeprefix("time.") in CLOCKS for call in calls)


@pytest.mark.parametrize("habit", [imports_of_tests, elapsed_times, silent_skips, databases_left_open])
def test_no_test_does_this(habit: Callable[[ast.AST], Iterator[int]]) -> None:
    found = [f"{path.relative_to(ROOT)}:{line}" for path in SOURCES for line in habit(ast.parse(path.read_text()))]
    assert [one for one in found if not one.startswith("tests/support/waiting.py")] == []


@pytest.mark.parametrize(
    ("habit", "source"),
    [
        (imports_of_tests, "from tests.a.test_b import c"),
        (imports_of_tests, "import tests.test_b"),
        (imports_of_tests, "from tests import test_b"),
        (elapsed_times, "def f():\n assert time.monotonic() - began < 1"),
        (elapsed_times, "async def f():\n took = perf_counter() - began\n assert took < 1"),
        (elapsed_times, "def f():\n deadline = time.monotonic() + 1\n assert time.monotonic() < deadline"),
        (silent_skips, "pytest.skip()"),
        (silent_skips, "pytest.skip('')"),
        (silent_skips, "x = pytest.mark.skipif(True)"),
        (silent_skips, "@pytest.mark.skip\ndef f(): ..."),
        (databases_left_open, "with sqlite3.connect('f') as database:\n pass"),
    ],
)
def test_it_is_found(habit: Callable[[ast.AST], Iterator[int]], source: str) -> None:
    assert list(habit(ast.parse(source)))


@pytest.mark.parametrize(
    ("habit", "source"),
    [
        (imports_of_tests, "from tests.a.tested import test_b"),
        (elapsed_times, "def f():\n assert clock.monotonic() - 5 == began"),
        (elapsed_times, "def f():\n now = time.time() - 5\n assert now"),
        (silent_skips, "pytest.skip('no browser')"),
        (silent_skips, "x = pytest.mark.skipif(True, reason='no browser')"),
        (databases_left_open, "with closing(sqlite3.connect('f')) as database, database:\n pass"),
    ],
)
def test_it_is_not_found_where_it_is_not(habit: Callable[[ast.AST], Iterator[int]], source: str) -> None:
    assert not list(habit(ast.parse(source)))


@pytest.mark.parametrize("module", sorted(STARTING_MODULES))
def test_what_tells_a_slow_test_is_there(module: str) -> None:
    assert find_spec(module), "it was renamed: `make quick` would run what starts processes"


@pytest.mark.parametrize(("variables", "outcome"), [({}, "skipped"), ({"CI": "true"}, "failed")])
def test_a_skip_is_a_failure_where_everything_is_installed(
    variables: dict[str, str], outcome: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CI", raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    report = pytest.TestReport("t", ("f", 1, "t"), {}, "skipped", ("f", 1, "Skipped: no browser"), "setup")
    hook = pytest_runtest_makereport()
    next(hook)
    with pytest.raises(StopIteration) as ended:
        hook.send(report)
    assert ended.value.value.outcome == outcome
    assert "no browser" in str(ended.value.value.longrepr)
