"""Where what is made from the command tree is written."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path


def write_all(folder: Path, pages: Mapping[str, str], kind: str) -> None:
    """Replace the files of a `kind` (a glob pattern) in `folder` by the pages, file name → content."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob(kind):
        old.unlink()
    for name, content in pages.items():
        (folder / name).write_text(content, encoding="utf-8")
