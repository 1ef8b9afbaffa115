"""`shema setup` where something is in the way: a service that hangs, a full disk, somebody else at the same time."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.setup.school import config_file, profile_of
from tests.setup.terminal import CTRL_C, Setup, at_the_question
from tests.support.cli import shema
from tests.support.http import Answer, HttpServer
from tests.support.signed_in import id_token
from tests.support.topologies import tls_server
from tests.support.waiting import eventually

FULL_DISK = """
import resource
from shema_cli.main import run
resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
run()
"""


@pytest.fixture
def env(base_env: dict[str, str], tmp_path: Path) -> dict[str, str]:
    return base_env | {"HOME": str(tmp_path), "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring"}


def test_a_ctrl_c_while_a_service_hangs_ends_it_at_once(env: dict[str, str], school: HttpServer) -> None:
    school.on("GET", "/health", Answer(delay=60))
    with Setup("setup", "staging", env=env, columns=110, lines=60) as opened:
        opened.asks("REDIS_URL").types("-")
        opened.asks("AUTH_SERVICE_URL").types(school.url)
        eventually(lambda: school.seen("/health"), what="the question to the service")
        opened.keys(CTRL_C)
        assert opened.end() == 130
    assert "interrupted; nothing was written" in opened.text
    assert not config_file(env).exists()


def test_who_is_killed_in_the_middle_has_written_nothing(env: dict[str, str]) -> None:
    with Setup("setup", "staging", env=env, columns=110, lines=60) as opened:
        at_the_question(opened)
        os.kill(opened.child.pid, signal.SIGKILL)
        assert opened.end() == -signal.SIGKILL
    assert not config_file(env).exists()


def test_what_somebody_else_has_written_meanwhile_is_not_overwritten(env: dict[str, str]) -> None:
    with Setup("setup", "staging", env=env, columns=110, lines=60) as opened:
        at_the_question(opened, secret="first-secret-" * 3)
        theirs = "their-secret-" * 3
        assert (
            shema("setup", "staging", "--from", "-", env=env, stdin=f"SERVICE_JWT_SECRET={theirs}\n".encode()).code == 0
        )
        opened.types("y")
        assert opened.end() == 5
    assert "was changed by somebody else meanwhile (SERVICE_JWT_SECRET)" in " ".join(opened.text.split())
    assert profile_of(env) == {"SERVICE_JWT_SECRET": theirs}


def test_of_two_at_once_the_profile_is_one_of_theirs_as_a_whole(env: dict[str, str], tmp_path: Path) -> None:
    """Each writes two values; never one of each."""
    files = []
    for number in range(4):
        files.append(tmp_path / f"{number}.env")
        files[-1].write_text(f"SERVICE_NAME=name-{number}\nSHEMA_OAUTH_CLIENT_ID=name-{number}\n")
    line = [sys.executable, "-m", "shema_cli", "setup", "p", "--yes", "--json", "--from"]
    running = [
        subprocess.Popen([*line, str(file)], env={**os.environ, **env}, stdout=subprocess.PIPE) for file in files
    ]
    codes = [one.wait(60) for one in running]
    for one in running:
        assert one.stdout
        one.stdout.close()
    assert set(codes) <= {0, 5}
    assert 0 in codes
    written = profile_of(env, "p")
    assert written["SERVICE_NAME"] == written["SHEMA_OAUTH_CLIENT_ID"]


def test_a_full_disk_keeps_what_was_there(env: dict[str, str], tmp_path: Path) -> None:
    assert shema("setup", "p", "--from", "-", env=env, stdin=b"SERVICE_NAME=x\n").code == 0
    before = config_file(env).read_bytes()
    file = tmp_path / "given"
    file.write_text("SERVICE_NAME=y\n")
    hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    done = subprocess.run(
        [sys.executable, "-m", "shema_cli", "setup", "p", "--from", str(file), "--yes", "--json"],
        env={**os.environ, **env, "PYTHONDONTWRITEBYTECODE": "1"},
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard)),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, "config_unwritable" in done.stdout) == (2, True), done
    assert config_file(env).read_bytes() == before
    assert [one.name for one in config_file(env).parent.iterdir()] == ["config.toml"]


def test_whoever_has_answered_everything_may_try_to_write_again(env: dict[str, str]) -> None:
    with Setup("setup", "staging", env=env, columns=110, lines=60, script=FULL_DISK) as opened:
        at_the_question(opened)
        opened.types("y")
        opened.says("File too large", "Enter tries again").types("")
        opened.wait(until=lambda: opened.text.count("Enter tries again") == 2)
        opened.keys(CTRL_C)
        assert opened.end() == 130
    assert "interrupted; nothing was written" in opened.text
    assert not config_file(env).exists()


def test_a_private_authority_is_named_where_it_is_missed(env: dict[str, str], tmp_path: Path) -> None:
    with tls_server(tmp_path) as server, Setup("setup", "staging", env=env, columns=110, lines=60) as opened:
        opened.asks("REDIS_URL").types(server.url_without_authority)
        opened.says("c: name a file of").types("c")
        opened.says("SHEMA_CA_FILE:").types(str(server.authority))
        opened.says("it takes writes")
        opened.asks("AUTH_SERVICE_URL").types("b")
        opened.asks("REDIS_URL").types("b")
        opened.asks("SHEMA_CA_FILE").says(f"[{server.authority}]")


def test_a_session_goes_to_the_folder_of_the_profile_that_is_set_up(
    env: dict[str, str], right: dict[str, str], tmp_path: Path
) -> None:
    """Whatever the profile says that is in force in this shell."""
    theirs = tmp_path / "theirs"
    config_file(env).parent.mkdir()
    config_file(env).write_text(f'[profiles.other]\nSHEMA_STATE_DIR = "{theirs}"\n')
    del env["SHEMA_STATE_DIR"]
    content = "".join(f"{name}={value}\n" for name, value in right.items())
    outer = env | {"SHEMA_PROFILE": "other", "XDG_STATE_HOME": str(tmp_path / "ours"), "SHEMA_ID_TOKEN": id_token()}
    done = shema("setup", "staging", "--from", "-", "--json", env=outer, stdin=content.encode())
    assert (done.code, done.json["signed_in"]) == (0, "admin@shema.test")
    assert not theirs.exists()


def test_what_outranks_the_profile_here_is_told(env: dict[str, str]) -> None:
    outer = env | {"CHAT_SERVICE_URL": "http://elsewhere:1"}
    content = b"CHAT_SERVICE_URL=http://127.0.0.1:1\n"
    done = shema("setup", "p", "--from", "-", "--force", env=outer, stdin=content)
    assert done.code == 0
    assert "here CHAT_SERVICE_URL (environment) outranks what the profile says" in done.err
    assert "written although it failed: CHAT_SERVICE_URL" in done.err


def test_whoever_is_no_admin_is_told_and_may_go_on_without(env: dict[str, str], emulator: HttpServer) -> None:
    token = id_token(admin=None)
    path = "/identitytoolkit.googleapis.com/v1/accounts:signInWithPassword"
    emulator.on("POST", path, Answer(json={"idToken": token, "refreshToken": "r", "localId": "x"}))
    given = f"FIREBASE_PROJECT_ID=demo-shema\nFIREBASE_AUTH_EMULATOR_HOST=127.0.0.1:{emulator.port}\n"
    assert shema("setup", "p", "--from", "-", env=env, stdin=given.encode()).code == 0
    with Setup("setup", "p", env=env, columns=110, lines=60) as opened:
        while opened.next_question() != "Sign in":
            opened.types("")
        opened.types("budi@shema.test")
        opened.says("Password of").types("pass-9f3a")
        opened.says("failed", "admin").asks("Sign in").types("")
        assert opened.end() == 0
    assert "nobody is signed in yet: shema auth login --profile p" in opened.text
    assert not list(Path(env["SHEMA_STATE_DIR"]).glob("session-*.json"))
