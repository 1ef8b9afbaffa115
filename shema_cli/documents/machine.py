"""Documents of what is on this machine: `setup`, `auth`, `admins`, `config`, `completions`, `help`, `sandbox`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from shema_cli.documents.base import Channel, May, No, Number, Object, OpenObject, Problem, Time, Variable, Yes


class SetUpValue(Object):
    name: str
    value: str | None
    source: str
    change: Literal["added", "changed", "removed", "kept"]
    tried: Literal["ok", "failed", "unknown"] | None
    why: str | None
    hint: str | None


class LineProblem(Object):
    line: int | None
    name: str | None
    problem: str


class SetUp(Object):
    error: May[Problem] = None
    profile: str
    path: str
    written: bool
    default: bool
    values: list[SetUpValue]
    problems: list[LineProblem]
    signed_in: str | None


class SignedIn(Object):
    signed_in: bool
    email: str | None
    uid: str | None
    admin: bool
    project: str | None
    emulator: bool
    expires_at: Time | None
    storage: str | None


class IdToken(Object):
    token: str
    expires_at: Time


class SignedOut(Object):
    signed_out: bool
    everywhere: bool


class Admin(Object):
    uid: str
    email: str | None
    disabled: bool
    last_sign_in: Time | None


class Admins(Object):
    admins: list[Admin]


class AdminChange(Object):
    uid: str
    email: str
    admin: bool
    outcome: Literal["granted", "revoked", "already", "planned"]


class SettingShown(Object):
    name: str
    value: str | None
    source: str | None
    about: str


class Outranked(Object):
    name: str
    value: str
    source: str


class Target(Object):
    profile: str
    redis: str | None
    project: str | None
    emulator: bool
    read_only: bool
    mixed: list[Outranked]


class Config(Object):
    profile: str | None
    settings: list[SettingShown]
    target: Target


class ConfigPaths(Object):
    config: str
    state: str


class Profile(Object):
    name: str
    active: bool
    default: bool


class Profiles(Object):
    profiles: list[Profile]


class ConfigChange(Object):
    path: str
    key: str
    value: str


class Installed(Object):
    shell: Literal["bash", "zsh", "fish", "powershell"]
    path: str
    written: bool
    next_step: str


class Topic(Object):
    name: str
    about: str


class Topics(Object):
    topics: list[Topic]


class TopicText(Object):
    topic: str
    text: str


class DocumentListed(Object):
    command: str
    a_line: bool


class DocumentsListed(Object):
    documents: list[DocumentListed]


class DocumentSchema(OpenObject):
    schema_: str = Field(alias="$schema")
    title: str


# -- the sandbox --------------------------------------------------------------------------------------------------


class Fault(Object, title="fault"):
    down: May[Yes] = None
    deaf: May[Yes] = None
    hang: May[Yes] = None
    garbage: May[Yes] = None
    no_lists: May[Yes] = None
    latency_ms: May[int] = None
    error_rate: May[Number] = None
    poison: May[list[str]] = None


class Place(Object):
    url: str
    up: bool
    fault: Fault


class SandboxService(Object):
    name: str
    url: str
    up: bool
    fault: Fault
    published: int
    handled: int
    dead_letters: int
    problems: int


class SandboxHistory(Place):
    state: str
    entries: int


class Running(Object):
    running: Yes
    pid: int
    profile: Literal["sandbox"]
    started_at: Time


class Sandbox(Running):
    services: list[SandboxService]
    redis: Place
    firebase: Place
    history: SandboxHistory
    channels: dict[Channel, int]
    problems: list[str]
    begun_at: Time


class SandboxAway(Object):
    running: No


SandboxStatus = Sandbox | SandboxAway


class Started(Running):
    environment: dict[Variable, str]


Environment = dict[Variable, str]


class Stopped(Object):
    stopped: bool
    swept: int


class FaultSet(Object):
    target: str
    fault: Fault


class Tally(Object):
    kind: Literal["second", "total"]
    seconds: Number
    events: int
    refused: int
    failed: int
    by_kind: dict[Annotated[str, Field(description="kind")], int]


class TourCommand(Object):
    command: str
    exit_code: int


class TourStep(Object):
    title: str
    commands: list[TourCommand]
    as_expected: bool


class Tour(Object):
    steps: list[TourStep]


class Drill(Object):
    name: str
    practises: str
    minutes: int
    state: Literal["never tried", "staged", "broken off", "tried", "solved"]


class Drills(Object):
    drills: list[Drill]


class DrillStaged(Object):
    drill: str
    story: list[str]
    folder: str | None
    begin: list[str]


class DrillChecked(Object):
    drill: str
    solved: bool
    remaining: list[str]


class DrillHint(Object):
    drill: str
    solved: bool
    what: str | None
    hint: str | None


class DrillStopped(Object):
    stopped: str | None
