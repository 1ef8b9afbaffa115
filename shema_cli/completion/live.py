"""`shema _complete KIND PREFIX`: the values that live, for the completion scripts.

A line a value: the value, a tab, what it is. Whatever is wrong (signed out, out of reach, too slow), it prints
nothing, says nothing and ends with 0: TAB must never disturb.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from shema_cli.context import AppContext, GlobalOptions
from shema_cli.output.sanitize import safe_line
from shema_cli.output.streams import Streams

if TYPE_CHECKING:
    from shema_cli.completion.values import Values

LIMIT_S = 0.3
FRESH_S = 15.0
MOST = 200


def run(argv: Sequence[str], streams: Streams) -> int:
    """`[--profile NAME] [--env-file FILE] KIND PREFIX`."""
    try:
        kind, prefix, options = _read(argv)
        silent = replace(streams, stderr=io.StringIO())
        app = AppContext.open(silent, options, "_complete")
        values = [value for value in _values(app, kind) if value[0].startswith(prefix)][:MOST]
        if values:
            app.output.write("".join(f"{safe_line(v)}\t{safe_line(about)}".rstrip("\t") + "\n" for v, about in values))
    except BaseException:  # noqa: S110 - nothing may disturb the line that is being typed
        pass
    return 0


def _read(argv: Sequence[str]) -> tuple[str, str, GlobalOptions]:
    words, given = list(argv), {}
    while words and words[0].startswith("--"):
        name, equals, value = words.pop(0).partition("=")
        given[name] = value if equals else words.pop(0)
    env_file = given.get("--env-file")
    options = GlobalOptions(profile=given.get("--profile"), env_file=Path(env_file) if env_file else None)
    return words[0], (words[1:] or [""])[0], options


def _values(app: AppContext, kind: str) -> Values:
    from shema_cli.completion.values import ADMIN_ONLY, source_of

    source = source_of(kind)
    if kind not in ADMIN_ONLY:
        return source(app)
    app.admin = app.gate.authorize(changes=False)
    name = f"completion-{_key(app, kind)}.json"
    kept = _read_kept(app, name)
    if kept is not None:
        return kept
    found = within(LIMIT_S, lambda: source(app))
    app.state.write(name, json.dumps({"at": app.clock.now().timestamp(), "values": found}).encode())
    return found


def _read_kept(app: AppContext, name: str) -> Values | None:
    try:
        kept = json.loads(app.state.read(name) or b"")
        age = app.clock.now().timestamp() - kept["at"]
        return [(str(v), str(about)) for v, about in kept["values"]] if 0 <= age < FRESH_S else None
    except (ValueError, KeyError, TypeError):
        return None


def _key(app: AppContext, kind: str) -> str:
    """Values are kept apart by who asks, and by what system is asked."""
    system = [app.settings.profile, app.settings.get("REDIS_URL"), sorted(app.settings.service_urls().items())]
    who = app.admin.uid if app.admin else ""
    return hashlib.sha256(json.dumps([kind, who, system]).encode()).hexdigest()[:16]


class TooSlow(Exception):
    """The values did not come in time."""


def within(seconds: float, work: Callable[[], Values]) -> Values:
    """What `work` returns, if it does so in time. What it does later is of no interest to anyone."""
    found: list[Values] = []

    def ask() -> None:
        with contextlib.suppress(Exception):
            found.append(work())

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(seconds)
    if not found:
        raise TooSlow
    return found[0]
