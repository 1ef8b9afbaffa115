"""`python -m shema_cli.help [FOLDER]` writes the reference of all commands and their manual pages to `docs/`."""

from __future__ import annotations

import sys
from pathlib import Path

from shema_cli.help import man, reference
from shema_cli.help.write import write_all

docs = Path(sys.argv[1] if len(sys.argv) > 1 else "docs")
write_all(docs / "reference", reference.pages(), "*.md")
write_all(docs / "man", man.pages(), "*.1")
