"""What work may say to the person at the terminal, and ask: the only part of a terminal that work is given.

Everything said goes to stderr, and what is typed comes from stdin, only where both are a terminal (contract 2.2).
Where nobody is there to answer, a question names the flag that answers.
"""

from __future__ import annotations

import getpass
import os
import textwrap
from collections.abc import Sequence
from enum import Enum, auto
from types import TracebackType
from typing import Self

from shema_cli.admin import StillAdmin, nobody_signed_in
from shema_cli.clock import Clock
from shema_cli.errors import Interrupted, InvalidUsage, Refused, ShemaError
from shema_cli.frozen import dataclass
from shema_cli.json_text import not_utf8
from shema_cli.masking import without_credentials
from shema_cli.output.keys import END_OF_INPUT, ENTER, key_by_key
from shema_cli.output.sanitize import Lines, safe_line, safe_lines
from shema_cli.output.sink import Output, View
from shema_cli.output.streams import Streams, forget_typed
from shema_cli.results import Result

_COLOURS = {"red": "1;31", "green": "1;32", "yellow": "1;33", "blue": "1;34", "magenta": "1;35", "cyan": "1;36"}
NOT_UTF8 = "not_utf8"
SHOWN_AFTER_S = 1.0
REDRAWN_EVERY_S = 0.1


@dataclass(frozen=True)
class Protection:
    """What a question shows of the target that it is about, and what it asks for.

    `target`: the profile's name, then the rest of what a target is, each for people; with `type_name` the name is
    typed instead of a y; `colour` is one of the prompts' colours, or None.
    """

    target: tuple[str, ...] = ("default",)
    type_name: bool = False
    colour: str | None = None

    @property
    def profile(self) -> str:
        return self.target[0]

    @property
    def purpose(self) -> str:
        """What a terminal is needed for."""
        return f"to type the name of the protected profile {self.profile}" if self.type_name else "to confirm"

    @property
    def flag(self) -> str:
        """What answers where nobody can be asked."""
        from shema_cli.shell import quoted  # not for `--help`

        return f"--confirm {quoted(self.profile)}" if self.type_name else "--yes"


class Echo(Enum):
    """What of an answer is seen while it is typed."""

    ALL = auto()
    URL = auto()  # but for what may be a password in it
    NOTHING = auto()


class Person:
    """Whoever runs the command."""

    def __init__(
        self,
        output: Output,
        clock: Clock,
        protection: Protection | None = None,
        still_admin: StillAdmin = nobody_signed_in,
        prompts: Prompts | None = None,
    ) -> None:
        self._output = output
        self._prompts = prompts or Prompts(output.streams)
        self._clock = clock
        self._protection = protection or Protection()
        self._still_admin = still_admin

    @property
    def can_be_asked(self) -> bool:
        """Whether both what is asked and what is typed go to a terminal."""
        return self._output.streams.can_prompt

    def asked_about(self, *target: str) -> Person:
        """The same person, for questions about another target than the command's own: that of a sandbox."""
        return Person(self._output, self._clock, Protection(target), self._still_admin, self._prompts)

    @property
    def looks_at_tables(self) -> bool:
        """Whether data is drawn for a person: a table, and stdout is a terminal."""
        return self._output.drawn

    def note(self, said: Lines) -> None:
        """Progress or a hint."""
        self._output.note(said)

    def warn(self, text: str) -> None:
        """Something that is not as it should be, and that does not end the command."""
        self._output.warn(text)

    def aside(self, result: Result, view: View | None = None) -> None:
        """Something to look at before a question is answered, drawn as a result is, where stderr is a terminal."""
        self._output.aside(result, view)

    def progress(self, label: str, total: int | None = None) -> Progress:
        """One line that says how far a long run is; `total` None shows the count alone. A context manager."""
        return Progress(self._output, self._clock, label, total)

    def waiting(self) -> Waiting:
        """One line that says what is waited for, and how long still. A context manager."""
        return Waiting(self._output)

    def confirm(self, question: Lines, *, yes: bool) -> None:
        """Ask before something is changed, naming the target; `yes`: that was answered before (contract 2.2, 3.1).

        A question may stand for an hour: after the answer Firebase is asked again whether its admin still is one
        (contract 2.4). Raises InvalidUsage, naming the flag that answers, where nobody can be asked, Refused when the
        answer is no, and what `still_admin` raises.
        """
        if yes:
            self._still_admin()
            return
        self._prompts.confirm(question, self._protection)
        try:
            self._still_admin(now=True)
        except ShemaError as error:
            error.message += "; nothing was changed"
            raise

    def forget_typed(self) -> None:
        """Pass over what has been typed by now: a question that comes next has not been seen."""
        forget_typed(self._output.streams.stdin)

    def ask(self, question: str, *, flag: str) -> str:
        """A line of text. Raises InvalidUsage, naming `flag`, where nobody can be asked."""
        return self._prompts.text(question, flag=flag)

    def typed(self, prompt: str, *, flag: str, echo: Echo = Echo.ALL) -> str:
        """What is typed behind `prompt`, which stands there as it is.

        Raises Interrupted at Ctrl-C and where the input ends; InvalidUsage, naming `flag`, where nobody can be asked,
        and for what is not UTF-8.
        """
        return self._prompts.typed(prompt, flag=flag, echo=echo)

    def ask_secret(self, question: str, *, flag: str) -> str:
        """A line that is not echoed. Raises InvalidUsage, naming `flag`, where nobody can be asked."""
        return self._prompts.secret(question, flag=flag)

    def answer(self, question: str) -> str | None:
        """A line of text from somebody who `can_be_asked`; None where the input has ended."""
        return self._prompts.answer(question)

    def press(self, question: str, keys: Sequence[str]) -> str:
        """One of `keys`, or END_OF_INPUT where the terminal is gone. Where nothing may move it is typed as a line."""
        return self._prompts.press(question, keys)


