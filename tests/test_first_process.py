"""As process 1 of a container: the system delivers only the signals for which there is a handler."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from shema_cli import interrupts
from shema_cli.interrupts import exit_code_of_signal, heed_signals
from tests.support.signed_in import signed_in
from tests.support.valkey import Valkey
from tests.support.waiting import eventually

UNSHARE = ("unshare", "--pid", "--fork", "--mount-proc")


def may_be_first() -> bool:
    if shutil.which("unshare") is None:
        return False
    return subprocess.run([*UNSHARE, "true"], capture_output=True, check=False).returncode == 0


@pytest.mark.skipif(not may_be_first(), reason="this machine does not let us make a namespace of processes")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT])
@pytest.mark.parametrize(
    "words",
    [
        ("events", "tail"),
        ("chat", "tail"),
        ("dashboard", "--watch"),
        ("services", "health", "--watch"),
        ("audit", "list", "--follow"),
    ],
    ids=" ".join,
)
def test_a_signal_ends_whatever_follows(
    words: tuple[str, ...], number: signal.Signals, base_env: dict[str, str], valkey: Valkey
) -> None:
    system = {"REDIS_URL": valkey.url, "USER_SERVICE_URL": "http://127.0.0.1:9", "SERVICE_JWT_SECRET": "s" * 32}
    env = {**os.environ, **base_env, **signed_in(), **system}
    with subprocess.Popen(
        [*UNSHARE, sys.executable, "-m", "shema_cli", *words, "--json"],
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as outer:
        first = eventually(lambda: _child(outer.pid), within_s=20) or 0
        eventually(lambda: _hears(first, number) and _has_settled(first), within_s=20)
        os.kill(first, number)
        out, err = outer.communicate(timeout=20)
    assert outer.returncode == 128 + number, err.decode()
    assert b"Traceback" not in out + err


def _child(pid: int) -> int | None:
    try:
        found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return None
    return int(found[0]) if found else None


def _hears(pid: int, number: int) -> bool:
    """Whether it has a handler for the signal."""
    status = Path(f"/proc/{pid}/status").read_text()
    caught = next(line for line in status.splitlines() if line.startswith("SigCgt:"))
    return bool(int(caught.split()[1], 16) & 1 << (number - 1))


def _has_settled(pid: int) -> bool:
    """Whether it waits for something, and not for the disk."""
    return Path(f"/proc/{pid}/wchan").read_text() != "" and "\nState:\tS" in Path(f"/proc/{pid}/status").read_text()


@pytest.fixture
def heeding(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in (*interrupts.ENDING, signal.SIGINT)}
    monkeypatch.setattr(interrupts, "_ended_by", [])
    heed_signals()
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.usefixtures("heeding")
def test_a_signal_is_a_ctrl_c_and_gives_the_exit_code() -> None:
    assert exit_code_of_signal(0) == 0
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGTERM)
    assert exit_code_of_signal(0) == 143


@pytest.mark.usefixtures("heeding")
def test_it_ends_also_what_was_begun_in_the_background() -> None:
    """`shema events tail &` in a script: Ctrl-C is ignored there."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGTERM)


@pytest.mark.usefixtures("heeding")
def test_a_second_one_ends_it_on_the_spot(monkeypatch: pytest.MonkeyPatch) -> None:
    ended: list[int] = []
    monkeypatch.setattr(interrupts, "end_by", ended.append)
    signal.signal(signal.SIGINT, lambda *_: None)
    signal.raise_signal(signal.SIGTERM)
    assert ended == []
    signal.raise_signal(signal.SIGTERM)
    assert ended == [signal.SIGTERM]
