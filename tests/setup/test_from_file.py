"""`shema setup --from`: a file taken whole or not at all, each value tried (contract 2.1, 2.2)."""

from __future__ import annotations

import json
import os
import tomllib
from pathlib import Path
from typing import Any

import pytest

from shema_cli.settings import dotenv
from tests.setup.school import SECRET, config_file, lines_of, profile_of, set_up, tried, why
from tests.support.cli import shema
from tests.support.http import Answer, HttpServer
from tests.support.signed_in import id_token
from tests.support.valkey import free_port

KEY = "demo-key-9f3a"


def test_what_holds_is_written_and_the_first_profile_is_the_default(
    base_env: dict[str, str], right: dict[str, str]
) -> None:
    done = set_up(base_env, lines_of(right))
    assert (done.code, done.json["written"], done.json["default"]) == (0, True, True)
    assert set(tried(done).values()) == {"ok"}
    assert profile_of(base_env) == right
    assert config_file(base_env).stat().st_mode & 0o777 == 0o600
    shown = shema("config", "show", "--json", env=base_env).json
    assert shown["profile"] == "staging"


def test_no_secret_is_told_anywhere(base_env: dict[str, str], right: dict[str, str]) -> None:
    secrets = (SECRET, KEY, "redis-pass-9f3a")
    with_password = right | {"REDIS_URL": right["REDIS_URL"].replace("://", "://:redis-pass-9f3a@")}
    broken = lines_of(with_password) + b"SHEMA_AUDIT_KEY='" + SECRET.encode() + b"\n" + SECRET.encode() + b"\n"
    for content in (lines_of(with_password), broken, lines_of({"REDIS_URL": f"redis://{SECRET}@h:x"})):
        for format in ("json", "table", "csv"):
            for options in ((), ("--force",), ("--dry-run",)):
                run = shema(
                    "setup", "p", "--from", "-", "--yes", "-o", format, "-v", *options, env=base_env, stdin=content
                )
                assert not [secret for secret in secrets if secret in run.out + run.err]


def test_a_value_that_fails_keeps_all_from_being_written_unless_forced(
    base_env: dict[str, str], right: dict[str, str]
) -> None:
    wrong = right | {"REDIS_URL": f"redis://127.0.0.1:{free_port()}/0", "SERVICE_JWT_SECRET": "another-" * 6}
    done = set_up(base_env, lines_of(wrong))
    assert done.code == 1
    assert done.json["error"]["code"] == "setup_failed"
    assert {name for name, state in tried(done).items() if state == "failed"} == {"REDIS_URL", "SERVICE_JWT_SECRET"}
    assert "nothing listens there" in why(done, "REDIS_URL")
    assert "chat, course, enrollment, schedule and user refuse it" in why(done, "SERVICE_JWT_SECRET")
    assert not config_file(base_env).exists()
    forced = set_up(base_env, lines_of(wrong), "--force")
    assert (forced.code, forced.json["written"]) == (0, True)
    assert "error" not in forced.json
    assert profile_of(base_env) == wrong


def test_a_dry_run_tries_and_writes_nothing(base_env: dict[str, str], right: dict[str, str]) -> None:
    done = set_up(base_env, lines_of(right), "--dry-run")
    assert (done.code, done.json["written"]) == (0, False)
    assert not Path(base_env["SHEMA_CONFIG_DIR"]).exists()


# -- a profile that is there already ----------------------------------------------------------------------------------


def test_a_profile_that_exists_is_changed_only_after_a_yes(base_env: dict[str, str], right: dict[str, str]) -> None:
    assert set_up(base_env, lines_of(right)).code == 0
    before = config_file(base_env).read_bytes()
    again = set_up(base_env, lines_of(right))
    assert (again.code, again.json["written"]) == (0, False)
    assert {one["change"] for one in again.json["values"]} == {"kept"}
    renamed = set_up(base_env, b"SERVICE_NAME=x\n")
    assert (renamed.code, renamed.json["error"]["hint"]) == (2, "pass --yes")
    assert config_file(base_env).read_bytes() == before
    done = set_up(base_env, b"SERVICE_NAME=x\n", "--yes")
    assert (done.code, done.json["written"]) == (0, True)
    assert profile_of(base_env) == right | {"SERVICE_NAME": "x"}
    assert done.json["default"] is False


