"""`python -m shema_cli.help [FOLDER]` writes what is generated of `docs/`: reference, manual pages, runbook."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

from shema_cli.cases.page import page
from shema_cli.help import man, reference


def write_all(folder: Path, pages: Mapping[str, str], kind: str) -> None:
    """Replace the files of a `kind` (a glob pattern) in `folder` by the pages, file name → content."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob(kind):
        old.unlink()
    for name, content in pages.items():
        (folder / name).write_text(content, encoding="utf-8")


docs = Path(sys.argv[1] if len(sys.argv) > 1 else "docs")
write_all(docs / "reference", reference.pages(), "*.md")
write_all(docs / "man", man.pages(), "*.1")
(docs / "operations.md").write_text(page(), encoding="utf-8")
