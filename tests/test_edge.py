"""What every mistake on the command line looks like (contract 2.2)."""

from __future__ import annotations

import errno
import subprocess
import sys
from pathlib import Path

import pytest
import redis
import typer
from hypothesis import given
from hypothesis import strategies as st

from shema_cli.config.results import ShownSettings
from shema_cli.edge import explain, fallback_output
from shema_cli.errors import ExitCode, Refused
from shema_cli.output.sink import Format
from shema_cli.output.streams import Streams
from tests.support.cli import CapturedStream, shema


def test_a_misspelt_command_is_suggested(base_env: dict[str, str]) -> None:
    run = shema("dashbord", env=base_env)
    assert run.code == ExitCode.USAGE
    assert "Did you mean 'dashboard'?" in run.err
    assert run.out == ""


@pytest.mark.parametrize("flags", [["--json"], ["-o", "json"], ["-ojson"], ["--output=json"], ["--output", "json"]])
def test_a_usage_error_is_one_json_document_when_json_is_asked_for(base_env: dict[str, str], flags: list[str]) -> None:
    for words in (["config", "pth"], ["config", "path", "--nope"], ["config", "use"]):
        run = shema(*words, *flags, env=base_env)
        assert run.code == ExitCode.USAGE
        assert set(run.json["error"]) == {"code", "message", "hint"}
        assert run.err == ""


def test_a_misspelt_flag_is_suggested(base_env: dict[str, str]) -> None:
    run = shema("config", "path", "--profil", "x", env=base_env)
    assert run.code == ExitCode.USAGE
    assert "--profile" in run.err
    assert "try: shema config path --help" in run.err


def test_an_unknown_output_format_is_refused(base_env: dict[str, str]) -> None:
    assert shema("config", "path", "-o", "yaml", env=base_env).code == ExitCode.USAGE
    assert shema("config", "path", env={**base_env, "SHEMA_OUTPUT": "yaml"}).code == ExitCode.USAGE


def test_a_number_is_called_a_number(base_env: dict[str, str]) -> None:
    assert "'x' is not a whole number." in shema("dlq", "list", "--limit", "x", env=base_env).err
    assert "'x' is not a number." in shema("sandbox", "traffic", "--rate", "x", env=base_env).err


def test_options_are_taken_before_and_after_the_command(base_env: dict[str, str]) -> None:
    assert shema("--json", "config", "path", env=base_env).json == shema("config", "path", "--json", env=base_env).json
    assert shema("-o", "json", "config", "path", "-o", "csv", env=base_env).out.startswith("field,value")


def test_a_broken_config_file_is_one_error(base_env: dict[str, str]) -> None:
    folder = Path(base_env["SHEMA_CONFIG_DIR"])
    folder.mkdir()
    (folder / "config.toml").write_text("[broken")
    run = shema("config", "show", "-o", "json", env=base_env)
    assert run.code == ExitCode.USAGE
    assert run.json["error"]["code"] == "config_unreadable"


@pytest.mark.parametrize(
    ("lacking", "said"),
    [(MemoryError(), "no more memory"), (RuntimeError("can't start new thread"), "no more threads")],
)
def test_what_the_machine_has_no_more_of_is_no_fault_of_ours(lacking: Exception, said: str) -> None:
    error = explain(lacking)
    assert error
    assert said in error.message
    assert "ulimit" in (error.hint or "")


def test_a_full_disk_is_told_with_the_way_out() -> None:
    error = explain(OSError(errno.ENOSPC, "No space left on device"))
    assert error
    assert "df -h" in (error.hint or "")