def test_on_a_terminal_what_changes_is_shown_before_it_is_asked(base_env: dict[str, str], tmp_path: Path) -> None:
    file = tmp_path / "given.env"
    file.write_text("SERVICE_NAME=one\n")
    assert shema("setup", "p", "--from", str(file), env=base_env).code == 0
    file.write_text("SERVICE_NAME=two\n")
    colourless = base_env | {"NO_COLOR": "1"}
    refused = shema("setup", "p", "--from", str(file), env=colourless, stdin=b"n\n", terminal=True)
    assert refused.code == 5
    assert "1 value changes" in refused.err
    assert "Target: p" in refused.err
    assert profile_of(base_env, "p") == {"SERVICE_NAME": "one"}
    assert shema("setup", "p", "--from", str(file), env=base_env, stdin=b"y\n", terminal=True).code == 0
    assert profile_of(base_env, "p") == {"SERVICE_NAME": "two"}


def test_what_the_file_leaves_empty_stays_as_it_is(base_env: dict[str, str]) -> None:
    assert set_up(base_env, b"SERVICE_NAME=x\nSHEMA_OUTPUT=json\n").code == 0
    assert set_up(base_env, b"SERVICE_NAME=\nSHEMA_OUTPUT=csv\n", "--yes").code == 0
    assert profile_of(base_env) == {"SERVICE_NAME": "x", "SHEMA_OUTPUT": "csv"}


# -- files that cannot be taken ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "line", "told"),
    [
        (b"REDIS_ULR=redis://h\n", 1, "REDIS_ULR is not a setting; did you mean REDIS_URL?"),
        (b"SERVICE_NAME=x\nSERVICE_NAME=y\n", 2, "SERVICE_NAME stands twice (first in line 1)"),
        (b"\n# x\nSERVICE_NAME=a b\n", 3, "has blanks, and must stand in quotes"),
        (b"SERVICE_NAME='a\n", 1, "a quote is not closed"),
        (b"SERVICE_NAME=caf\xe9\n", 1, "is not UTF-8"),
        (b"SERVICE_NAME\n", 1, "has no value"),
        (b"confirm=type-name\nconfrim=x\n", 2, "did you mean confirm?"),
        (b"=x\n", 1, "not NAME=value"),
    ],
)
def test_a_line_that_cannot_be_taken_is_told_and_nothing_is_written(
    base_env: dict[str, str], content: bytes, line: int, told: str
) -> None:
    done = set_up(base_env, content, "--force")
    assert done.code == 2
    assert [(one["line"], told in one["problem"]) for one in done.json["problems"]] == [(line, True)]
    assert not config_file(base_env).exists()


def test_all_problems_are_told_at_once_and_the_rest_is_tried(base_env: dict[str, str]) -> None:
    content = b"NOT_OURS=1\nSHEMA_OUTPUT=xml\nSERVICE_NAME=x y\nSERVICE_NAME=x\nconfirm=maybe\n"
    done = set_up(base_env, content)
    assert done.code == 2
    assert [one["line"] for one in done.json["problems"]] == [1, 3, 4]
    assert tried(done) == {"SERVICE_NAME": "ok", "SHEMA_OUTPUT": "failed", "confirm": "failed"}


@pytest.mark.parametrize(
    "content", [b"\xef\xbb\xbfSERVICE_NAME=x\r\nSHEMA_OUTPUT=csv\r\n", b"export SERVICE_NAME='x'\n"]
)
def test_a_mark_carriage_returns_and_export_are_no_part_of_a_value(base_env: dict[str, str], content: bytes) -> None:
    assert set_up(base_env, content).code == 0
    assert profile_of(base_env)["SERVICE_NAME"] == "x"


def test_what_is_no_such_file_is_told(
    base_env: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dotenv, "PIPE_S", 0.2)
    (tmp_path / "long").write_bytes(b"#" * (dotenv.MOST_BYTES + 1))
    (tmp_path / "utf16").write_bytes("SERVICE_NAME=x\n".encode("utf-16"))
    os.mkfifo(tmp_path / "pipe")
    for name, code, told in (
        ("none", "env_file_missing", "--from:"),
        (".", "env_file_missing", "is not a file"),
        ("long", "env_file_unreadable", "longer than 1 MB"),
        ("utf16", "env_file_unreadable", "UTF-16"),
        ("pipe", "env_file_unreadable", "nobody has written"),
    ):
        run = shema("setup", "p", "--from", str(tmp_path / name), "--json", env=base_env)
        assert (run.code, run.json["error"]["code"]) == (2, code)
        assert told in run.json["error"]["message"]
    endless = shema("setup", "p", "--from", "/dev/zero", "--json", env=base_env)
    assert endless.code == 2


def test_what_belongs_to_a_machine_is_left_out_of_the_profile(base_env: dict[str, str]) -> None:
    content = b"SERVICE_NAME=x\nSHEMA_CONFIG_DIR=/elsewhere\nSHEMA_PROFILE=other\nSHEMA_ID_TOKEN=abc\n"
    done = shema("setup", "p", "--from", "-", env=base_env, stdin=content)
    assert done.code == 0
    assert profile_of(base_env, "p") == {"SERVICE_NAME": "x"}
    assert "left out: SHEMA_CONFIG_DIR, SHEMA_PROFILE" in done.err
    assert "abc" not in done.out + done.err


