"""Questions to the person at the terminal; without one, the flag that answers them is named (contract 2.2)."""

from __future__ import annotations

import getpass

from shema_cli.errors import InvalidUsage, Refused
from shema_cli.output.sanitize import safe_block, safe_line
from shema_cli.output.streams import Streams

_COLOURS = {"red": "1;31", "green": "1;32", "yellow": "1;33", "blue": "1;34", "magenta": "1;35", "cyan": "1;36"}


class Prompts:
    """Asks on stderr, reads stdin, and only where both are a terminal."""

    def __init__(self, streams: Streams) -> None:
        self._streams = streams

    def confirm(
        self,
        question: str,
        *,
        type_to_confirm: str | None = None,
        flag: str = "--yes",
        profile: str | None = None,
        colour: str | None = None,
    ) -> None:
        """Go on only after a yes (or after `type_to_confirm` was typed). `profile` is named below the question, in its
        own `colour` (red, green, yellow, blue, magenta, cyan).

        Raises InvalidUsage naming `flag` where nobody can be asked, and Refused when the answer is no.
        """
        self._need_terminal(flag, "to confirm")
        self._say(question)
        if profile is not None:
            self._say("Profile: ", end="")
            self._write(self._painted(profile, colour) + "\n")
        wanted = type_to_confirm or "y"
        answer = self._ask(f"type {wanted} to go on: " if type_to_confirm else "Go on? [y/N] ")
        agreed = answer == type_to_confirm if type_to_confirm else answer.lower() in ("y", "yes")
        if not agreed:
            raise Refused("not_confirmed", "not confirmed; nothing was changed")

    def text(self, question: str, *, flag: str) -> str:
        """A line of text. Raises InvalidUsage naming `flag` where nobody can be asked."""
        self._need_terminal(flag, "to ask")
        return self._ask(f"{question}: ")

    def secret(self, question: str, *, flag: str) -> str:
        """A line that is not echoed."""
        self._need_terminal(flag, "to ask")
        try:
            return getpass.getpass(f"{question}: ", stream=self._streams.stderr)
        except EOFError:
            raise InvalidUsage("no_answer", "the input ended before an answer was given", f"pass {flag}") from None

    def _need_terminal(self, flag: str, purpose: str) -> None:
        if not self._streams.can_prompt:
            raise InvalidUsage("no_terminal", f"there is no terminal {purpose}", f"pass {flag}")

    def _painted(self, profile: str, colour: str | None) -> str:
        name = safe_line(profile)
        code = _COLOURS.get((colour or "").lower(), "1")
        return f"\x1b[{code}m{name}\x1b[0m" if self._streams.colour(self._streams.stderr) else name

    def _say(self, text: str, end: str = "\n") -> None:
        self._write(safe_block(text) + end)

    def _write(self, safe: str) -> None:
        encoding = getattr(self._streams.stderr, "encoding", None) or "utf-8"
        self._streams.stderr.write(safe.encode(encoding, "backslashreplace").decode(encoding))
        self._streams.stderr.flush()

    def _ask(self, prompt: str) -> str:
        self._write(safe_block(prompt))
        return self._streams.stdin.readline().strip()
