"""The commands of a step: in the words of the command, and as a process of their own."""

from __future__ import annotations

import pytest

from shema_cli.errors import Failed
from shema_cli.runbook.run import Shema, told_of


@pytest.mark.parametrize(
    ("line", "code", "told"),
    [
        ("shema services health course", 1, "some instance is not healthy"),
        ("shema check listeners", 1, "a warning"),
        ("shema dlq runs stop r1", 4, "not signed in, not an admin, or the session has ended"),
        ("shema dlq recover", 5, "refused by a guard or not confirmed; nothing was changed"),
        ("shema doctor", -9, "ended by SIGKILL"),
        ("shema doctor", 77, "not one of its exit codes"),
    ],
)
def test_an_exit_code_is_told_in_the_words_of_its_command(line: str, code: int, told: str) -> None:
    assert told_of(line.split(), code) == told


def test_what_cannot_be_given_to_a_process_is_told() -> None:
    with pytest.raises(Failed, match="cannot be started"):
        Shema().run(("shema", "help", "a\0b"))


def test_its_options_stand_before_the_name() -> None:
    started = Shema(("--profile", "a b", "--read-only"))
    assert started.line(("shema", "dlq", "stats")) == "shema --profile 'a b' --read-only dlq stats"


def test_it_is_the_same_program_whatever_lies_in_the_folder(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path_factory.mktemp("here")
    (folder / "typer.py").write_text("raise SystemExit(77)")
    (folder / "shema_cli.py").write_text("raise SystemExit(77)")
    monkeypatch.chdir(folder)
    assert Shema().run(("shema", "--version")) == 0
