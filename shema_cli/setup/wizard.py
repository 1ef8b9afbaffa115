"""One question after another: each value asked for, tried at once, and corrected or kept. Nothing is written here."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import field
from enum import Enum, auto
from typing import TextIO

from shema_cli.auth.login import Choice
from shema_cli.auth.project import CREDENTIALS_VARIABLE, PROJECT_VARIABLE
from shema_cli.calls.registry import Registry
from shema_cli.clock import Clock
from shema_cli.errors import Interrupted, InvalidUsage, ShemaError
from shema_cli.frozen import dataclass
from shema_cli.output.person import NOT_UTF8, Echo, Person
from shema_cli.output.sink import View
from shema_cli.settings.address import with_password
from shema_cli.settings.values import CA_FILE, EXAMPLES, mask, service_variable
from shema_cli.setup.bounded import within
from shema_cli.setup.draft import Draft
from shema_cli.setup.results import Question, Told, Tried, TriedState, described, sign_in_line
from shema_cli.setup.sign_in import HeldSignIn, sign_in, who_is_signed_in
from shema_cli.setup.steps import OAUTH_ID, Step, steps_of
from shema_cli.setup.trials import Trials
from shema_cli.store.connection import Store

FLAG = "--from FILE"
BACK, LEAVE_OUT = "b", "-"
REGISTRY_S = 3.0
LOGIN = "shema auth login"
"""What is under way already is no hint."""


class Move(Enum):
    """Where an answer leads."""

    ON = auto()
    BACK = auto()
    AGAIN = auto()


@dataclass
class Wizard:
    """Leads through the steps of a draft, which it changes.

    `ask_about`, `show` and `tell` draw a question, what came of a trial, and what else there is to know.
    """

    draft: Draft
    trials: Trials
    person: Person
    stdin: TextIO
    clock: Clock
    ask_about: View
    show: View
    tell: View
    tried: dict[str, Tried] = field(default_factory=dict)
    signed: HeldSignIn | None = None
    may_sign_in: bool = True
    _registered: frozenset[str] = frozenset()
    _answered: list[str] = field(default_factory=list)

    def run(self) -> None:
        """Every question to its end, the sign-in last. Raises Interrupted at Ctrl-C, and where the input ends."""
        self.person.aside(Told.at_the_beginning(self.draft), self.tell)
        while True:
            steps = [step for step in steps_of(self.draft) if step.applies(self.draft)]
            left = [step for step in steps if step.name not in self._answered]
            total = len(steps) + (1 if self.may_sign_in else 0)
            place = f"{len(steps) - len(left) + 1}/{total}"
            if not left and not self.may_sign_in:
                return
            move = self._step(left[0], place) if left else self._sign_in(place)
            if move is Move.BACK:
                self._go_back({step.name for step in steps})
            elif move is Move.ON and left:
                self._answered.append(left[0].name)
            elif move is Move.ON:
                return

    def _go_back(self, asked: set[str]) -> None:
        """To the answer before, over those that nobody is asked for any more."""
        while self._answered and self._answered.pop() not in asked:
            pass

    # -- one value ------------------------------------------------------------------------------------------------

    def _step(self, step: Step, place: str) -> Move:
        self.person.aside(Question(place, step.name, step.about or described(step.name)), self.ask_about)
        offered = self._offered(step)
        answer = self._answer(f"  [{self._shown(step, offered)}]: ", step.echo)
        if answer is None:
            return Move.AGAIN
        if answer == BACK:
            return Move.BACK
        return self._take(step, answer, offered)

    def _take(self, step: Step, answer: str, offered: str | None) -> Move:
        try:
            value = None if answer == LEAVE_OUT else step.value_of(answer) if answer else offered
        except ValueError:
            self.person.note("  y or n")
            return Move.AGAIN
        source = "typed" if answer else self.draft.sources.get(step.name, "default")
        self.draft.put(step.name, value or None, source)
        if step.yes is not None and value in (None, step.yes):
            return Move.ON
        return self._try(step)

    def _try(self, step: Step) -> Move:
        """Try what the draft says now; what came of it is shown, and a failure asked about."""
        if step.name not in self.draft.values:
            self.tried.pop(step.name, None)
            return Move.ON
        with self.person.waiting() as waiting:
            waiting.tell(f"  trying {step.name} …")
            found = self.trials.of(self.draft, step.name)
        self.tried |= found
        tried = found.get(step.name, Tried.unknown("it could not be tried"))
        self.person.aside(tried, self.show)
        if step.name == "REDIS_URL" and tried.state is TriedState.OK:
            self._registered = self._services_that_register()
        return self._failed(step, tried) if tried.state is TriedState.FAILED else Move.ON

    def _failed(self, step: Step, tried: Tried) -> Move:
        ways: dict[str, tuple[str, Callable[[], Move]]] = {
            "": ("Enter: write it anew", lambda: Move.AGAIN),
            "k": ("k: keep it all the same", lambda: Move.ON),
            "t": ("t: try again", lambda: self._try(step)),
            LEAVE_OUT: ("-: leave it out", lambda: self._leave_out(step)),
            BACK: ("b: back", lambda: Move.BACK),
        }
        if step.name == "REDIS_URL" and tried.code == "redis_denied":
            ways["p"] = ("p: type its password", lambda: self._with_password(step))
        if CA_FILE in tried.hint:
            ways["c"] = ("c: name a file of certificates", lambda: self._with_authorities(step))
        self.person.aside(Told((", ".join(words for words, _ in ways.values()),), indented=True), self.tell)
        while True:
            answer = self._answer("  ? ", Echo.ALL)
            if answer is not None and (way := ways.get(answer.lower())):
                return way[1]()

    def _leave_out(self, step: Step) -> Move:
        self.draft.put(step.name, None, "typed")
        self.tried.pop(step.name, None)
        return Move.ON

    def _with_password(self, step: Step) -> Move:
        password = self._answer("  password of Redis: ", Echo.NOTHING)
        with suppress(ShemaError):
            if password:
                self.draft.put(step.name, with_password(self.draft.values[step.name], password), "typed")
        return self._try(step)

    def _with_authorities(self, step: Step) -> Move:
        path = self._answer(f"  {CA_FILE}: ", Echo.ALL)
        if path:
            self.draft.put(CA_FILE, path, "typed")
            self.tried |= self.trials.of(self.draft, CA_FILE)
            self._answered.append(CA_FILE)
        return self._try(step)

    # -- what is offered --------------------------------------------------------------------------------------------

    def _offered(self, step: Step) -> str | None:
        """What Enter takes: what the draft says, else what `.env.example` suggests for what is nowhere yet."""
        if step.name in self.draft.values:
            return self.draft.values[step.name]
        if step.name in self.draft.sources or not self.draft.is_new or step.name in self._registered:
            return None
        return EXAMPLES.get(step.name)

    def _shown(self, step: Step, offered: str | None) -> str:
        if step.yes is not None and offered in (None, step.yes):
            return "yes" if offered else "no"
        if offered is None:
            return "none: registered in Redis" if step.name in self._registered else "none"
        return mask(step.name, offered)

    def _services_that_register(self) -> frozenset[str]:
        """The variables of those that need no URL here."""
        settings = self.draft.settings()

        def look() -> set[str]:
            store = Store(settings)
            try:
                with store.errors():
                    return Registry(lambda: store).services()
            finally:
                store.close()

        with suppress(ShemaError, TimeoutError):
            return frozenset(map(service_variable, within(REGISTRY_S, look)))
        return frozenset()

    # -- signing in -------------------------------------------------------------------------------------------------

    def _sign_in(self, place: str) -> Move:
        if PROJECT_VARIABLE not in self.draft.values:
            self.person.note(
                f"Without {PROJECT_VARIABLE} nobody can sign in; later: {sign_in_line(self.draft.profile)}"
            )
            return Move.ON
        self.person.aside(Question(place, "Sign in", self._ways_to_sign_in()), self.ask_about)
        before = self.signed.email if self.signed else who_is_signed_in(self.draft, self.clock)
        email = self._answer(f"  Email [{before or 'not now'}]: ", Echo.ALL)
        if email is None:
            return Move.AGAIN
        if email in ("", LEAVE_OUT):
            self.signed = None if email else self.signed
            return Move.ON
        if email == BACK:
            return Move.BACK
        browser = email == "g" and OAUTH_ID in self.draft.values
        try:
            choice = Choice(browser=True) if browser else Choice(email=email)
            self.signed = sign_in(self.draft, self.person, self.stdin, self.clock, choice)
        except Interrupted:
            raise
        except ShemaError as error:
            hint = "" if (error.hint or "").startswith(LOGIN) else error.hint
            self.person.aside(Tried.failed(error.message, hint), self.show)
            return Move.AGAIN
        self.person.aside(Tried.ok(f"{self.signed.email} is an admin"), self.show)
        return Move.ON

    def _ways_to_sign_in(self) -> str:
        ways = ["with an email and its password"]
        if OAUTH_ID in self.draft.values:
            ways.append("g: with Google, in a browser")
        if CREDENTIALS_VARIABLE in self.draft.values:
            ways.append("Enter: the service account signs in by itself")
        return "; ".join(ways)

    # -- answers ----------------------------------------------------------------------------------------------------

    def _answer(self, prompt: str, echo: Echo) -> str | None:
        """None for what cannot be taken, which was said."""
        try:
            return self.person.typed(prompt, flag=FLAG, echo=echo)
        except InvalidUsage as error:
            if error.code != NOT_UTF8:
                raise
            self.person.warn(f"{error.message}: {error.hint}")
            return None
