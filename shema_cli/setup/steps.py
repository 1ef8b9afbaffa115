"""What `shema setup` asks for, in order: what leads to the next things comes before them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from shema_cli.auth.project import (
    CREDENTIALS_VARIABLE,
    EMULATOR_VARIABLE,
    KEY_VARIABLE,
    PROJECT_VARIABLE,
)
from shema_cli.frozen import dataclass
from shema_cli.output.person import Echo
from shema_cli.settings.profile import TYPE_NAME
from shema_cli.settings.target import DEMO_PREFIX
from shema_cli.settings.values import CA_FILE, CORE_SERVICES, SECRETS, SERVICE_VARIABLE, service_variable
from shema_cli.setup.draft import Draft
from shema_cli.setup.services_trial import SECRET

OAUTH_ID, OAUTH_SECRET = "SHEMA_OAUTH_CLIENT_ID", "SHEMA_OAUTH_CLIENT_SECRET"
_YES, _NO = ("y", "yes"), ("n", "no")


@dataclass(frozen=True)
class Step:
    """One question. `applies`: whether it is asked of this draft; `yes`: the value that a yes stands for."""

    name: str
    applies: Callable[[Draft], bool] = lambda _: True
    yes: str | None = None
    about: str = ""

    @property
    def echo(self) -> Echo:
        if self.name in SECRETS:
            return Echo.NOTHING
        return Echo.URL if self.name == "REDIS_URL" or SERVICE_VARIABLE.fullmatch(self.name) else Echo.ALL

    def value_of(self, answer: str) -> str | None:
        """What a typed answer says; None for a question of yes or no where it says no. Raises ValueError."""
        if self.yes is None:
            return answer
        if answer.lower() in (*_YES, *_NO):
            return self.yes if answer.lower() in _YES else None
        raise ValueError(answer)


def steps_of(draft: Draft) -> Sequence[Step]:
    """Everything that may be asked of a profile. What it says beside these is left as it is."""
    core = [service_variable(name) for name in CORE_SERVICES]
    others = sorted(name for name in draft.values if SERVICE_VARIABLE.fullmatch(name) and name not in core)
    return (
        Step(CA_FILE, lambda draft: CA_FILE in draft.values),
        Step("REDIS_URL"),
        *map(Step, (*core, *others)),
        Step(SECRET),
        Step(PROJECT_VARIABLE),
        Step(EMULATOR_VARIABLE, _may_be_an_emulators),  # before the key, which is then none of Google's
        Step(KEY_VARIABLE, lambda draft: PROJECT_VARIABLE in draft.values),
        Step(CREDENTIALS_VARIABLE, lambda draft: PROJECT_VARIABLE in draft.values),
        Step(OAUTH_ID, lambda draft: PROJECT_VARIABLE in draft.values),
        Step(OAUTH_SECRET, lambda draft: OAUTH_ID in draft.values),
        Step("SHEMA_AUDIT_KEY"),
        Step("confirm", yes=TYPE_NAME, about="type the profile's name, not a y, before anything is changed there"),
        Step("read_only", yes="true", about="refuse whatever changes something there"),
    )


def _may_be_an_emulators(draft: Draft) -> bool:
    return EMULATOR_VARIABLE in draft.values or draft.values.get(PROJECT_VARIABLE, "").startswith(DEMO_PREFIX)