def test_the_words_for_no_thread_are_those_of_python() -> None:
    """A thread whose stack has no room in memory: in a process of its own, which may have less from then on."""
    code = (
        "import resource, threading\n"
        "from shema_cli.edge import explain\n"
        "resource.setrlimit(resource.RLIMIT_AS, (1 << 20, 1 << 20))\n"
        "try: threading.Thread(target=print).start()\n"
        "except Exception as error: print(explain(error).code)\n"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert ended.stdout.strip() in ("no_threads", "no_memory"), ended.stderr


def test_a_fault_of_our_own_shows_no_traceback(
    base_env: dict[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("boom")

    monkeypatch.setattr(ShownSettings, "of", broken)
    run = shema("config", "show", "-o", "json", env=base_env)
    assert run.code == ExitCode.FAILED
    assert run.json["error"]["code"] == "internal"
    assert "SHEMA_DEBUG=1" in run.json["error"]["hint"]
    assert "Traceback" not in run.err + capsys.readouterr().err


def test_ctrl_c_is_130(base_env: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(ShownSettings, "of", interrupted)
    assert shema("config", "show", env=base_env).code == ExitCode.INTERRUPTED


def test_no_command_shows_the_help(base_env: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    assert shema(env=base_env).code == 0
    assert "dashboard" in capsys.readouterr().out


def test_an_error_of_redis_that_nobody_caught_is_told_as_one() -> None:
    shown = explain(redis.ConnectionError("gone"))
    assert shown is not None
    assert (shown.code, shown.exit_code) == ("redis_unreachable", ExitCode.UNREACHABLE)


@pytest.mark.parametrize(
    ("error", "code", "exit_code", "said"),
    [
        (KeyboardInterrupt(), "interrupted", ExitCode.INTERRUPTED, "interrupted"),
        (typer.Abort(), "interrupted", ExitCode.INTERRUPTED, "interrupted"),
        (OSError(28, "No space left on device", "/x"), "os_error", ExitCode.FAILED, "No space left on device: /x"),
        (OSError(28, "No space left on device"), "os_error", ExitCode.FAILED, "No space left on device"),
        (OSError("odd"), "os_error", ExitCode.FAILED, "odd"),
        (PermissionError(13, "Permission denied", 3), "os_error", ExitCode.FAILED, "Permission denied: 3"),
        (redis.ResponseError("WRONGTYPE x"), "redis_error", ExitCode.FAILED, "WRONGTYPE x"),
        (KeyError("x"), "internal", ExitCode.FAILED, "this is a fault in shema: KeyError: 'x'"),
        (RecursionError(), "internal", ExitCode.FAILED, "RecursionError"),
    ],
)
def test_whatever_reached_the_edge_has_a_code_and_a_line(
    error: BaseException, code: str, exit_code: ExitCode, said: str
) -> None:
    shown = explain(error)
    assert shown is not None
    assert (shown.code, shown.exit_code) == (code, exit_code)
    assert said in shown.message
    assert not shown.message.endswith((": ", ":"))


def test_an_error_of_ours_is_shown_as_it_is() -> None:
    error = Refused("own", "own")
    assert explain(error) is error


@pytest.mark.parametrize(
    ("argv", "variable", "format"),
    [
        ([], None, Format.TABLE),
        ([], "json", Format.JSON),
        ([], "yaml", Format.TABLE),
        (["--json"], None, Format.JSON),
        (["-o", "json"], None, Format.JSON),
        (["-ojson"], None, Format.JSON),
        (["-o=json"], None, Format.JSON),
        (["--output=json"], None, Format.JSON),
        (["--output", "json"], None, Format.JSON),
        (["-o", "csv"], "json", Format.TABLE),
        (["--output=table"], "json", Format.TABLE),
        (["-o"], None, Format.TABLE),
        (["--", "--json"], None, Format.TABLE),
        (["api", "user", "/x", "--json", "--", "-o", "csv"], None, Format.JSON),
        (["-o", "json", "-o", "csv"], None, Format.TABLE),
    ],
)
def test_the_format_of_an_error_that_came_before_the_options_were_read(
    argv: list[str], variable: str | None, format: Format
) -> None:
    stream = CapturedStream()
    environ = {"SHEMA_OUTPUT": variable} if variable else {}
    assert fallback_output(Streams(stream, stream, stream, environ), argv).format is format


@given(st.lists(st.text(max_size=8) | st.sampled_from(["-o", "--output", "--json", "--", "-o=", "--output="])))
def test_no_words_on_a_line_keep_an_error_from_being_told(argv: list[str]) -> None:
    out, err = CapturedStream(), CapturedStream()
    fallback_output(Streams(CapturedStream(), out, err, {}), argv).error(Refused("c", "m"))
    assert b"m" in out.bytes + err.bytes
