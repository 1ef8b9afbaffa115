"""Words that never change complete in real shells, and start nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from shema_cli.app import TREE
from tests.completion.shells import bash, environment, forbidden, offered

SHELLS = ("bash", "zsh", "fish")
LINES = {
    "shema dl": {"dlq"},
    "shema config ": {"show", "path", "profiles", "use", "set"},
    "shema -o ": {"table", "json", "csv"},
    "shema -o json events s": {"schema"},
    "shema events publish --dr": {"--dry-run"},
    "shema events publish enrollment.": {"enrollment.created", "enrollment.approved", "enrollment.rejected"},
    "shema config set FIREBASE_P": {"FIREBASE_PROJECT_ID"},
    "shema config set SERVICE_NAME ": set(),
    "shema dlq ru": {"runs"},
    "shema dlq runs ": {"stop"},
    "shema dlq runs stop --dr": {"--dry-run"},
    "shema dashboard --watch --js": {"--json"},
    "shema completions show f": {"fish"},
    "shema services resolve x y ": set(),
    "shema help js": {"json"},
    "shema help audit ": {"list", "verify"},
    "shema help exit-codes ": set(),
    "shema help exit-codes --js": {"--json"},
    "shema help json c": {"courses", "chat", "check", "config", "completions"},
    "shema help json enrollments ": {"list", "show", "approve", "reject"},
    "shema help json dlq runs ": {"stop"},
    "shema help json dlq list -o ": {"table", "json", "csv"},
}


@pytest.fixture
def trap(tmp_path: Path) -> Path:
    return forbidden(tmp_path / "bin")


@pytest.mark.parametrize("shell", SHELLS)
def test_fixed_words_are_offered_without_starting_anything(shell: str, trap: Path) -> None:
    for line, expected in LINES.items():
        assert set(offered(shell, line, environment(trap))) == expected, line
    assert not (trap / "started").exists()


@pytest.mark.parametrize("shell", SHELLS)
def test_every_command_of_the_root_is_offered(shell: str, trap: Path) -> None:
    assert set(offered(shell, "shema ", environment(trap))) == set(TREE)


def test_a_value_joined_by_an_equals_sign(trap: Path) -> None:
    assert bash("shema --output=c", environment(trap)) == ["csv"]
    assert set(offered("fish", "shema --output=c", environment(trap))) == {"--output=csv"}
    assert set(offered("zsh", "shema --output=c", environment(trap))) == {"csv"}


@pytest.mark.parametrize("shell", SHELLS)
def test_a_file_is_offered_where_one_is_wanted(shell: str, trap: Path, tmp_path: Path) -> None:
    (tmp_path / "only-this.env").touch()
    found = offered(shell, f"shema --env-file {tmp_path}/only", environment(trap))
    assert "only-this.env" in [Path(name).name for name in found]
