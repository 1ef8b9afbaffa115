"""The workflows: pinned, with few rights, and running what there is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from release import source

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / ".github" / "workflows"
pytestmark = pytest.mark.skipif(not source.is_clone(), reason="the workflows are in a clone alone")
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
OTHERS = {
    "test.yml": {'sudo env "PATH=$PATH" bash .ci/run'},
    "release.yml": {
        "mkdir packages",
        "mv dist/*.whl dist/*.tar.gz packages/",
        (
            'gh release create "$GITHUB_REF_NAME" --repo "$GITHUB_REPOSITORY" '
            '--title "shema $GITHUB_REF_NAME" --notes-file dist/RELEASE.md dist/*'
        ),
    },
    "docs.yml": set(),
}
"""What the workflows run besides targets of the Makefile."""
RIGHTS = {
    ("release.yml", "publish"): {"id-token": "write"},
    ("release.yml", "page"): {"contents": "write"},
    ("docs.yml", "publish"): {"pages": "write", "id-token": "write"},
}
"""The jobs that may more than read."""


def load(name: str) -> dict[str, Any]:
    return dict(yaml.safe_load((FOLDER / name).read_text()))


def steps(name: str) -> Iterator[dict[str, Any]]:
    for job in load(name)["jobs"].values():
        yield from job["steps"]


def test_these_are_all() -> None:
    assert {path.name for path in FOLDER.iterdir()} == set(OTHERS)


@pytest.mark.parametrize("name", OTHERS)
def test_every_command_is_there(name: str) -> None:
    commands = {line for step in steps(name) for line in step.get("run", "").splitlines()}
    made = {command for command in commands if command.startswith("make ")}
    assert {command.removeprefix("make ") for command in made} <= TARGETS
    assert commands - made == OTHERS[name]
    assert made or name == "test.yml"


@pytest.mark.parametrize("name", OTHERS)
def test_every_action_is_pinned_and_says_its_version(name: str) -> None:
    used = [line for line in (FOLDER / name).read_text().splitlines() if "uses:" in line]
    assert used
    for line in used:
        assert re.search(r"uses: [\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$", line), line


@pytest.mark.parametrize("name", OTHERS)
def test_a_job_may_read_unless_it_is_named_here(name: str) -> None:
    workflow = load(name)
    assert workflow["permissions"] == {"contents": "read"}
    for title, job in workflow["jobs"].items():
        assert job.get("permissions", {"contents": "read"}) == RIGHTS.get((name, title), {"contents": "read"})
        assert job["timeout-minutes"] <= 90


@pytest.mark.parametrize("name", OTHERS)
def test_no_secret_is_kept(name: str) -> None:
    assert "secrets." not in (FOLDER / name).read_text()
    for step in steps(name):
        if "checkout" in step.get("uses", ""):
            assert step["with"]["persist-credentials"] is False


def test_it_tests_on_pythons_that_are_supported() -> None:
    matrix = load("test.yml")["jobs"]["test"]["strategy"]["matrix"]
    assert set(matrix["python"]) <= set(source.pythons())
