"""`python -m shema_cli.completion [FOLDER]` writes the scripts of every shell; `completions/` unless told."""

from __future__ import annotations

import sys

from shema_cli.completion.scripts import write_all

write_all(sys.argv[1] if len(sys.argv) > 1 else "completions")
