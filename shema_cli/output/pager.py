"""A list that is longer than the screen goes through the user's pager; nothing else ever does."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
from collections.abc import Mapping

from shema_cli.output.streams import Streams

DEFAULT = "less"
LESS_OPTIONS = "-FRX"  # end when it fits, let colour through, leave the text on the screen


def pager_command(environ: Mapping[str, str]) -> list[str]:
    """The pager's words; none when it is switched off (empty or `cat`) or there is none."""
    chosen = environ.get("SHEMA_PAGER", environ.get("PAGER", DEFAULT))
    try:
        words = shlex.split(chosen)
    except ValueError:
        return []
    if not words or words[0] == "cat" or shutil.which(words[0], path=environ.get("PATH")) is None:
        return []
    return words


def page(text: str, streams: Streams) -> bool:
    """Show `text` in the pager, if it is longer than the screen and there is a pager. Whether it was shown."""
    if streams.dumb or not _all_on_one_terminal(streams) or text.count("\n") < shutil.get_terminal_size((80, 24)).lines:
        return False
    command = pager_command(streams.environ)
    if not command:
        return False
    environ = {**streams.environ, "LESS": f"{LESS_OPTIONS} {streams.environ.get('LESS', '')}".strip()}
    encoding = streams.stdout.encoding or "utf-8"
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the pager's while it is there
    try:
        subprocess.run(command, input=text.encode(encoding, "backslashreplace"), env=environ, check=False)
    except OSError:
        return False
    finally:
        signal.signal(signal.SIGINT, before)
    return True


def _all_on_one_terminal(streams: Streams) -> bool:
    """A pager reads the keyboard and writes to the process's own stdout: both must be the terminal."""
    try:
        return os.isatty(streams.stdin.fileno()) and os.isatty(streams.stdout.fileno())
    except (OSError, ValueError, AttributeError):
        return False
