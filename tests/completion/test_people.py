"""Names on TAB: from the cache alone, for an admin alone, and never as anything but a word."""

from __future__ import annotations

from pathlib import Path

import pytest

from shema_cli.people.cache import FILE, NameCache
from shema_cli.people.results import Person
from tests.completion.shells import bash, environment, offered, program
from tests.support.cli import shema
from tests.support.signed_in import signed_in
from tests.support.world import app_of

KNOWN = [
    Person("s1", "Budi Santoso", "budi1@shema.test"),
    Person("s2", "Budi Santoso", None),
    Person("s3", "Budiarti", "arti@shema.test"),
    Person("s4", "山田 花子", "hanako@shema.test"),
    Person("s5", None, "nameless@shema.test"),
    Person("s6", 'Nur\'aini $(touch started); "x"', None),
]
HOSTILE = ["\x1b[31mBudi", "Budi\nx", "Budi\tx", "\u202eidub", "-rf", "--yes", "Budi" * 60]


@pytest.fixture
def env(base_env: dict[str, str]) -> dict[str, str]:
    return {**base_env, **signed_in(), "USER_SERVICE_URL": "http://127.0.0.1:9", "SERVICE_JWT_SECRET": "s" * 32}


def keep(env: dict[str, str], *people: Person) -> None:
    app = app_of(env)
    NameCache(app.state, app.settings, app.clock).keep("user", {person.id: person for person in people})
    app.close()


def ask(env: dict[str, str], prefix: str) -> dict[str, str]:
    run = shema("_complete", "people", prefix, env=env)
    assert (run.code, run.err) == (0, "")
    return dict(line.partition("\t")[::2] for line in run.out.splitlines())


def test_names_with_an_address_and_of_two_of_one_name_an_address_with_the_name(env: dict[str, str]) -> None:
    keep(env, *KNOWN)
    assert ask(env, "") == {
        "Budiarti": "arti@shema.test",
        "budi1@shema.test": "Budi Santoso",
        "s2": "Budi Santoso",
        "nameless@shema.test": "",
        'Nur\'aini $(touch started); "x"': "s6",
        "山田 花子": "hanako@shema.test",
    }


@pytest.mark.parametrize(
    ("prefix", "values"),
    [
        ("budia", {"Budiarti"}),
        ("BUDI", {"Budiarti", "budi1@shema.test"}),
        ("arti", {"arti@shema.test"}),
        ("s", {"s1", "s2", "s3", "s4", "s5", "s6"}),
        ("hanako@", {"hanako@shema.test"}),
        ("Hanako@", set()),
        ("山", {"山田 花子"}),
        ("x", set()),
    ],
)
def test_what_is_being_typed(env: dict[str, str], prefix: str, values: set[str]) -> None:
    keep(env, *KNOWN)
    assert set(ask(env, prefix)) == values


@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_that_is_no_word_is_not_offered(env: dict[str, str], name: str) -> None:
    keep(env, Person("s1", name, None), KNOWN[2])
    assert set(ask(env, "")) == {"Budiarti"}


def test_what_is_old_or_of_another_system_is_not_offered(env: dict[str, str], tmp_path: Path) -> None:
    keep(env, *KNOWN)
    assert ask({**env, "USER_SERVICE_URL": "http://127.0.0.1:8"}, "") == {}
    with (Path(env["SHEMA_STATE_DIR"]) / FILE).open("r+b") as file:
        file.write(b"this never was a database")
    assert ask(env, "") == {}


def test_signed_out_or_where_no_names_are_kept_there_is_nothing(env: dict[str, str]) -> None:
    keep(env, *KNOWN)
    assert ask({**env, "SHEMA_ID_TOKEN": "x"}, "") == {}
    folder = Path(env["SHEMA_CONFIG_DIR"])
    folder.mkdir(exist_ok=True)
    (folder / "config.toml").write_text("[profiles.p]\nnames = false\n")
    assert ask({**env, "SHEMA_PROFILE": "p"}, "") == {}
    assert not list(Path(env["SHEMA_STATE_DIR"]).glob("completion-*"))


def test_no_other_file_bears_a_name(env: dict[str, str]) -> None:
    keep(env, *KNOWN)
    assert ask(env, "")
    others = [path for path in Path(env["SHEMA_STATE_DIR"]).iterdir() if not path.name.startswith("names")]
    assert not any(b"Budi" in path.read_bytes() for path in others if path.is_file())


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_offers_them(shell: str, env: dict[str, str], tmp_path: Path) -> None:
    keep(env, *KNOWN)
    assert set(offered(shell, "shema find Budia", environment(program(tmp_path / "bin"), env))) == {"Budiarti"}


def test_bash_puts_a_name_on_the_line_as_one_word(env: dict[str, str], tmp_path: Path) -> None:
    keep(env, *KNOWN)
    (word,) = bash("shema find nur", environment(program(tmp_path / "bin"), env))
    assert word == r"Nur\'aini\ \$\(touch\ started\)\;\ \"x\""
