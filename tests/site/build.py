"""docs/ made into pages as `make site` does it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def build(into: Path, root: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """mkdocs over a clone; stderr has its warnings, each of which makes it fail (with --quiet it would count none)."""
    env = os.environ | {"NO_MKDOCS_2_WARNING": "1"}
    command = [sys.executable, "-m", "mkdocs", "build", "--site-dir", str(into)]
    return subprocess.run(command, cwd=root, env=env, capture_output=True, text=True, check=False)


def page_of(source: Path) -> str:
    """Where the site has the page of a file of this repository."""
    path = source.relative_to(ROOT).as_posix()
    if path == "README.md":
        return "start.html"
    return path.removeprefix("docs/").replace("README.md", "index.md").removesuffix(".md") + ".html"