class Prompts:
    """Asks on stderr, reads stdin, and only where both are a terminal."""

    def __init__(self, streams: Streams) -> None:
        self._streams = streams

    def confirm(self, question: Lines, protection: Protection) -> None:
        """Go on only after a yes, or after the profile's name was typed. The target is named below the question.

        Raises InvalidUsage naming the flag that answers where nobody can be asked, Refused when the answer is no, and
        Interrupted at Ctrl-C.
        """
        self._need_terminal(protection.flag, protection.purpose)
        self._write(self._in_lines(safe_lines(question)))
        profile = safe_line(protection.profile)
        target = self._in_lines(f"Target: {' · '.join(map(safe_line, protection.target))}", indent="  ")
        before, named, rest = target.partition(f"Target: {profile}")
        painted = f"Target: {self._painted(profile, protection.colour)}" if named else ""
        self._write(f"{before}{painted}{rest}")
        try:
            answer = self._ask(f"type {safe_line(profile)} to go on: " if protection.type_name else "Go on? [y/N] ")
        except KeyboardInterrupt:
            self._write("\n")
            raise Interrupted("interrupted", "interrupted; nothing was changed") from None
        agreed = answer == profile if protection.type_name else answer.lower() in ("y", "yes")
        if not agreed:
            raise Refused("not_confirmed", "not confirmed; nothing was changed")

    def text(self, question: str, *, flag: str) -> str:
        """A line of text. Raises InvalidUsage naming `flag` where nobody can be asked."""
        self._need_terminal(flag, "to ask")
        return self._ask(f"{question}: ")

    def answer(self, question: str) -> str | None:
        """A line of text; None where the input has ended."""
        self._write(f"{safe_lines(question)}: ")
        typed = self._streams.stdin.readline()
        return typed.strip() if typed else None

    def press(self, question: str, keys: Sequence[str]) -> str:
        """One of `keys`, or END_OF_INPUT. Keys that were pressed before it was asked do not count."""
        if not self._streams.animates_stderr:
            return self._typed_key(question, keys)
        with key_by_key(self._streams.stdin, lambda: self._write(f"{safe_lines(question)} ")) as next_keys:
            pressed = ""
            while not pressed:
                found = ("\n" if key in ENTER else key.lower() for key in next_keys())
                pressed = next((key for key in found if key in keys or key == END_OF_INPUT), "")
        self._write("\n")
        return pressed

    def _typed_key(self, question: str, keys: Sequence[str]) -> str:
        """The same as a line, of which the first character counts."""
        while (typed := self.answer(question)) is not None:
            if (key := typed[:1].lower() or "\n") in keys:
                return key
        return END_OF_INPUT

    def typed(self, prompt: str, *, flag: str, echo: Echo) -> str:
        """As `Person.typed`."""
        self._need_terminal(flag, "to ask")
        try:
            typed = self._typed(safe_lines(prompt), echo)
        except (KeyboardInterrupt, EOFError):
            self._write("\n")
            raise Interrupted("interrupted", "interrupted") from None
        except UnicodeDecodeError:
            typed = None
        if typed is None or not_utf8(typed):
            raise InvalidUsage(NOT_UTF8, "what was typed is not UTF-8", "type it in a UTF-8 locale")
        return typed.strip()

    def _typed(self, prompt: str, echo: Echo) -> str:
        """Raises EOFError where the input ends."""
        if echo is Echo.ALL:
            self._write(prompt)
            typed = self._streams.stdin.readline()
        elif not (self._streams.animates_stderr and self._has_keys()):
            unseen = prompt if echo is Echo.NOTHING else f"{prompt}(unseen) "
            return getpass.getpass(unseen, stream=self._streams.stderr)
        else:
            typed = self._drawn_by_us(prompt, echo)
        if not typed:
            raise EOFError
        return typed

    def _drawn_by_us(self, prompt: str, echo: Echo) -> str:
        """A line and its end; empty where the input ends."""
        from shema_cli.output.half_seen import half_seen, typed_line

        def draw(seen: str) -> None:
            line = f"{prompt}{safe_line(seen)}"
            most = self._streams.width - 1
            self._write(f"\r\x1b[K{line if len(line) <= most else '…' + line[1 - most :]}")

        draw("")
        seen, at_the_end = (half_seen, without_credentials) if echo is Echo.URL else (_nothing, _nothing)
        typed = typed_line(self._streams.stdin, lambda text: draw(seen(text)))
        self._write(f"\r\x1b[K{prompt}{safe_line(at_the_end(typed or ''))}\n")
        return "" if typed is None else f"{typed}\n"

    def _has_keys(self) -> bool:
        """Whether stdin is a terminal of the system, and no stand-in."""
        try:
            return os.isatty(self._streams.stdin.fileno())
        except (OSError, ValueError):
            return False

    def secret(self, question: str, *, flag: str) -> str:
        """A line that is not echoed."""
        self._need_terminal(flag, "to ask")
        try:
            return self._ask(f"{question}: ", echo=False)
        except EOFError:
            raise InvalidUsage("no_answer", "the input ended before an answer was given", f"pass {flag}") from None

    def _need_terminal(self, flag: str, purpose: str) -> None:
        if not self._streams.can_prompt:
            raise InvalidUsage("no_terminal", f"there is no terminal {purpose}", f"pass {flag}")

    def _in_lines(self, safe: str, indent: str = "") -> str:
        """Broken between words where the terminal would break within them."""
        wrapped = [
            textwrap.fill(line, self._streams.width, subsequent_indent=indent, break_on_hyphens=False)
            for line in safe.split("\n")
        ]
        return "\n".join(wrapped) + "\n"

    def _painted(self, name: str, colour: str | None) -> str:
        code = _COLOURS.get((colour or "").lower(), "1")
        return f"\x1b[{code}m{name}\x1b[0m" if self._streams.colour(self._streams.stderr) else name

    def _write(self, safe: str) -> None:
        encoding = getattr(self._streams.stderr, "encoding", None) or "utf-8"
        self._streams.stderr.write(safe.encode(encoding, "backslashreplace").decode(encoding))
        self._streams.stderr.flush()

    def _ask(self, prompt: str, *, echo: bool = True) -> str:
        """What is typed; another host of questions has its own way. Raises KeyboardInterrupt for Ctrl-C."""
        if not echo:
            return getpass.getpass(safe_lines(prompt), stream=self._streams.stderr)
        self._write(safe_lines(prompt))
        return self._streams.stdin.readline().strip()


