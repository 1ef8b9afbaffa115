"""The PowerShell script in a real `pwsh`; collected only where there is one (see conftest.py)."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from shema_cli.completion.scripts import FILES
from tests.completion.shells import SCRIPTS, environment, forbidden, need

ASK = """
. {script}
$line = '{line}'
([System.Management.Automation.CommandCompletion]::CompleteInput($line, $line.Length, $null)).CompletionMatches |
    ForEach-Object {{ $_.CompletionText }}
"""


@pytest.mark.parametrize(
    ("line", "offers"),
    [
        ("shema ch", "chat"),
        ("shema chat ", "tail"),
        ("shema dlq rep", "replay"),
        ("shema dlq replay --dry", "--dry-run"),
        ("shema enrollments list --status pen", "pending"),
        ("shema dlq list -o js", "json"),
    ],
)
def test_a_fixed_word_is_offered_without_starting_anything(line: str, offers: str, tmp_path: Path) -> None:
    pwsh = need("pwsh")
    env = environment(forbidden(tmp_path / "bin"))
    asked = ASK.format(script=SCRIPTS / FILES["powershell"], line=line)
    done = subprocess.run(
        [pwsh, "-NoProfile", "-NonInteractive", "-Command", asked], env=env, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == [offers]
    assert not (tmp_path / "bin" / "started").exists()
