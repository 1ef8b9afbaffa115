"""What `--help` says, in full: a text a command, at 80 columns, committed beside this file.

To write them again: `python -m tests.help.snapshots`.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from shema_cli.app import tree
from shema_cli.cli.help_text import exit_codes
from shema_cli.errors import ExitCode
from shema_cli.help import man, reference
from shema_cli.help.topics import TOPICS
from tests.help.snapshots import FOLDER, SUFFIX, all_helps, name_of
from tests.support.cli import shema

DOCS = Path(__file__).parents[2] / "docs"
COMMON_NAMES = {option.names[-1] for option in tree().options}


def test_every_help_is_as_it_was_committed() -> None:
    found = all_helps()
    assert set(found) == {path.name for path in FOLDER.glob(f"*{SUFFIX}")}, "python -m tests.help.snapshots"
    for name, text in found.items():
        assert text == (FOLDER / name).read_text(encoding="utf-8"), f"{name}: python -m tests.help.snapshots"


def test_the_help_of_the_tree_is_what_the_command_prints(
    base_env: dict[str, str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    for node in (n for n in tree().walk() if n.path in ("", "config", "config set", "dashboard")):
        assert shema(*node.path.split(), "--help", env=base_env).code == 0
        assert capsys.readouterr().out.strip() == (FOLDER / name_of(node)).read_text().strip()


@pytest.mark.parametrize(
    ("found", "folder", "kind"),
    [(reference.pages(), DOCS / "reference", "*.md"), (man.pages(), DOCS / "man", "*.1")],
    ids=["reference", "man"],
)
def test_what_is_written_from_the_tree_is_as_it_was_committed(found: dict[str, str], folder: Path, kind: str) -> None:
    assert set(found) == {path.name for path in folder.glob(kind)}, "run `make docs` and commit what it changed"
    for name, text in found.items():
        assert text == (folder / name).read_text(encoding="utf-8"), f"{name}: run `make docs` and commit it"


@pytest.mark.parametrize("name", man.pages())
def test_a_manual_page_is_read_without_a_complaint(name: str, tmp_path: Path) -> None:
    """Every line fits into 80 columns but for examples, which are for copying; every option and example is there."""
    if shutil.which("man") is None or shutil.which("groff") is None:
        pytest.skip("man is not installed")
    page = tmp_path / name
    page.write_text(man.pages()[name], encoding="utf-8")
    env = {"PATH": os.environ["PATH"], "MANWIDTH": "80", "LC_ALL": "C.UTF-8"}
    shown = subprocess.run(
        ["man", "--warnings=all", "-l", str(page)], env=env, capture_output=True, text=True, check=True, input=""
    )
    assert shown.stderr == ""
    examples = {e.line for node in tree().walk() for e in node.examples}
    for line in shown.stdout.splitlines():
        assert len(line) <= 80 or line.strip() in examples, line
    group = name.removesuffix(".1").partition("-")[2]
    for node in (n for n in tree().walk() if n.path and n.path.split()[0] == group):
        for option in node.options:
            assert group == "help" or option.names[-1] in shown.stdout or option.names[-1] in COMMON_NAMES
        for example in node.examples:
            assert example.line in shown.stdout


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (".dot first", "\\&.dot first"),
        ("'quote first", "\\(aqquote first"),
        ("a\\b -c ~d ^e", "a\\eb \\-c \\(tid \\(hae"),
        ("one … two\nthree", "one \\[u2026] two three"),
    ],
)
def test_text_means_nothing_to_roff(text: str, shown: str) -> None:
    assert man.plain(text) == shown


@pytest.mark.parametrize("width", [40, 60, 80, 120, 200])
def test_no_help_is_wider_than_the_terminal(width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    for node in tree().walk():
        for line in node.help_text().splitlines():
            fits = len(line) <= width or line.lstrip().startswith("$ ")  # an example is for copying, so never broken
            assert fits or " " not in line.strip(), (node.path, line)


def test_exit_codes_follow_from_what_a_command_asks_of_its_user() -> None:
    assert set(exit_codes("open", {})) == {0, 1, 2, 130}
    assert set(exit_codes("read", {})) == {0, 1, 2, 3, 4, 130}
    assert set(exit_codes("change", {})) == {0, 1, 2, 3, 4, 5, 130}
    assert exit_codes("open", {3: "no network"})[3] == "no network"
    accesses = {node.path: node.access for node in tree().walk()}
    assert accesses["api"] == "varies"
    assert accesses["dlq replay"] == "change"
    assert accesses["doctor"] == "open"


@pytest.mark.parametrize("topic", TOPICS)
def test_a_topic_is_shown_whole_everywhere(topic: str, base_env: dict[str, str]) -> None:
    text = shema("help", topic, "--json", env=base_env).json["text"]
    assert shema("help", topic, env=base_env).out == text
    assert "{" not in text.replace('{"', "").replace("{...", "")


def test_the_environment_is_told_completely(base_env: dict[str, str]) -> None:
    text = shema("help", "environment", env=base_env).out
    example = (Path(__file__).parents[2] / ".env.example").read_text()
    names = {line.lstrip("# ").partition("=")[0] for line in example.splitlines() if "=" in line}
    assert names
    assert not {name for name in names if name.isupper() and name not in text}


def test_a_command_is_a_topic_and_a_misspelt_one_is_suggested(base_env: dict[str, str]) -> None:
    assert "Usage: shema dlq replay" in shema("help", "dlq", "replay", env=base_env).out
    run = shema("help", "exit-code", env=base_env)
    assert run.code == ExitCode.FAILED
    assert "shema help exit-codes" in run.err


def test_the_schema_of_what_a_command_prints(base_env: dict[str, str]) -> None:
    """Whatever `-o` says, and from settings that no other command would take."""
    printed = shema("help", "json", "dlq", "list", env=base_env).out
    assert json.loads(printed)["title"] == "shema dlq list"
    env = {**base_env, "SHEMA_PROFILE": "nowhere"}
    assert shema("help", "json", "dlq", "list", "-o", "csv", env=env).out == printed
    assert json.loads(shema("help", "json", "dlq", "replay", "--dry-run", env=env).out)["properties"]["plan"]
    assert shema("help", "json", env=env).out.startswith("any error\tone document\n")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("dlq", "lst"), "near to it: dlq list, dlq stats, dlq show"),
        (("courses",), "near to it: courses list, courses show"),
        (("dlq", "list", "--dry-run"), "shema help json dlq list"),
        (("zzz",), "'zzz' is no command that prints JSON\n"),
        (("ui",), "ui has no JSON document; it prints a screen"),
        (("\x1b[31m",), "\\x1b[31m"),
    ],
)
def test_a_command_without_a_document_is_said(words: tuple[str, ...], said: str, base_env: dict[str, str]) -> None:
    run = shema("help", "json", *words, env=base_env)
    assert (run.code, run.out) == (ExitCode.USAGE, "")
    assert said in run.err


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        (("dashbord",), "'dashboard'"),
        (("dlq", "reply"), "'replay'"),
        (("dlq", "list", "--sinse", "1h"), "'--since'"),
        (("config", "path", "-o", "jsn"), "'json'"),
        (("enrollments", "list", "--status", "pendng"), "'pending'"),
        (("completions", "show", "bsh"), "'bash'"),
        (("help", "--jsno"), "'--json'"),
    ],
)
def test_what_was_meant_is_said(words: tuple[str, ...], meant: str, base_env: dict[str, str]) -> None:
    run = shema(*words, env=base_env)
    assert run.code == ExitCode.USAGE
    assert f"Did you mean {meant}?" in run.err
