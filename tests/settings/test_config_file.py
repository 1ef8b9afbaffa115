"""config.toml as people write it: wrong types are named with table and key, and what can be used is used."""

from __future__ import annotations

from pathlib import Path

import pytest

from shema_cli.errors import NotConfigured
from shema_cli.settings.config_file import MOST_BYTES
from shema_cli.settings.sources import load_settings
from shema_cli.settings.values import Settings
from tests.support.cli import shema


def loaded(folder: Path, text: str | bytes) -> Settings:
    (folder / "config.toml").write_bytes(text if isinstance(text, bytes) else text.encode())
    return load_settings(environ={"SHEMA_CONFIG_DIR": str(folder)}, cwd=folder)


def written(env: dict[str, str], text: str) -> Path:
    path = Path(env["SHEMA_CONFIG_DIR"]) / "config.toml"
    path.parent.mkdir()
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    return path


WRONG = [
    ('default_profile = ["p"]\n[profiles.p]\n', "default_profile must be a name in quotes, not a list"),
    ("default_profile = 3\n[profiles.p]\n", "default_profile must be a name in quotes, not a number"),
    ("profiles = 3\n", "profiles must be a table: [profiles.<name>], not a number"),
    ("[profiles]\np = 3\n", "profiles.p must be a table: [profiles.p], not a number"),
    ('default_profile = "p"\n[profiles.p]\nREDIS_URL = true\n', "[profiles.p] REDIS_URL must be text"),
    ('default_profile = "p"\n[profiles.p]\nREDIS_URL = 2026-01-01\n', "or a list of such, not a date"),
    ('default_profile = "p"\n[profiles.p.redis_url]\nx = 1\n', "[profiles.p] redis_url must be text"),
    ('default_profile = "p"\n[profiles.p]\nUSER_SERVICE_URL = [["a"]]\n', "[profiles.p] USER_SERVICE_URL must be"),
]


@pytest.mark.parametrize(("text", "said"), WRONG)
def test_a_wrong_type_names_table_and_key(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(NotConfigured) as told:
        loaded(tmp_path, text)
    assert said in told.value.message
    assert str(tmp_path / "config.toml") in told.value.message


@pytest.mark.parametrize(("text", "said"), [*WRONG, ("not toml", "cannot be read"), ("caf\udce9", "cannot be read")])
def test_where_the_file_is_can_be_asked_all_the_same(base_env: dict[str, str], text: str, said: str) -> None:
    path = written(base_env, text)
    assert shema("config", "path", "--json", env=base_env).json["config"] == str(path)
    checked = shema("config", "show", "--json", env=base_env)
    assert (checked.code, said in checked.json["error"]["message"]) == (2, True)


UNREADABLE = [
    (b"[profiles.p]\n# caf\xe9\n", "it is not UTF-8 (at line 2, byte 0xe9)"),
    (b"\xff\xfe[\0", "it is not UTF-8 (at line 1, byte 0xff)"),
    (b"a = " + b"[" * 5000, "its lists and tables are nested too deeply"),
    (b"#" * (MOST_BYTES + 1), "it is longer than 32 MB"),
]


@pytest.mark.parametrize(("content", "said"), UNREADABLE, ids=["Latin-1", "UTF-16", "nested", "long"])
@pytest.mark.parametrize("words", [("show",), ("set", "SERVICE_NAME", "x", "--profile", "p")])
def test_what_cannot_be_read_is_told_in_words(
    base_env: dict[str, str], content: bytes, said: str, words: tuple[str, ...]
) -> None:
    path = written(base_env, "")
    path.write_bytes(content)
    run = shema("config", *words, "--json", env=base_env)
    assert (run.code, run.json["error"]["message"]) == (2, f"{path} cannot be read: {said}")
    assert path.read_bytes() == content


def test_what_has_no_end_is_not_read_to_it(base_env: dict[str, str]) -> None:
    path = written(base_env, "")
    path.unlink()
    path.symlink_to("/dev/zero")
    assert "longer than 32 MB" in shema("config", "show", env=base_env).err


@pytest.mark.parametrize("words", [("show",), ("use", "p"), ("set", "SERVICE_NAME", "x", "--profile", "p")])
def test_links_that_lead_to_one_another_are_told(base_env: dict[str, str], words: tuple[str, ...]) -> None:
    path = written(base_env, "")
    path.unlink()
    path.symlink_to(path)
    run = shema("config", *words, env=base_env)
    assert (run.code, f"{path} cannot be" in run.err) == (2, True)
    assert "symbolic links" in run.err


def test_a_default_of_a_wrong_type_can_be_mended(base_env: dict[str, str]) -> None:
    written(base_env, 'default_profile = ["p"]\n[profiles.p]\n')
    assert shema("config", "use", "p", env=base_env).code == 0
    assert shema("config", "show", env=base_env).code == 0


@pytest.mark.parametrize("words", [("use", "p"), ("set", "SERVICE_NAME", "x", "--profile", "p"), ("profiles",)])
def test_what_is_no_toml_is_told_and_left_alone(base_env: dict[str, str], words: tuple[str, ...]) -> None:
    path = written(base_env, "not toml")
    run = shema("config", *words, "--json", env=base_env)
    assert (run.code, run.json["error"]["code"]) == (2, "config_unreadable")
    assert path.read_text() == "not toml"


def test_a_byte_order_mark_and_a_short_name_for_authorities(tmp_path: Path) -> None:
    text = b'\xef\xbb\xbfdefault_profile = "p"\n[profiles.p]\nca = "/ours.pem"\nSERVICE_NAME = 7\n'
    found = loaded(tmp_path, text)
    assert (found.get("SHEMA_CA_FILE"), found.get("SERVICE_NAME")) == ("/ours.pem", "7")
