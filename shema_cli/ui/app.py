"""The console: screens upon screens, each showing what lines of the command line tell."""

from __future__ import annotations

import asyncio
import os
import sys
import termios
import threading
import time
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from typing import ClassVar

from rich.console import RenderableType
from textual import events
from textual.app import App, ScreenStackError, SuspendNotSupported
from textual.binding import Binding, BindingType
from textual.drivers.linux_driver import LinuxDriver
from textual.message import Message
from textual.screen import Screen

from shema_cli.calls.aside import aside, load
from shema_cli.clock import Clock
from shema_cli.errors import AccessDenied, InvalidUsage, ShemaError
from shema_cli.frozen import dataclass
from shema_cli.interrupts import ENDING, end_by
from shema_cli.json_text import not_utf8
from shema_cli.runbook.run import Shema
from shema_cli.settings.target import Target
from shema_cli.ui.lines import Desk, Outcome, Words, typed
from shema_cli.ui.listing import Row
from shema_cli.ui.loaded import LOADED
from shema_cli.ui.page import Action, Page, Parts, Sheet, Stream, Talk
from shema_cli.ui.places import FIND, HOME, PLACES, beginning, page_of
from shema_cli.ui.screens.act import ActScreen
from shema_cli.ui.screens.acting import ActingScreen
from shema_cli.ui.screens.base import ConsoleScreen
from shema_cli.ui.screens.home import HomeScreen
from shema_cli.ui.screens.keys import Keys, KeysScreen
from shema_cli.ui.screens.pages import PageScreen, ResultScreen, RowsScreen
from shema_cli.ui.screens.parts import PartsScreen
from shema_cli.ui.screens.stream import StreamScreen, TextScreen
from shema_cli.ui.screens.talk import TalkScreen
from shema_cli.ui.sources import Sources
from shema_cli.ui.typed import TypedLines
from shema_cli.ui.widgets.panel import PagePanel

Shown = Page | Parts | Sheet | Stream | Words | RenderableType
EXPORT = "export"
SAID_FOR_S = 8.0
SIGNED_IN_EVERY_S = 30.0
LOOKS_AGAIN_S = 0.001
UNDER_WAY_S = 1.0
"""For so long a key is waited for by the next one."""
ENDS_AT_LAST_S = 15.0
"""After a signal, whatever is in hand."""


class Driver(LinuxDriver):
    """Draws on stdout, where a terminal is known to be; the library would draw on stderr, which may lead to a file."""

    def __init__(self, *args: object, **options: object) -> None:
        super().__init__(*args, **options)  # type: ignore[arg-type]
        self._file = sys.__stdout__


class KeyDone(Message):
    """Goes the way of a key, behind it: when it is here, whatever the key does is done."""


@dataclass(frozen=True)
class AnotherProfile:
    """The console is left for the same upon another profile."""

    name: str


def _has_terminal() -> bool:
    """Whether there still is one: a window that was closed takes it away."""
    try:
        termios.tcgetattr(sys.__stdin__.fileno() if sys.__stdin__ else 0)
    except (termios.error, OSError, ValueError):
        return False
    return True


