"""Under which heading an option is listed, by its name: one word means one thing in every command."""

from __future__ import annotations

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
