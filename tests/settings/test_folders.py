"""No home, /dev/null for a home, one that cannot be written to: what is ours falls back, told in one line."""

from __future__ import annotations

import os
import pwd
from pathlib import Path

import pytest

from shema_cli.settings.folders import NO_HOME, config_folder, expanded, state_folder
from tests.support.cli import Run, shema
from tests.support.signed_in import signed_in


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """One with a folder for temporary files of its own, and neither of the XDG ones."""
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))
    for name in ("XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_RUNTIME_DIR"):
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


@pytest.fixture
def homeless(machine: pytest.MonkeyPatch) -> None:
    """No HOME, and no entry in passwd: a container that runs as any number."""

    def unknown(_: int) -> None:
        raise KeyError

    machine.delenv("HOME", raising=False)
    machine.setattr(pwd, "getpwuid", unknown)


def temporary(tmp_path: Path) -> Path:
    return tmp_path / "tmp" / f"shema-{os.geteuid()}"


@pytest.mark.usefixtures("homeless")
def test_without_a_home_the_state_is_among_the_temporary_files(tmp_path: Path) -> None:
    path, remark = state_folder(None, {})
    assert path == temporary(tmp_path)
    assert remark is not None
    assert "SHEMA_STATE_DIR" in remark
    assert config_folder(None) == NO_HOME / ".config" / "shema"
    assert expanded("~/x") == Path("~/x")


def test_a_home_that_is_no_folder(tmp_path: Path, machine: pytest.MonkeyPatch) -> None:
    machine.setenv("HOME", "/dev/null")
    assert state_folder(None, {})[0] == temporary(tmp_path)
    (tmp_path / "run").mkdir()
    assert state_folder(None, {"XDG_RUNTIME_DIR": str(tmp_path / "run")})[0] == tmp_path / "run" / "shema"


def test_a_home_that_cannot_be_written_to(tmp_path: Path, machine: pytest.MonkeyPatch) -> None:
    machine.setenv("HOME", str(tmp_path / "home"))
    (tmp_path / "home").mkdir()
    machine.setattr("os.access", lambda path, _: Path(path) != tmp_path / "home")
    assert state_folder(None, {})[0] == temporary(tmp_path)
    (tmp_path / "home" / ".local" / "state" / "shema").mkdir(parents=True)
    assert state_folder(None, {})[0] == tmp_path / "home" / ".local" / "state" / "shema", "what is there is read"


@pytest.mark.usefixtures("homeless")
@pytest.mark.parametrize("kind", ["others", "link", "file"])
def test_what_somebody_else_may_have_put_there_is_not_used(tmp_path: Path, kind: str) -> None:
    trap = temporary(tmp_path)
    if kind == "others":
        trap.mkdir(mode=0o700)
        trap.chmod(0o755)
    elif kind == "link":
        (tmp_path / "elsewhere").mkdir(mode=0o700)
        trap.symlink_to(tmp_path / "elsewhere")
    else:
        trap.touch()
    assert state_folder(None, {}) == (NO_HOME / ".local" / "state" / "shema", None)


def run(*words: str) -> Run:
    env = {**signed_in(), "SERVICE_JWT_SECRET": "s" * 32, "USER_SERVICE_URL": "http://127.0.0.1:9"}
    return shema(*words, env=env)


@pytest.mark.usefixtures("homeless")
@pytest.mark.parametrize("words", [("services", "health"), ("dashboard",), ("api", "user", "/x")])
def test_a_command_says_so_in_one_line(tmp_path: Path, words: tuple[str, ...]) -> None:
    told = run(*words)
    assert told.err.count(str(temporary(tmp_path))) == 1
    assert "fault" not in told.err
    assert temporary(tmp_path).stat().st_mode & 0o077 == 0


@pytest.mark.usefixtures("homeless")
@pytest.mark.parametrize("words", [("services", "health"), ("dashboard",), ("api", "user", "/x")])
def test_where_nothing_can_be_kept_it_is_left_out_with_one_line(tmp_path: Path, words: tuple[str, ...]) -> None:
    temporary(tmp_path).touch()
    told = run(*words)
    assert told.err.count("nothing is kept for the next command") == 1
    assert told.err.count(str(NO_HOME)) == 1
    assert told.code in (1, 3)


@pytest.mark.parametrize("words", [("services", "health"), ("dashboard",)])
def test_a_state_that_can_only_be_read_is_left_as_it_is_with_one_line(
    tmp_path: Path, machine: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    """A home that was mounted to be read: the session in it counts, what would be kept does not."""
    state = tmp_path / ".local" / "state" / "shema"
    state.mkdir(parents=True, mode=0o700)
    machine.setenv("HOME", str(tmp_path))
    machine.setattr("os.access", lambda path, _: Path(path) != state)
    told = run(*words)
    assert told.err.count(f"the state folder {state} cannot be used: it cannot be written to") == 1
    assert told.err.count("warning:") == 1
    assert list(state.iterdir()) == []


@pytest.mark.usefixtures("homeless")
@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("config", "path"), 0),
        (("config", "show"), 0),
        (("services", "list"), 0),
        (("auth", "logout"), 0),
        (("auth", "status"), 0),
        (("config", "set", "SERVICE_NAME", "x", "--profile", "p"), 2),
        (("completions", "install", "bash"), 2),
        (("sandbox", "status"), 1),
        (("doctor",), 1),
    ],
)
def test_no_command_is_at_a_loss(words: tuple[str, ...], code: int) -> None:
    told = run(*words)
    assert told.code == code
    assert "a fault in shema" not in told.err + told.out
    assert "could not be made" not in told.out


def test_a_folder_that_was_removed_is_no_reason_to_stop(
    tmp_path: Path, base_env: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    assert shema("config", "path", env=base_env).code == 0
