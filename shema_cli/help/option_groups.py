"""Under which heading an option is listed, by its name: one word means one thing in every command."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

COMMON = "Common options"

_GROUPS: Mapping[str, frozenset[str]] = {
    COMMON: frozenset({"output", "json_output", "verbose", "log_format", "profile", "env_file", "help", "version"}),
    "Which ones": frozenset(
        {
            "--all", "--all-pending", "--ids-file", "--status", "--course", "--type", "--error", "--fingerprint",
            "--since", "--until", "--limit", "--invalid", "--where", "--grep", "--session", "--actor", "--action",
            "--target", "--cursor",
        }
    ),
    "Safety": frozenset(
        {
            "--dry-run", "--yes", "--allow-unheard", "--force", "--skip-capacity-check", "--max-replays", "--canary",
            "--verify", "--republish", "--wait",
        }
    ),
}  # fmt: skip


def group_of(param: Any) -> str:
    """The heading of an option: the one that it declares itself, else by its name."""
    declared = getattr(param, "rich_help_panel", None)
    if isinstance(declared, str):
        return declared
    for title, names in _GROUPS.items():
        if param.name in names or names & {*param.opts, *param.secondary_opts}:
            return title
    return "Options"


_PLACEHOLDERS: Mapping[str, str] = {
    "--output": "FORMAT",
    "--since": "TIME",
    "--until": "TIME",
    "--profile": "NAME",
    "--actor": "ADMIN",
    "--action": "ACTION",
    "--target": "ID",
    "--student-id": "ID",
    "--course": "ID",
    "--fingerprint": "F",
    "--type": "TYPE",
    "--email": "EMAIL",
    "--verify": "SECONDS",
    "--wait": "SECONDS",
    "--mfa-code": "CODE",
}
_NUMBER = re.compile(r"<(int|float)( range)?>")


def with_placeholder(param: Any, declaration: str) -> str:
    """An option's declaration with the word for its value in capitals, where the command names none itself."""
    word = next((_PLACEHOLDERS[name] for name in param.opts if name in _PLACEHOLDERS), "TEXT")
    choices = re.sub(r"<([\w|-]+\|[\w|-]+)>", r"\1", declaration)
    return _NUMBER.sub("N", choices).replace("<str>", word).replace("<path>", "FILE")