# -- whoever signs in -------------------------------------------------------------------------------------------------


def test_an_id_token_signs_in_and_is_not_written(base_env: dict[str, str], right: dict[str, str]) -> None:
    done = set_up(base_env, lines_of(right | {"SHEMA_ID_TOKEN": id_token()}))
    assert (done.code, done.json["signed_in"]) == (0, "admin@shema.test")
    assert profile_of(base_env) == right
    nobody = set_up(base_env, lines_of(right), profile="other")
    assert nobody.json["signed_in"] is None


def test_an_id_token_that_does_not_hold_is_told_and_the_profile_stays(
    base_env: dict[str, str], right: dict[str, str]
) -> None:
    content = lines_of(right | {"SHEMA_ID_TOKEN": id_token(admin=None)})
    done = shema("setup", "p", "--from", "-", env=base_env, stdin=content)
    assert done.code == 0
    assert "nobody is signed in: " in done.err
    assert profile_of(base_env, "p") == right


# -- names, and what is in the way ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["sandbox", "", " x", "a\tb", "x" * 61])
def test_a_name_that_no_profile_may_have_is_refused(base_env: dict[str, str], name: str) -> None:
    done = set_up(base_env, b"SERVICE_NAME=x\n", profile=name)
    assert (done.code, done.json["error"]["code"]) == (2, "bad_profile_name")
    assert not config_file(base_env).exists()


def test_without_a_terminal_a_file_is_asked_for(base_env: dict[str, str]) -> None:
    done = shema("setup", "p", "--json", env=base_env)
    assert (done.code, done.json["error"]["hint"]) == (2, "shema setup p --from FILE")
    unnamed = shema("setup", "--from", "-", "--json", env=base_env, stdin=b"SERVICE_NAME=x\n")
    assert (unnamed.code, unnamed.json["error"]["code"]) == (2, "no_profile")
    assert shema("setup", "--from", "-", "--profile", "p", env=base_env, stdin=b"SERVICE_NAME=x\n").code == 0
    typed = shema("setup", "p", "--from", "-", "--json", env=base_env, terminal=True)
    assert (typed.code, typed.json["error"]["code"]) == (2, "stdin_is_a_terminal")


@pytest.mark.parametrize("content", [b"profiles = 1\n", b"\xff", b"[profiles.staging]\nREDIS_URL = { a = 1 }\n", b"[x"])
def test_garbage_in_config_toml_is_told_before_anything_is_done(base_env: dict[str, str], content: bytes) -> None:
    config_file(base_env).parent.mkdir()
    config_file(base_env).write_bytes(content)
    done = set_up(base_env, b"SERVICE_NAME=x\n")
    assert (done.code, done.json["error"]["code"]) == (2, "config_unreadable")
    assert config_file(base_env).read_bytes() == content


def test_a_folder_that_takes_no_file_is_told(base_env: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    env = base_env | {"SHEMA_CONFIG_DIR": str(tmp_path / "file" / "below")}
    done = set_up(env, b"SERVICE_NAME=x\n")
    assert (done.code, done.json["error"]["code"]) == (2, "config_unwritable")


def test_other_profiles_comments_and_a_default_stay(base_env: dict[str, str]) -> None:
    config_file(base_env).parent.mkdir()
    config_file(base_env).write_text('# ours\n[profiles.other]\nREDIS_URL = "redis://o" # theirs\n')
    done = set_up(base_env, b"SERVICE_NAME=x\n")
    assert (done.code, done.json["default"]) == (0, False)
    text = config_file(base_env).read_text()
    assert text.startswith('# ours\n[profiles.other]\nREDIS_URL = "redis://o" # theirs\n')
    assert "default_profile" not in tomllib.loads(text)


def test_the_document_is_one_and_the_table_has_its_rows(base_env: dict[str, str], school: HttpServer) -> None:
    school.on("GET", "/health", Answer(503, body=b"<html>"))
    content = lines_of({"CHAT_SERVICE_URL": school.url, "SERVICE_NAME": "x"})
    document: Any = json.loads(shema("setup", "p", "--from", "-", "--json", env=base_env, stdin=content).out)
    assert [one["name"] for one in document["values"]] == ["CHAT_SERVICE_URL", "SERVICE_NAME"]
    rows = shema("setup", "p", "--from", "-", env=base_env, stdin=content).out.splitlines()
    assert [row.split("\t")[0] for row in rows] == ["CHAT_SERVICE_URL", "SERVICE_NAME"]
    assert rows[0].split("\t")[4] == "failed"
