"""`python -m shema_cli.help [FOLDER]` writes the reference of all commands; `docs/reference/` unless told."""

from __future__ import annotations

import sys

from shema_cli.help.reference import write_all

write_all(sys.argv[1] if len(sys.argv) > 1 else "docs/reference")