class Console(App[Exception | AnotherProfile | None]):
    """`ready` is set once everything is loaded that a line may use; `sources` is what each line has told last.

    `profiles` are those that there are, `typed` the lines of earlier times. It ends with the error for which it had to,
    with the profile that was asked for, or None.
    """

    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+c", "leave", "quit", show=False, priority=False)]
    CSS = """
    Screen { background: ansi_default; }
    VerticalScroll {
        scrollbar-size-vertical: 1;
        scrollbar-color: ansi_blue; scrollbar-color-hover: ansi_blue; scrollbar-color-active: ansi_blue;
        scrollbar-background: ansi_default;
        scrollbar-background-hover: ansi_default; scrollbar-background-active: ansi_default;
    }
    Input > .input--cursor { color: ansi_default; background: ansi_default; text-style: reverse; }
    """

    def __init__(
        self,
        desk: Desk,
        target: Target,
        colour: str | None,
        clock: Clock,
        *,
        begin: str = HOME,
        profiles: Sequence[str] = (),
        shema: Shema | None = None,
        typed: TypedLines | None = None,
    ) -> None:
        super().__init__(driver_class=Driver, ansi_color=True)
        self.theme = "ansi-dark"  # the colours of the terminal itself, be it light or dark
        self.desk = desk
        self.target = target
        self.colour = colour
        self.typed = typed or TypedLines()
        self.sources = Sources(desk.read, clock.monotonic)
        self.ready = asyncio.Event()
        self._clock = clock
        self._begin = begin
        self._profiles = profiles
        self._shema = shema or Shema()
        self.ended_by: int | None = None
        self._said: tuple[str, float] = ("", 0.0)
        self._pressed: deque[events.Key] = deque()
        self._under_way: KeyDone | None = None
        self._under_way_until = 0.0

    def on_mount(self) -> None:
        self.push_screen(HomeScreen(self.time()))
        if self._begin != HOME:
            self.go(self._begin)
        self.run_worker(self._load())
        self.run_worker(self._stay_signed_in())
        self._heed_signals()

    def _heed_signals(self) -> None:
        """Whoever ends us with a signal gets the terminal back as it was, and what is in hand is ended first."""
        if threading.current_thread() is not threading.main_thread():
            return
        loop = asyncio.get_running_loop()
        for number in ENDING:
            loop.add_signal_handler(number, self._end, number)

    def _end(self, number: int) -> None:
        acting = [one for one in self.screen_stack if isinstance(one, ActScreen) and not one.is_over]
        if not acting and not _has_terminal():
            end_by(number)  # nothing can be given back, and what is drawn now waits for ever
        if not acting or self.ended_by is not None:
            self.exit(None)
        self.ended_by = number
        for screen in acting:
            screen.action_end()
        at_last = threading.Timer(ENDS_AT_LAST_S, os._exit, (128 + number,))
        at_last.daemon = True
        at_last.start()

    async def _stay_signed_in(self) -> None:
        """Reading lines take the admin as they are: whether that still is one is asked here, whatever is shown."""
        await self.ready.wait()
        while True:
            await asyncio.sleep(SIGNED_IN_EVERY_S)
            try:
                await aside(self.desk.stay_signed_in)
            except ShemaError as error:
                self.met(error)

    async def _load(self) -> None:
        """One thread imports all that others will use: two that import may meet each other's modules half loaded."""
        await aside(lambda: load(LOADED))
        self.ready.set()

    def now(self) -> float:
        """Monotonic seconds."""
        return self._clock.monotonic()

    def line(self, words: Words) -> str:
        """As it would be typed at a shell, to the same effect."""
        return self._shema.line(("shema", *words))

    def time(self) -> datetime:
        """The time of day."""
        return self._clock.now()

    @property
    def places(self) -> list[str]:
        """What `:` and `@` complete."""
        return [f":{name}" for name in (HOME, *PLACES, f"{FIND} ", f"{EXPORT} ")] + [
            f"@{name}" for name in self._profiles
        ]

    @property
    def trail(self) -> list[str]:
        """Where this is, from the home screen on."""
        return [screen.title_here for screen in self.screen_stack if isinstance(screen, ConsoleScreen)]

    # -- where to -----------------------------------------------------------------------------------------

    def show(self, what: Shown, title: str = "") -> None:
        """Upon what is shown now. `title`: of what is neither a page nor a line."""
        if isinstance(what, Page):
            self.push_screen(PageScreen(what))
        elif isinstance(what, Parts):
            self.push_screen(PartsScreen(what.title, [PagePanel(page) for page in what.pages]))
        elif isinstance(what, Talk):
            self.push_screen(TalkScreen(what))
        elif isinstance(what, Stream):
            self.push_screen(StreamScreen(what))
        elif isinstance(what, Sheet):
            self.push_screen(ResultScreen(what))
        elif isinstance(what, tuple):
            self.push_screen(ResultScreen(Sheet(typed(what), what)))
        else:
            self.push_screen(TextScreen(what, title))

    def sent(self, line: str) -> None:
        """What was typed with its `:` or `@` before it. It is kept where it leads somewhere."""
        to, name = line[:1], line[1:].strip()
        word, _, path = name.partition(" ")
        if to == ":" and word == EXPORT:
            if self.export(path.strip()):
                self.typed.add(line)
        elif (to == ":" and self.go(name)) or (to == "@" and self.change_to(name)):
            self.typed.add(line)

    def export(self, path: str) -> bool:
        """What is shown: what is marked, else what is filtered, else all of it. Whether it can be."""
        screen = self.screen
        exports = screen.exports if isinstance(screen, RowsScreen) else None
        if exports is None or not path:
            self.say(f":{EXPORT} FILE writes dead letters: go to their page" if path else f":{EXPORT} needs a file")
            return False
        if (line := exports(path)) is None:
            self.say("one family at a time, or all of them: u unmarks, Esc ends the filter")
            return False
        self.act(line)
        return True

    def go(self, name: str) -> bool:
        """To a page by its name, or by the beginning of it, with options of its command: upon the home screen.

        Whether there is one.
        """
        try:
            page = page_of(name, self.time())
        except KeyError as unknown:
            if begun := beginning(unknown.args[0]):
                self.say(f"{name!r} is {' or '.join(begun)}: one letter more")
            else:
                self.say(f"there is no page {unknown.args[0]!r}: {', '.join((HOME, *PLACES))}, find TEXT")
            return False
        except InvalidUsage as error:
            self.say(f"{error.message} ({error.hint})")
            return False
        while len(self.screen_stack) > 2:
            self.pop_screen()
        if page is not None:
            self.show(page)
        return True

    def change_to(self, profile: str) -> bool:
        """Begin anew upon another profile: its own target, and its own gate. Whether there is one."""
        if profile not in self._profiles:
            self.say(f"there is no profile {profile!r}: {', '.join(self._profiles) or 'none is written down'}")
            return False
        self.exit(AnotherProfile(profile))
        return True

    def back(self) -> None:
        if len(self.screen_stack) > 2:
            self.pop_screen()

    def act(self, words: Words, action: Action | None = None, rows: Sequence[Row] = ()) -> None:
        """Run a line that may change something, in front of all else: that of an action upon these rows."""
        self.push_screen(ActScreen(words, action, rows))

    def leave_to(self, words: Words) -> None:
        """Give the terminal to a command that needs it whole; the console is there again when that has ended."""
        try:
            with self.suspend():
                self._shema.run(("shema", *words))
                input("Enter leads back to the console: ")
        except (SuspendNotSupported, ShemaError, EOFError, KeyboardInterrupt) as error:
            self.say(f"not left: {error}" if str(error) else "back")
        self.hurry()

    def acted(self, outcome: Outcome) -> None:
        """A line has ended: what is shown below it may be old."""
        if isinstance(outcome.error, AccessDenied):
            self.met(outcome.error)
        self.sources.doubt()
        if self.ended_by is not None:
            self.exit(None)
        self.hurry()

    def hurry(self) -> None:
        """Have everything asked again that is shown."""
        for screen in self.screen_stack:
            if isinstance(screen, ConsoleScreen):
                screen.action_hurry()

    def met(self, error: ShemaError) -> None:
        """A line ended in an error. Without a session there is nothing more to be shown."""
        if isinstance(error, AccessDenied):
            self.exit(error)

    # -- what is said -------------------------------------------------------------------------------------

    @property
    def last_said(self) -> str:
        said, at = self._said
        return said if self.now() - at < SAID_FOR_S else ""

    def say(self, text: str) -> None:
        """Something that is gone after a moment."""
        self._said = (text, self.now())
        if self.is_running and isinstance(self.screen, ConsoleScreen):
            self.screen.tell()

    def copy(self, text: str) -> None:
        """Into the clipboard, as far as the terminal lets us (OSC 52)."""
        if not_utf8(text):
            self.say(f"not copied, for no terminal can be given it: {text}")
            return
        self.copy_to_clipboard(text)
        self.say(f"copied: {text}")

    async def on_event(self, event: events.Event) -> None:
        """Keys one after the other: each when what the one before it does is done, for what is there then."""
        if isinstance(event, events.Key) and not event.is_forwarded:
            self._pressed.append(event)
            if self._under_way is None or time.monotonic() > self._under_way_until:
                await self._next_key()
        else:
            await super().on_event(event)

    async def _next_key(self) -> None:
        self._under_way = None
        with suppress(ScreenStackError):  # of a console that is being left
            while self._pressed and self._under_way is None:
                while not self.screen.is_mounted:  # noqa: ASYNC110 - of which the library offers no event
                    await asyncio.sleep(LOOKS_AGAIN_S)
                await self._hand_on(self._pressed.popleft())

    async def _hand_on(self, key: events.Key) -> None:
        behind, taker = KeyDone(), self.focused or self.screen
        await super().on_event(key)
        if taker.post_message(behind):
            self._under_way, self._under_way_until = behind, time.monotonic() + UNDER_WAY_S

    async def on_key_done(self, message: KeyDone) -> None:
        if message is self._under_way:
            await self._next_key()

    async def on_key(self, event: events.Key) -> None:
        if self.screen_stack and isinstance(self.screen, ConsoleScreen) and await self.screen.take(event):
            event.prevent_default()  # so that no binding has it as well

    def _handle_exception(self, error: Exception) -> None:
        """A fault ends the console like any other command's: the library would draw all that the program knows."""
        self._exception = self._exception or error
        self._exception_event.set()
        self.exit(error)

    def action_help(self) -> None:
        screen: Screen[object] = self.screen
        if not isinstance(screen, ConsoleScreen):
            return
        acting = (screen.actions, screen.chosen) if isinstance(screen, ActingScreen) else ((), ())
        self.push_screen(KeysScreen(Keys(screen.own_keys, *acting, self.target.read_only)))

    def action_leave(self) -> None:
        """Not in the middle of a line that changes something: that one is ended first."""
        if isinstance(self.screen, ActScreen):
            self.screen.action_end()
        else:
            self.exit(None)