def _nothing(_: str) -> str:
    return ""


class Waiting:
    """`2 replayed; watching 7 s more`: drawn over and over where a line can move, else said once."""

    def __init__(self, output: Output) -> None:
        self._output = output
        self._said = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _at: TracebackType | None
    ) -> None:
        self._output.passing("")

    def note(self, words: str) -> None:
        """Something that has come meanwhile, told at once to whoever watches; others are told it at the end."""
        if self._output.streams.animates_stderr:
            self._output.note(words)

    def tell(self, words: str) -> None:
        if words == self._said:
            return
        if self._output.streams.animates_stderr:
            self._output.passing(words)
        elif not self._said:
            self._output.note(words)
        self._said = words


class Progress:
    """`approve 120/1000  340/s  3 s left`; without a total only the count. Short runs show nothing."""

    def __init__(self, output: Output, clock: Clock, label: str, total: int | None = None) -> None:
        self._output = output
        self._clock = clock
        self._label = safe_line(label)
        self._total = total
        self._began = clock.monotonic()
        self._drawn_at = self._began + SHOWN_AFTER_S - REDRAWN_EVERY_S
        self.done = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _at: TracebackType | None
    ) -> None:
        self._output.passing("")

    def step(self, count: int = 1) -> None:
        """Note that so many more are done."""
        self.done += count
        now = self._clock.monotonic()
        if now - self._drawn_at >= REDRAWN_EVERY_S:
            self._drawn_at = now
            self._output.passing(self.line(now))

    def line(self, now: float) -> str:
        """The line as it is at the moment `now` (monotonic seconds)."""
        rate = self.done / max(now - self._began, 0.001)
        if not self._total:
            return f"{self._label} {self.done}  {rate:.0f}/s"
        left = (self._total - self.done) / rate if rate else 0.0
        return f"{self._label} {self.done}/{self._total}  {rate:.0f}/s  {left:.0f} s left"
