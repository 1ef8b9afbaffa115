"""Edit one event in the person's editor; only its text changes hands, numbers and order are never re-encoded."""

from __future__ import annotations

import difflib
import os
import shlex
import shutil
import signal
import subprocess
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from shema_cli.dlq.letters.entry import Entry, parse_event
from shema_cli.errors import Failed, InvalidUsage, NotConfigured, Refused
from shema_cli.frozen import dataclass
from shema_cli.json_text import compact, loads, set_out

if TYPE_CHECKING:
    from shema_cli.output.person import Person

FALLBACKS = ("vi", "nano")


@dataclass(frozen=True)
class Edited:
    """The event as it was edited (`entry.raw` is the event alone), what it was, and the text that was left."""

    entry: Entry
    original: Entry
    text: str

    @property
    def difference(self) -> list[str]:
        before, after = _set_out(self.original).splitlines(), self.text.splitlines()
        return list(difflib.unified_diff(before, after, "stored", "edited", lineterm="", n=2))

    @property
    def digests(self) -> dict[str, str]:
        """SHA-256 of the event `before` and `after`, for the trail."""
        return {"before": sha256(self.original.event).hexdigest(), "after": sha256(self.entry.event).hexdigest()}


def edit_event(entry: Entry, person: Person, environ: Mapping[str, str]) -> Edited:
    """Open the event in `$VISUAL`, `$EDITOR`, or on a terminal in vi or nano; again, if wanted, when what is left
    cannot be published.

    Raises NotConfigured without an editor, Failed when it fails, InvalidUsage, naming a file with the text, when what
    is left is no event of the catalogue, Refused when nothing was changed.
    """
    editor = _editor(environ, terminal=person.can_be_asked)
    before = text = _set_out(entry)
    while True:
        text = _in_editor(editor, text, entry.id)
        if compact(text) == compact(before):
            raise Refused("not_edited", f"{entry.id} was not changed; nothing was replayed")
        edited = _read(text)
        faults = _faults(edited, entry, person)
        if not faults:
            return Edited(edited, entry, text)
        problem = f"the edited event cannot be published: {faults}"
        if person.can_be_asked:
            person.warn(problem)
            if person.ask("Edit it again? [y/N]", flag="--edit").lower() in ("y", "yes"):
                continue
        raise InvalidUsage("bad_edit", problem, f"nothing was changed; what you wrote is kept in {keep(text, entry)}")


def keep(text: str, entry: Entry) -> Path:
    """Put what was written into a file of its owner's alone."""
    handle, name = tempfile.mkstemp(prefix=f"shema-edit-{entry.id}-", suffix=".json")
    with os.fdopen(handle, "wb") as file:
        file.write(text.encode("utf-8", "surrogateescape"))
    return Path(name)


def _set_out(entry: Entry) -> str:
    return set_out(entry.event.decode("utf-8", "replace")) + "\n" if entry.event else ""


def _read(text: str) -> Entry:
    edited = parse_event(text.encode("utf-8", "surrogateescape"))
    return parse_event(compact(text).encode()) if edited.valid else edited


def _faults(edited: Entry, original: Entry, person: Person) -> str:
    """Why it cannot be published, empty when it can. What the stored event has at fault as well is only warned of."""
    from shema_cli.events.catalogue import faults_of

    if not edited.valid or edited.channel is None:
        return edited.reason or "it names no channel"
    try:
        before = set(faults_of(original.channel, loads(original.event))) if original.channel else set()
        found = faults_of(edited.channel, loads(edited.event))
    except ValueError as error:
        return str(error)
    for fault in (fault for fault in found if fault in before):
        person.warn(f"as it was stored, {edited.channel}: {fault}")
    return "; ".join(fault for fault in found if fault not in before)


def _editor(environ: Mapping[str, str], *, terminal: bool) -> list[str]:
    named = environ.get("VISUAL") or environ.get("EDITOR")
    if named:
        try:
            return shlex.split(named)
        except ValueError as error:
            raise Failed("editor_failed", f"{named} could not be started: {error}", "set EDITOR") from error
    found = next((path for name in FALLBACKS if (path := shutil.which(name, path=environ.get("PATH")))), None)
    if not terminal or found is None:
        raise NotConfigured("no_editor", "--edit needs an editor", "set EDITOR, e.g. EDITOR=nano")
    return [found]


def _in_editor(editor: list[str], text: str, name: str) -> str:
    with tempfile.TemporaryDirectory(prefix="shema-edit-") as folder:
        file = Path(folder) / f"{name}.json"
        file.touch(mode=0o600)
        file.write_bytes(text.encode("utf-8", "surrogateescape"))
        try:
            with _leaving_ctrl_c_to_the_editor():
                code = subprocess.run([*editor, str(file)], check=False).returncode
        except (OSError, ValueError) as error:
            raise Failed("editor_failed", f"{editor[0]} could not be started: {error}", "set EDITOR") from error
        if code != 0:
            raise Failed("editor_failed", f"{editor[0]} ended with {code}; nothing was replayed", "try again")
        return file.read_bytes().decode("utf-8", "surrogateescape")


@contextmanager
def _leaving_ctrl_c_to_the_editor() -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, lambda _number, _frame: None)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
