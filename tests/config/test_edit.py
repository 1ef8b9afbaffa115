"""What is written to config.toml, and how a setting is shown (contract 2.1)."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shema_cli.config.edit import set_value, use_profile, write_profile
from shema_cli.config.results import Profiles, ShownSetting, ShownSettings
from shema_cli.errors import InvalidUsage, NotConfigured, NotFound, Refused
from shema_cli.masking import MASK
from shema_cli.settings.config_file import read_config
from shema_cli.settings.sources import load_settings, read_profile
from shema_cli.settings.values import SECRETS, Settings, mask

COMMENTED = """# ours
default_profile = "b" # the safe one

[profiles.b] # the real one
REDIS_URL = "redis://b" # in the cellar

[profiles.a]
"""


def settings(folder: Path, **environ: str) -> Settings:
    given = {"SHEMA_CONFIG_DIR": str(folder / "config"), "SHEMA_STATE_DIR": str(folder / "state"), **environ}
    return load_settings(environ=given, cwd=folder, any_profile=True)


def config_of(folder: Path, text: str | None = None) -> Path:
    path = folder / "config" / "config.toml"
    if text is not None:
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    return path


def test_what_is_set_is_all_that_changes(tmp_path: Path) -> None:
    path = config_of(tmp_path, COMMENTED)
    set_value(settings(tmp_path), "a", "REDIS_URL", "redis://a")
    assert path.read_text() == COMMENTED + 'REDIS_URL = "redis://a"\n'
    set_value(settings(tmp_path), "b", "REDIS_URL", "redis://c")
    assert path.read_text().count("# ") == 4
    assert tomllib.loads(path.read_text())["profiles"]["b"] == {"REDIS_URL": "redis://c"}
    use_profile(settings(tmp_path), "a")
    assert 'default_profile = "a" # the safe one' in path.read_text()


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=20))
def test_any_value_is_read_back_as_it_was_given(tmp_path_factory: pytest.TempPathFactory, value: str) -> None:
    folder = tmp_path_factory.mktemp("c")
    set_value(settings(folder), "p q.r", "SERVICE_NAME", value)
    assert tomllib.loads(config_of(folder).read_text())["profiles"]["p q.r"] == {"SERVICE_NAME": value}


def test_a_file_that_is_made_is_its_owner_s_alone(tmp_path: Path) -> None:
    change = set_value(settings(tmp_path), "p", "SERVICE_JWT_SECRET", "s" * 32)
    assert config_of(tmp_path).stat().st_mode & 0o077 == 0
    assert config_of(tmp_path).parent.stat().st_mode & 0o077 == 0
    assert change.document() == {
        "path": str(config_of(tmp_path)),
        "key": "profiles.p.SERVICE_JWT_SECRET",
        "value": MASK,
    }


def test_a_link_is_followed_and_stays_one(tmp_path: Path) -> None:
    (tmp_path / "dotfiles").mkdir()
    real = tmp_path / "dotfiles" / "shema.toml"
    real.write_text(COMMENTED)
    config_of(tmp_path).parent.mkdir()
    config_of(tmp_path).symlink_to(real)
    set_value(settings(tmp_path), "b", "SERVICE_NAME", "x")
    assert config_of(tmp_path).is_symlink()
    assert 'SERVICE_NAME = "x"' in real.read_text()


@pytest.mark.parametrize("dry_run", [True, False])
def test_a_dry_run_tells_the_same_and_writes_nothing(tmp_path: Path, dry_run: bool) -> None:
    path = config_of(tmp_path, COMMENTED)
    assert use_profile(settings(tmp_path), "a", dry_run=dry_run).value == "a"
    assert (path.read_text() == COMMENTED) is dry_run


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("REDIS_ULR", "did you mean 'REDIS_URL'?"),
        ("redis_url", "did you mean 'REDIS_URL'?"),
        ("zzz", "`shema config show`"),
    ],
)
def test_a_setting_that_is_none_is_not_written(tmp_path: Path, name: str, hint: str) -> None:
    with pytest.raises(InvalidUsage) as refused:
        set_value(settings(tmp_path), "p", name, "x")
    assert str(refused.value.hint).startswith(hint)
    assert not config_of(tmp_path).exists()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ZITHER_SERVICE_URL", "x"),
        ("REDIS_URL", "x"),
        ("confirm", "type-name"),
        ("color", "Cyan"),
        ("read_only", "true"),
        ("read_only", "no"),
        ("confirm", ""),
    ],
)
def test_settings_options_of_a_profile_and_services_of_any_name_can_be_set(
    tmp_path: Path, name: str, value: str
) -> None:
    set_value(settings(tmp_path), "p", name, value)
    assert tomllib.loads(config_of(tmp_path).read_text()) == {"profiles": {"p": {name: value}}}


@pytest.mark.parametrize(
    ("name", "value"),
    [("confirm", "yes"), ("confirm", "Type-Name"), ("color", "mauve"), ("read_only", "maybe"), ("names", "none")],
)
def test_a_value_that_would_not_be_understood_is_not_written(tmp_path: Path, name: str, value: str) -> None:
    with pytest.raises(InvalidUsage, match="is not understood"):
        set_value(settings(tmp_path), "p", name, value)
    assert not config_of(tmp_path).exists()


@pytest.mark.parametrize(("name", "hint"), [("aa", "did you mean 'a'?"), ("zzz", "the profiles there are: b, a")])
def test_a_profile_that_is_not_there_cannot_be_used(tmp_path: Path, name: str, hint: str) -> None:
    config_of(tmp_path, COMMENTED)
    with pytest.raises(NotFound) as refused:
        use_profile(settings(tmp_path), name)
    assert refused.value.hint == hint


def test_no_secret_is_shown(tmp_path: Path) -> None:
    hidden = dict.fromkeys(SECRETS, "a secret of ours")
    shown = ShownSettings.of(settings(tmp_path, **hidden, REDIS_URL="redis://u:a secret of ours@h"))
    assert "a secret of ours" not in str(shown.document())
    values = {one.name: one.value for one in shown.settings}
    assert all(values[name] == MASK for name in SECRETS)


@pytest.mark.parametrize("password", ["p", "p w", "p@w", "p/w", "p / w", "a\tb", "a,b", "a://b"])
def test_a_password_is_masked_whatever_is_in_it(password: str) -> None:
    assert mask("REDIS_URL", f"rediss://user:{password}@host:6379/0?db=1") == f"rediss://{MASK}@host:6379/0?db=1"
    assert mask("SERVICE_NAME", f"{password} and no URL") == f"{password} and no URL"


def test_where_a_value_came_from_is_told_and_folders_have_one_always(tmp_path: Path) -> None:
    on = settings(tmp_path, ZITHER_SERVICE_URL="http://z:1")
    shown = {one.name: one for one in ShownSettings.of(on).settings}
    assert shown["ZITHER_SERVICE_URL"].about == "base URLs of the zither service"
    assert (shown["ZITHER_SERVICE_URL"].source, shown["REDIS_URL"].source) == ("environment", None)
    bare = Settings({}, None, {}, config_path=tmp_path / "c" / "config.toml", state_path=tmp_path / "s")
    folder = ShownSetting.of(bare, "SHEMA_CONFIG_DIR")
    assert (folder.value, folder.source) == (str(tmp_path / "c"), "default")


def test_profiles_say_which_one_is_meant() -> None:
    assert Profiles(("a", "b"), "a", "b").document() == {
        "profiles": [
            {"name": "a", "active": True, "default": False},
            {"name": "b", "active": False, "default": True},
        ]
    }
    assert len(list(Profiles((), None, None).notes())) == 1


# -- the file ----------------------------------------------------------------------------------------------------


def test_twelve_at_once_all_land(tmp_path: Path) -> None:
    code = (
        "import sys; from shema_cli.main import main; "
        "sys.exit(main(['config', 'set', f'A{sys.argv[1]}_SERVICE_URL', 'http://a', '--profile', 'p']))"
    )
    env = {**os.environ, "SHEMA_CONFIG_DIR": str(tmp_path / "config"), "SHEMA_STATE_DIR": str(tmp_path / "state")}
    running = [
        subprocess.Popen([sys.executable, "-c", code, str(n)], env=env, cwd=tmp_path, stdout=subprocess.DEVNULL)
        for n in range(12)
    ]
    assert [process.wait(60) for process in running] == [0] * 12
    written = tomllib.loads(config_of(tmp_path).read_text())["profiles"]["p"]
    assert sorted(written) == sorted(f"A{n}_SERVICE_URL" for n in range(12))
    assert [path.name for path in config_of(tmp_path).parent.iterdir()] == ["config.toml"]


@pytest.mark.parametrize("mode", [0o640, 0o400, 0o666])
def test_who_may_read_it_stays_as_it_is(tmp_path: Path, mode: int) -> None:
    path = config_of(tmp_path, COMMENTED)
    path.chmod(mode)
    set_value(settings(tmp_path), "a", "SERVICE_NAME", "x")
    assert stat.S_IMODE(path.stat().st_mode) == mode


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file to somebody else")
def test_whose_it_is_stays_as_it_is(tmp_path: Path) -> None:
    path = config_of(tmp_path, COMMENTED)
    os.chown(path, 12345, 23456)
    set_value(settings(tmp_path), "a", "SERVICE_NAME", "x")
    assert (path.stat().st_uid, path.stat().st_gid) == (12345, 23456)


def test_a_byte_order_mark_stays(tmp_path: Path) -> None:
    path = config_of(tmp_path, COMMENTED)
    path.write_bytes(b"\xef\xbb\xbf" + COMMENTED.encode())
    set_value(settings(tmp_path), "a", "SERVICE_NAME", "x")
    assert path.read_bytes() == b"\xef\xbb\xbf" + COMMENTED.encode() + b'SERVICE_NAME = "x"\n'


def test_folders_are_made_private_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        given = {"SHEMA_CONFIG_DIR": str(tmp_path / "new" / "shema"), "SHEMA_STATE_DIR": str(tmp_path / "state")}
        set_value(load_settings(environ=given, cwd=tmp_path), "p", "SERVICE_JWT_SECRET", "s" * 32)
    finally:
        os.umask(before)
    for path in (tmp_path / "new", tmp_path / "new" / "shema", tmp_path / "new" / "shema" / "config.toml"):
        assert path.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("text", "said"),
    [("profiles = 3\n", "profiles must be a table"), ("[profiles]\np = 3\n", "profiles.p must be a table")],
)
def test_what_is_no_table_is_not_written_into(tmp_path: Path, text: str, said: str) -> None:
    path = config_of(tmp_path, text)
    with pytest.raises(NotConfigured, match=said):
        set_value(settings(tmp_path), "p", "SERVICE_NAME", "x")
    assert path.read_text() == text


def test_a_value_that_is_not_utf8_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidUsage, match="not UTF-8"):
        set_value(settings(tmp_path), "p", "SERVICE_NAME", "caf\udce9")
    assert not config_of(tmp_path).exists()


# -- several values at once -------------------------------------------------------------------------------------------


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "config" / "config.toml"


def written(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text())


def test_a_profile_is_written_at_once_and_made_the_default_where_asked(path: Path) -> None:
    write_profile(path, "a b", {"REDIS_URL": "redis://h", "confirm": "type-name"}, {}, default=True)
    assert written(path) == {
        "default_profile": "a b",
        "profiles": {"a b": {"REDIS_URL": "redis://h", "confirm": "type-name"}},
    }
    assert path.stat().st_mode & 0o777 == 0o600
    write_profile(path, "b", {"REDIS_URL": "redis://b"}, {})
    assert written(path)["default_profile"] == "a b"


def test_a_value_is_changed_where_it_stands_and_taken_away(path: Path) -> None:
    path.parent.mkdir()
    path.write_text(
        '# ours\n[profiles.p]\nredis_url = "redis://old" # the old one\nca = "/ca.pem"\nSERVICE_NAME = "x"\n'
    )
    present = {"REDIS_URL": "redis://old", "SHEMA_CA_FILE": "/ca.pem", "SERVICE_NAME": "x"}
    write_profile(path, "p", {"REDIS_URL": "redis://new", "SHEMA_CA_FILE": None}, present)
    assert written(path) == {"profiles": {"p": {"redis_url": "redis://new", "SERVICE_NAME": "x"}}}
    assert "# ours" in path.read_text()


def test_what_a_file_beside_says_is_taken_away_too(path: Path) -> None:
    beside = path.parent / "profiles.d" / "p.toml"
    beside.parent.mkdir(parents=True)
    beside.write_text('REDIS_URL = "redis://beside"\n')
    write_profile(path, "p", {"REDIS_URL": None}, {"REDIS_URL": "redis://beside"})
    assert read_profile(read_config(path), "p") == {}


def test_what_somebody_else_has_changed_meanwhile_is_not_overwritten(path: Path) -> None:
    path.parent.mkdir()
    path.write_text('[profiles.p]\nREDIS_URL = "redis://theirs"\nSERVICE_NAME = "theirs"\n')
    before = path.read_bytes()
    with pytest.raises(Refused, match=r"REDIS_URL.*nothing was written"):
        write_profile(path, "p", {"REDIS_URL": "redis://ours"}, {"REDIS_URL": "redis://old"})
    with pytest.raises(Refused):
        write_profile(path, "p", {"REDIS_URL": "redis://ours"}, {})
    assert path.read_bytes() == before
    write_profile(path, "p", {"REDIS_URL": "redis://ours"}, {"REDIS_URL": "redis://theirs"})
    assert written(path)["profiles"]["p"]["SERVICE_NAME"] == "theirs"


def test_options_of_a_profile_are_read_as_they_are_written_back(path: Path) -> None:
    path.parent.mkdir()
    path.write_text(
        '[profiles.p]\nread_only = true\nColor = "red"\nURLS = 1\nchat_service_url = ["http://a", "http://b"]\n'
    )
    told = {"CHAT_SERVICE_URL": "http://a,http://b", "read_only": "true", "color": "red"}
    assert read_profile(read_config(path), "p") == told
