"""`shema setup`: asked for or read from a file, tried, shown as what changes, and written at once (contract 2.1).

Until the one question at the end is answered nothing is written anywhere, whatever ends it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TextIO

from shema_cli.clock import Clock
from shema_cli.config.edit import UNWRITABLE, require_writable, write_profile
from shema_cli.errors import Interrupted, InvalidUsage, NotConfigured, ShemaError
from shema_cli.interrupts import stop_gently
from shema_cli.output.person import Person
from shema_cli.output.sink import View
from shema_cli.settings.profile import name_problem
from shema_cli.settings.values import ID_TOKEN, Settings
from shema_cli.setup.draft import Draft
from shema_cli.setup.given import Given, read
from shema_cli.setup.results import Difference, SetUp, sign_in_line
from shema_cli.setup.sign_in import without_asking
from shema_cli.setup.trials import Trials
from shema_cli.setup.wizard import FLAG, Wizard
from shema_cli.shell import to_type
from shema_cli.state import StateDir

UNTOUCHED = "interrupted; nothing was written"


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
    def of_the_way(self) -> tuple[View, View, View]:
        return (self.question, self.tried, self.told)


@dataclass(frozen=True)
class Setup:
    """What setting up takes. `settings`: those of the command itself; `person_at`: whoever answers, of a target."""

    settings: Settings
    state: StateDir
    clock: Clock
    stdin: TextIO
    person_at: Callable[[Settings], Person]
    views: Views

    def carry_out(self, request: SetupRequest) -> SetUp:
        """Raises InvalidUsage where nobody can be asked, Interrupted at Ctrl-C, Refused for a no."""
        person = self.person_at(self.settings)
        if request.source is None and not person.can_be_asked:
            line = to_type("shema setup", request.profile or "PROFILE")
            raise InvalidUsage("no_terminal", "there is no terminal to ask for the settings", f"{line} {FLAG}")
        if self.settings.config_problem:
            raise self.settings.config_problem
        if not request.dry_run:
            require_writable(self.settings.config_path)
        if request.source is not None:
            return self._from_file(request, request.source)
        try:
            return self._asked(request, person)
        except (KeyboardInterrupt, Interrupted):
            raise Interrupted("interrupted", UNTOUCHED) from None

    # -- from a file ------------------------------------------------------------------------------------------------

    def _from_file(self, request: SetupRequest, source: str) -> SetUp:
        if request.profile is None:
            raise InvalidUsage("no_profile", "which profile is to be set up?", f"name it: shema setup PROFILE {FLAG}")
        draft = self._draft(request.profile)
        given = read(source, self.stdin)
        for name, value in given.values.items():
            draft.put(name, value, given.source)
        tried = Trials(self.clock).all_of(draft)
        found = SetUp.of(
            draft, tried, problems=given.problems, dry_run=request.dry_run, remarks=tuple(_left_out(given))
        )
        if given.problems or request.dry_run or (found.failed and not request.force) or not draft.changes:
            return found
        if not draft.is_new:
            self._confirm(draft, found, yes=request.yes)
        self._write(draft)
        who, why_not = self._who(draft, given.besides.get(ID_TOKEN))
        return SetUp.of(draft, tried, written=True, signed_in=who, remarks=(*found.remarks, *why_not))

    def _who(self, draft: Draft, id_token: str | None = None) -> tuple[str | None, tuple[str, ...]]:
        """Who is signed in there by now, without any question, and what a person should know of that."""
        id_token = id_token or self.settings.get(ID_TOKEN)
        try:
            who = without_asking(draft, id_token, self.state, self.clock, self.person_at(self.settings).note)
        except ShemaError as error:
            return None, (f"nobody is signed in: {error.message}; {sign_in_line(draft.profile)}",)
        return who, () if who else (f"nobody is signed in yet: {sign_in_line(draft.profile)}",)

    # -- asked ------------------------------------------------------------------------------------------------------

    def _asked(self, request: SetupRequest, person: Person) -> SetUp:
        draft = self._draft(request.profile or self._which(person))
        wizard = Wizard(draft, Trials(self.clock), person, self.stdin, self.clock, *self.views.of_the_way)
        wizard.run()
        found = SetUp.of(draft, wizard.tried, dry_run=request.dry_run, signed_in=_email(wizard))
        if request.dry_run:
            self._show(draft, found, person)
            return found
        if draft.changes:
            self._confirm(draft, found, yes=request.yes)
        with stop_gently():
            if draft.changes:
                self._write_or_ask(draft, person)
            remarks = self._keep(wizard, draft)
        who, why_not = self._who(draft)
        told = (*remarks, *why_not)
        return SetUp.of(draft, wizard.tried, written=bool(draft.changes), signed_in=who, remarks=told)

    def _which(self, person: Person) -> str:
        """The name of the profile, asked for until it can be one."""
        offered = self.settings.profile or ("production" if not self.settings.profiles else None)
        if self.settings.profiles:
            person.note(f"Profiles: {', '.join(self.settings.profiles)}")
        while True:
            typed = person.answer(f"Name of the profile{f' [{offered}]' if offered else ''}: ", flag="PROFILE")
            name = typed or offered or ""
            if problem := name_problem(name):
                person.note(f"  {problem}")
            else:
                return name

    def _keep(self, wizard: Wizard, draft: Draft) -> tuple[str, ...]:
        """Keep the sign-in; the profile is there, so what goes wrong is told and not raised."""
        if wizard.signed is None:
            return ()
        try:
            wizard.signed.keep(draft, self.state, self.clock)
        except ShemaError as error:
            return (f"the session could not be kept: {error.message}; later: {sign_in_line(draft.profile)}",)
        return ()

    def _write_or_ask(self, draft: Draft, person: Person) -> None:
        """A disk that is full now may not be in a minute, and nobody answers all of it twice."""
        while True:
            try:
                self._write(draft)
                return
            except NotConfigured as error:
                if error.code != UNWRITABLE:
                    raise
                person.warn(f"{error.message} ({error.hint})")
                person.answer("Enter tries again, Ctrl-C ends and writes nothing: ", flag=FLAG)

    # -- both -------------------------------------------------------------------------------------------------------

    def _draft(self, profile: str) -> Draft:
        if problem := name_problem(profile):
            raise InvalidUsage(
                "bad_profile_name", f"a profile cannot be called {profile!r}: {problem}", "choose another"
            )
        return Draft.of(self.settings, profile)

    def _confirm(self, draft: Draft, found: SetUp, *, yes: bool) -> None:
        person = self.person_at(draft.settings())
        difference = self._show(draft, found, person)
        person.confirm(f"Write profile {draft.profile}? {difference.words}.", yes=yes)

    def _show(self, draft: Draft, found: SetUp, person: Person) -> Difference:
        changed = tuple(one for one in found.values if one.name in draft.changes)
        difference = Difference(draft.profile, changed)
        person.aside(difference, self.views.difference)
        return difference

    def _write(self, draft: Draft) -> None:
        write_profile(draft.config_path, draft.profile, draft.changes, draft.present, default=draft.becomes_default)


def _email(wizard: Wizard) -> str | None:
    return wizard.signed.email if wizard.signed else None


def _left_out(given: Given) -> list[str]:
    """What a person should know of what the file says besides."""
    names = [name for name in given.besides if name != ID_TOKEN]
    return [f"no part of a profile, and left out: {', '.join(names)}"] if names else []
