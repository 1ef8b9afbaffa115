"""Where a command acts, and which source said so (contract 3.1): the one place that knows.

A profile names a system. What the environment or a `.env` sets outranks it setting by setting, so that a command could
carry the name of one system and act on another: such a target is *mixed*. Questions, audit entries, `doctor`,
`dashboard` and `config show` ask here; `cli/declare.py` enforces what is refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from urllib.parse import urlsplit

from shema_cli.errors import NotConfigured, Refused
from shema_cli.frozen import dataclass
from shema_cli.settings.address import Address, parse_address
from shema_cli.settings.loopback import host_of, is_loopback, is_loopback_host, is_on_this_machine
from shema_cli.settings.profile import truth
from shema_cli.settings.values import (
    ID_TOKEN,
    READ_ONLY,
    SERVICE_VARIABLE,
    Setting,
    Settings,
    mask,
    one_line,
    service_variable,
)

REDIS = "REDIS_URL"
PROJECT = "FIREBASE_PROJECT_ID"
EMULATOR = "FIREBASE_AUTH_EMULATOR_HOST"
PROFILE = "SHEMA_PROFILE"
ENVIRONMENT = "environment"
UNREADABLE = "(REDIS_URL cannot be read)"
DEMO_PREFIX = "demo-"
PROOFS = ("SERVICE_JWT_SECRET", "SHEMA_AUDIT_KEY", "GOOGLE_APPLICATION_CREDENTIALS")
"""In whose name a command acts there, and what seals its entries: of somebody else, they prove what he wants."""
_ORDER = {name: place for place, name in enumerate((PROJECT, EMULATOR, PROFILE, *PROOFS), 2)} | {REDIS: 0}
"""In which what a `.env` says of a target is told; services stand between."""
_TRUST = ("ssl_cert_reqs", "ssl_check_hostname", "ssl_ca_certs", "ssl_ca_path")
_DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True)
class Outranked:
    """A setting of the profile in force for which another source gives another value; both values without secrets."""

    name: str
    value: str
    source: str
    of_profile: str

    def told(self, profile: str) -> str:
        return f"{self.name} is {self.value} ({self.source}), not {self.of_profile} (profile {profile})"

    @property
    def way_out(self) -> str:
        return f"unset {self.name}" if self.source == ENVIRONMENT else f"take {self.name} out of {self.source}"


@dataclass(frozen=True)
class Target:
    """One system, as the settings name it.

    `redis`: address and database, never a password; `services`: the configured URLs by name; `sources`: which source
    gave each of these settings; `foreign`: what is not on this machine although the emulator is; `read_only`: what says
    that nothing may be changed; `who`: who is signed in, where that is known.
    """

    profile: str
    redis: str | None
    services: Mapping[str, tuple[str, ...]]
    project: str | None
    emulator: str | None
    sources: Mapping[str, str]
    mixed: tuple[Outranked, ...] = ()
    foreign: tuple[str, ...] = ()
    read_only: str | None = None
    who: str | None = None

    @classmethod
    def of(cls, settings: Settings) -> Target:
        """Never raises: a value that cannot be read is told by whoever needs it."""
        url, emulator = settings.as_it_stands(REDIS), settings.as_it_stands(EMULATOR)
        address = _address(url)
        return cls(
            profile=settings.profile_label,
            redis=address.place if address else UNREADABLE if url else None,
            services=settings.service_urls(),
            project=mask(PROJECT, settings.as_it_stands(PROJECT) or "") or None,
            emulator=mask(EMULATOR, emulator or "") or None,
            sources={name: entry.source for name, entry in settings.entries.items() if names_a_system(name)},
            mixed=tuple(_outranked(settings)),
            foreign=tuple(_foreign(settings, address)) if emulator else (),
            read_only=_read_only(settings),
        )

    def signed_in(self, who: str, *, by_variable: bool = False) -> Target:
        """The same, with the admin in whose name the command acts; `SHEMA_ID_TOKEN` is named where that says who."""
        return replace(self, who=f"{who} ({ID_TOKEN})" if by_variable else who)

    @property
    def words(self) -> tuple[str, ...]:
        """The profile first, then where Redis and Firebase are, and who acts there."""
        project = f"Firebase {self.project or 'not set'}"
        kind = f" (EMULATOR {self.emulator})" if self.emulator else ""
        who = (self.who,) if self.who else ()
        return (self.profile, f"redis {self.redis or 'not set'}", f"{project}{kind}", *who)

    @property
    def line(self) -> str:
        """`Target: production · redis cache.school.test:6379/0 · Firebase shema-prod · dina@school.test`."""
        return f"Target: {' · '.join(self.words)}"

    @property
    def mixture(self) -> str:
        """What is mixed, in one line."""
        return "mixed target: " + "; ".join(one.told(self.profile) for one in self.mixed)

    @property
    def way_out(self) -> str:
        """How a mixed target becomes one system again."""
        return f"{', '.join(one.way_out for one in self.mixed)}, or choose the profile that is meant"

    def document(self) -> dict[str, object]:
        return {
            "profile": self.profile,
            "redis": self.redis,
            "project": self.project,
            "emulator": self.emulator is not None,
            "read_only": self.read_only is not None,
            "mixed": [{"name": one.name, "value": one.value, "source": one.source} for one in self.mixed],
        }

    @property
    def may_be_written(self) -> bool:
        """Whether what only reads may keep something there by the way: a cache, the time of a health check."""
        return not (self.read_only or self.mixed or self.foreign)

    def refuse_change(self, *, allow_mixed: bool) -> None:
        """Raises Refused where nothing may be changed: read-only, mixed, or a foreign system in an emulator's name."""
        if self.read_only:
            raise Refused(
                "read_only",
                f"{self.profile} is read-only here ({self.read_only}); nothing was changed",
                "try it with --dry-run, or take the guard away there",
            )
        if self.mixed and not allow_mixed:
            raise Refused(
                "mixed_target",
                f"{self.mixture}; nothing was changed",
                f"{self.way_out}; --allow-mixed-target acts on it all the same",
            )
        if self.foreign and self._signs_in_at_an_emulator:
            raise elsewhere(self.foreign)

    @property
    def _signs_in_at_an_emulator(self) -> bool:
        """Whether its tokens count at all (contract 2.4); those of others are refused by the gate."""
        if self.emulator is None or self.project is None:
            return False
        return is_loopback(self.emulator) and self.project.startswith(DEMO_PREFIX)


