"""The exit codes that a command can give: from what it asks of its user, and what its page adds."""

from __future__ import annotations

from collections.abc import Mapping

from shema_cli.exit_codes import ExitCode

MEANING: Mapping[int, str] = {
    ExitCode.DONE: "done",
    ExitCode.FAILED: "failed, partial, degraded, unhealthy or not found",
    ExitCode.USAGE: "the command line or a setting is wrong",
    ExitCode.UNREACHABLE: "something that is needed could not be reached or timed out",
    ExitCode.DENIED: "not signed in, not an admin, or the session has ended",
    ExitCode.REFUSED: "refused by a guard or not confirmed; nothing was changed",
    ExitCode.INTERRUPTED: "interrupted",
}


def exit_codes(access: str, own: Mapping[int, str]) -> dict[int, str]:
    """Code → meaning, in order. `access` is `open`, `read`, `change` or `varies`."""
    codes = {ExitCode.DONE, ExitCode.FAILED, ExitCode.USAGE, ExitCode.INTERRUPTED}
    if access != "open":
        codes |= {ExitCode.UNREACHABLE, ExitCode.DENIED}
    if access in ("change", "varies"):
        codes.add(ExitCode.REFUSED)
    return {int(code): own.get(code, MEANING[code]) for code in sorted({*codes, *own})}
