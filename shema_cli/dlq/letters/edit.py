"""Edit one event in the person's editor; only its text changes hands, numbers and order are never re-encoded."""

from __future__ import annotations

import difflib
import shlex
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from shema_cli.dlq.letters.entry import Entry, parse_event
from shema_cli.errors import Failed, InvalidUsage, NotConfigured, Refused
from shema_cli.json_text import compact, set_out


@dataclass(frozen=True)
class Edited:
    """The event as it was edited (`entry.raw` is the event alone) and the difference as lines to show."""

    entry: Entry
    difference: str


def edit_event(entry: Entry, environ: Mapping[str, str]) -> Edited:
    """Open the event in `$VISUAL` or `$EDITOR`.

    Raises NotConfigured without an editor, Failed when it fails, InvalidUsage when what is left is no event that can be
    published, Refused when nothing was changed.
    """
    before = set_out(entry.event.decode("utf-8", "replace")) + "\n" if entry.event else ""
    after = _in_editor(before, entry.id, environ)
    if compact(after) == compact(before):
        raise Refused("not_edited", f"{entry.id} was not changed; nothing was replayed")
    edited = parse_event(after.encode("utf-8", "surrogateescape"))
    if edited.valid:
        edited = parse_event(compact(after).encode())
    else:
        raise InvalidUsage(
            "bad_edit", f"the edited event cannot be published: {edited.reason}", "edit it again; nothing was changed"
        )
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), "stored", "edited", lineterm="", n=2)
    return Edited(edited, "\n".join(lines))


def _in_editor(text: str, name: str, environ: Mapping[str, str]) -> str:
    editor = environ.get("VISUAL") or environ.get("EDITOR")
    if not editor:
        raise NotConfigured("no_editor", "--edit needs an editor", "set EDITOR, e.g. EDITOR=nano")
    with tempfile.TemporaryDirectory(prefix="shema-edit-") as folder:
        file = Path(folder) / f"{name}.json"
        file.touch(mode=0o600)
        file.write_text(text, encoding="utf-8")
        try:
            code = subprocess.run([*shlex.split(editor), str(file)], check=False).returncode
        except (OSError, ValueError) as error:
            raise Failed("editor_failed", f"{editor} could not be started: {error}", "set EDITOR") from error
        if code != 0:
            raise Failed("editor_failed", f"{editor} ended with {code}; nothing was replayed", "try again")
        return file.read_bytes().decode("utf-8", "surrogateescape")