def elsewhere(places: Iterable[str]) -> Refused:
    """The refusal of a change in the name of an emulator's admin that would reach other machines."""
    return Refused(
        "emulator_target",
        "an emulator proves nobody, so its admins change things on this machine alone, and this is elsewhere: "
        f"{', '.join(places)}; nothing was changed",
        f"unset {EMULATOR} and sign in to the real project",
    )


def names_a_system(name: str) -> bool:
    """Whether a setting says where a command acts."""
    return name in (REDIS, PROJECT, EMULATOR) or SERVICE_VARIABLE.fullmatch(name) is not None


def supplied_by_dotenv(settings: Settings) -> tuple[str, ...]:
    """What the `.env` of the working directory says of where a command acts, and with which proofs."""
    found = [name for name in settings.from_dotenv if names_a_system(name) or name in (PROFILE, *PROOFS)]
    return tuple(sorted(found, key=lambda name: (_ORDER.get(name, 1), name)))


def outranked_by(settings: Settings, wanted: Mapping[str, str]) -> Iterator[Setting]:
    """The settings in force that outrank a profile of these values with others; what a flag says was meant."""
    for name, value in wanted.items():
        entry = settings.entries.get(name)
        if entry is None or entry.source in ("flag", "default"):
            continue
        if _comparable(name, entry.value) != _comparable(name, value):
            yield entry


def _outranked(settings: Settings) -> Iterator[Outranked]:
    of_profile = {name: value for name, value in settings.of_profile.items() if names_a_system(name)}
    for entry in outranked_by(settings, of_profile):
        value, instead_of = (one_line(mask(entry.name, one)) for one in (entry.value, of_profile[entry.name]))
        yield Outranked(entry.name, value, entry.source, instead_of)


def _comparable(name: str, value: str) -> object:
    """What two ways of writing one value have in common."""
    if name == REDIS:
        address = _address(value)
        return (address.key, _whom_it_trusts(address)) if address else value
    if SERVICE_VARIABLE.fullmatch(name):
        return frozenset(_base_url(url.strip()) for url in value.split(",") if url.strip())
    return value.lower() if name == EMULATOR else value


def _whom_it_trusts(address: Address) -> frozenset[tuple[str, str | bool]]:
    """A certificate that is not checked, or by other authorities, may be anybody's; the defaults need no word."""
    options: dict[str, str | bool] = {"ssl_cert_reqs": "required", "ssl_check_hostname": True}
    options |= dict(address.tls_options)
    return frozenset((name, options[name]) for name in _TRUST if name in options)


def _base_url(url: str) -> object:
    try:
        parts = urlsplit(url)
        port = parts.port or _DEFAULT_PORTS.get(parts.scheme)
    except ValueError:
        return url
    return (parts.scheme, parts.hostname, port, parts.path.rstrip("/"), parts.username, parts.password, parts.query)


def _address(url: str | None) -> Address | None:
    try:
        return parse_address(url) if url else None
    except NotConfigured:
        return None


def _read_only(settings: Settings) -> str | None:
    """Whoever says so is believed, outranked or not; a word that is neither yes nor no was not written for nothing."""
    entry = settings.entries.get(READ_ONLY)
    if entry and truth(entry.value) is not False:
        return "--read-only" if entry.source == "flag" else f"{READ_ONLY}, {entry.source}"
    of_profile = (settings.of_profile.get(READ_ONLY, ""), settings.profile_options.get("read_only", ""))
    asked = any(value != "" and truth(value) is not False for value in of_profile)
    return f"profile {settings.profile}" if asked else None


def _foreign(settings: Settings, address: Address | None) -> Iterator[str]:
    if address and not all(is_loopback_host(host) for host, _ in address.hosts):
        yield f"{REDIS} ({address.place})"
    for service, urls in settings.service_urls().items():
        if away := [url for url in urls if host_of(url) and not is_on_this_machine(url)]:
            yield f"{service_variable(service)} ({', '.join(one_line(mask('_URL', url)) for url in away)})"
