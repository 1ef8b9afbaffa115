"""`shema setup`: asked for or read from a file, tried, shown as what changes, and written at once (contract 2.1).

Until the one question at the end is answered nothing is written anywhere, whatever ends it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO

from shema_cli.clock import Clock
from shema_cli.config.edit import UNWRITABLE, require_writable, write_profile
from shema_cli.errors import Interrupted, InvalidUsage, NotConfigured, ShemaError
from shema_cli.frozen import dataclass
from shema_cli.interrupts import stop_gently
from shema_cli.output.person import Person
from shema_cli.output.sink import View
from shema_cli.settings.profile import name_problem
from shema_cli.settings.target import outranked_by
from shema_cli.settings.values import ID_TOKEN, Settings
from shema_cli.setup.draft import Draft
from shema_cli.setup.given import Given, read
from shema_cli.setup.results import Difference, SetUp, TriedValues, sign_in_line
from shema_cli.setup.sign_in import HeldSignIn, without_asking
from shema_cli.setup.trials import Trials
from shema_cli.setup.wizard import FLAG, Wizard
from shema_cli.shell import quoted, to_type
from shema_cli.state import StateDir


@dataclass(frozen=True)
class SetupRequest:
    """What the command line asks for. `source`: a file, `-` for stdin, None to be asked."""

    profile: str | None
    source: str | None = None
    force: bool = False
    dry_run: bool = False
    yes: bool = False


@dataclass(frozen=True)
class Views:
    """How what is looked at on the way is drawn."""

    question: View
    tried: View
    told: View
    difference: View

    @property
    def on_the_way(self) -> tuple[View, View, View]:
        return (self.question, self.tried, self.told)


@dataclass(frozen=True)
class Ready:
    """A draft that is answered for, and what came of trying it; `stays`: why nothing of it is written."""

    draft: Draft
    tried: TriedValues
    stays: SetUp | None = None
    signed: HeldSignIn | None = None
    id_token: str | None = None
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Setup:
    """What setting up takes.

    `settings` are those of the command itself; `person_at` is whoever answers, asked about another target; `state_of`
    the state folder of a profile that is there.
    """

    settings: Settings
    clock: Clock
    stdin: TextIO
    person_at: Callable[[Settings], Person]
    state_of: Callable[[str], StateDir]
    views: Views

    def carry_out(self, request: SetupRequest) -> SetUp:
        """Raises InvalidUsage where nobody can be asked, Interrupted at Ctrl-C, Refused for a no."""
        person = self.person_at(self.settings)
        self._check(request, person)
        with _broken_off("nothing was written"):
            ready = self._asked(request, person) if request.source is None else self._given(request, request.source)
            if ready.stays is None and ready.draft.changes:
                self._confirm(ready, request)
        if ready.stays:
            return ready.stays
        told = self._write(ready, person if request.source is None else None)
        with _broken_off(f"profile {ready.draft.profile} {'is written' if ready.draft.changes else 'stays as it was'}"):
            who, why_not = self._who(ready)
        return SetUp.of(
            ready.draft,
            ready.tried,
            written=bool(ready.draft.changes),
            signed_in=who,
            remarks=(*told, *why_not, *ready.remarks, *self._outranked(ready.draft), *self._onward(ready, request)),
        )

    def _check(self, request: SetupRequest, person: Person) -> None:
        """Whatever would come of it: that it can be carried out at all. Raises InvalidUsage and NotConfigured."""
        if request.source is None and not person.can_be_asked:
            line = to_type("shema setup", request.profile or "PROFILE")
            raise InvalidUsage("no_terminal", "there is no terminal to ask for the settings", f"{line} {FLAG}")
        if request.source is not None and request.profile is None:
            raise InvalidUsage("no_profile", "which profile is to be set up?", f"name it: shema setup PROFILE {FLAG}")
        if self.settings.config_problem:
            raise self.settings.config_problem
        if not request.dry_run:
            require_writable(self.settings.config_path)

    # -- what the profile is to say ---------------------------------------------------------------------------------

    def _given(self, request: SetupRequest, source: str) -> Ready:
        """By a file, all of it at once."""
        draft = self._draft(request.profile or "")
        given = read(source, self.stdin)
        for name, value in given.values.items():
            draft.put(name, value, given.source)
        tried = Trials(self.clock).all_of(draft)
        remarks = tuple(_left_out(given))
        found = SetUp.of(draft, tried, problems=given.problems, dry_run=request.dry_run, remarks=remarks)
        nothing = given.problems or request.dry_run or (found.failed and not request.force) or not draft.changes
        return Ready(draft, tried, found if nothing else None, None, given.besides.get(ID_TOKEN), remarks)

    def _asked(self, request: SetupRequest, person: Person) -> Ready:
        """By a person, one thing after the other."""
        draft = self._draft(request.profile or self._which(person))
        wizard = Wizard(draft, Trials(self.clock), person, self.stdin, self.clock, *self.views.on_the_way)
        wizard.may_sign_in = not request.dry_run
        wizard.run()
        if request.dry_run:
            found = SetUp.of(draft, wizard.tried, dry_run=True)
            self._show(draft, found, person)
            return Ready(draft, wizard.tried, found)
        return Ready(draft, wizard.tried, signed=wizard.signed)

    def _which(self, person: Person) -> str:
        """The name of the profile, asked for until it can be one."""
        offered = self.settings.profile or ("production" if not self.settings.profiles else None)
        if self.settings.profiles:
            person.note(f"Profiles: {', '.join(self.settings.profiles)}")
        while True:
            typed = person.typed(f"Name of the profile{f' [{offered}]' if offered else ''}: ", flag="PROFILE")
            name = typed or offered or ""
            if problem := name_problem(name):
                person.note(f"  {problem}")
            else:
                return name

    def _draft(self, profile: str) -> Draft:
        if problem := name_problem(profile):
            raise InvalidUsage(
                "bad_profile_name", f"a profile cannot be called {profile!r}: {problem}", "choose another"
            )
        there = profile in self.settings.profiles
        return Draft.of(self.settings, profile, self.state_of(profile).path if there else self.settings.state_path)

    # -- written ----------------------------------------------------------------------------------------------------

    def _confirm(self, ready: Ready, request: SetupRequest) -> None:
        """The one question. A file that makes a new profile overwrites nothing."""
        draft = ready.draft
        if request.source is not None and draft.is_new:
            return
        person = self.person_at(draft.settings())
        difference = self._show(draft, SetUp.of(draft, ready.tried), person)
        person.confirm(f"Write profile {draft.profile}? {difference.words}.", yes=request.yes)

    def _show(self, draft: Draft, found: SetUp, person: Person) -> Difference:
        changed = tuple(one for one in found.values if one.name in draft.changes)
        difference = Difference(draft.profile, changed)
        person.aside(difference, self.views.difference)
        return difference

    def _write(self, ready: Ready, person: Person | None) -> tuple[str, ...]:
        """Profile and session; what is to be said of the latter. A disk that is full now may not be in a minute, and
        nobody answers all of it twice: the person, where there is one, is asked whether to try again."""
        draft = ready.draft
        while True:
            try:
                with stop_gently():
                    if draft.changes:
                        write_profile(
                            draft.config_path,
                            draft.profile,
                            draft.changes,
                            draft.present,
                            default=draft.becomes_default,
                        )
                    return self._keep(ready)
            except NotConfigured as error:
                if error.code != UNWRITABLE or person is None:
                    raise
                person.warn(f"{error.message} ({error.hint})")
            with _broken_off("nothing was written"):
                person.typed("Enter tries again, Ctrl-C ends and writes nothing: ", flag=FLAG)

    def _keep(self, ready: Ready) -> tuple[str, ...]:
        """The profile is there, so what goes wrong with the session is told and not raised."""
        if ready.signed is None:
            return ()
        try:
            ready.signed.keep(ready.draft, self.state_of(ready.draft.profile), self.clock)
        except ShemaError as error:
            return (f"the session could not be kept: {error.message}",)
        return ()

    # -- afterwards -------------------------------------------------------------------------------------------------

    def _who(self, ready: Ready) -> tuple[str | None, tuple[str, ...]]:
        """Who is signed in there by now, without any question, and what a person should know of that."""
        draft, id_token = ready.draft, ready.id_token or self.settings.get(ID_TOKEN)
        later = sign_in_line(draft.profile)
        try:
            note = self.person_at(self.settings).note
            who = without_asking(draft, id_token, self.state_of(draft.profile), self.clock, note)
        except ShemaError as error:
            return None, (f"nobody is signed in: {error.message}; {later}",)
        return who, () if who else (f"nobody is signed in yet: {later}",)

    def _outranked(self, draft: Draft) -> Iterator[str]:
        """What says something else here than the profile does."""
        for entry in outranked_by(self.settings, draft.settings().of_profile):
            if not entry.source.startswith("profile "):
                yield f"here {entry.name} ({entry.source}) outranks what the profile says"

    def _onward(self, ready: Ready, request: SetupRequest) -> Iterator[str]:
        """How to come back to it, and where what was not asked for is set."""
        profile = ready.draft.profile
        if not ready.draft.becomes_default and profile != self.settings.default_profile:
            yield f"use it with --profile {quoted(profile)}, or always: {to_type('shema config use', profile)}"
        if request.source is None:
            rest = f"shema config set NAME VALUE --profile {quoted(profile)}"
            yield f"what was not asked for (color, names, SERVICE_NAME): {rest}"


@contextmanager
def _broken_off(what_is_left: str) -> Iterator[None]:
    """Ctrl-C inside says what it leaves."""
    try:
        yield
    except (KeyboardInterrupt, Interrupted):
        raise Interrupted("interrupted", f"interrupted; {what_is_left}") from None


def _left_out(given: Given) -> Iterator[str]:
    """What a person should know of what the file says besides."""
    if names := [name for name in given.besides if name != ID_TOKEN]:
        yield f"no part of a profile, and left out: {', '.join(names)}"
