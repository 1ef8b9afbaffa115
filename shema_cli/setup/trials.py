"""Each value tried where it counts: what it leads to is asked, and nothing is changed or kept there.

An address that nobody answers at has failed. A secret or a key of which its judge says nothing (nobody could be asked,
this machine has no network, a proxy is broken) is unknown, never ok.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from shema_cli.calls.registry import url_problem
from shema_cli.calls.request import CallerHeaders, new_request_id
from shema_cli.clock import Clock
from shema_cli.errors import NotConfigured
from shema_cli.network_errors import authority_problem
from shema_cli.output.sink import Format
from shema_cli.settings.folders import expanded
from shema_cli.settings.profile import PROFILE_OPTIONS, option_problem, truth
from shema_cli.settings.values import CA_FILE, READ_ONLY, SERVICE_VARIABLE, Settings
from shema_cli.setup.draft import Draft
from shema_cli.setup.firebase_trial import FIREBASE, try_firebase, try_key_file
from shema_cli.setup.redis_trial import try_audit_key, try_redis
from shema_cli.setup.results import Tried, TriedValues
from shema_cli.setup.services_trial import SECRET, try_secret, try_services

Trial = Callable[[Settings, Clock], Tried]


class Trials:
    """Tries the values of a draft. Never raises a ShemaError: whatever goes wrong is what came of a trial."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def of(self, draft: Draft, name: str) -> TriedValues:
        """What came of one value, and of those of which it tells more."""
        settings = draft.settings()
        value = draft.values.get(name)
        if value is None:
            return {}
        if problem := _unwritable(value):
            return {name: Tried.failed(problem, "write it anew")}
        if SERVICE_VARIABLE.fullmatch(name):
            return self._services(settings, {name: value})
        if name in FIREBASE:
            return try_firebase(settings)
        return {name: self._one(settings, name, value)}

    def all_of(self, draft: Draft) -> TriedValues:
        """What came of every value that the draft has."""
        settings = draft.settings()
        bad = {
            name: Tried.failed(told, "write it anew")
            for name, one in draft.values.items()
            if (told := _unwritable(one))
        }
        urls = {name: one for name, one in draft.values.items() if SERVICE_VARIABLE.fullmatch(name) and name not in bad}
        tried = dict(self._services(settings, urls))
        if not FIREBASE.isdisjoint(draft.values):
            tried |= try_firebase(settings)
        for name, value in draft.values.items():
            if name not in tried and name not in bad:
                tried[name] = self._one(settings, name, value)
        return {name: one for name, one in (tried | bad).items() if name in draft.values}

    def _services(self, settings: Settings, values: Mapping[str, str]) -> TriedValues:
        tried: dict[str, Tried] = {}
        for name, value in values.items():
            urls = [url.strip() for url in value.split(",") if url.strip()]
            if not urls:
                tried[name] = Tried.failed("it names no URL", "write http://host:port")
            for url in urls:
                if problem := url_problem(url.rstrip("/")):
                    tried[name] = Tried.failed(problem, "write http://host:port, several with commas between them")
        return {**tried, **try_services(settings, [name for name in values if name not in tried], self._clock)}

    def _one(self, settings: Settings, name: str, value: str) -> Tried:
        if name in PROFILE_OPTIONS:
            problem = option_problem(name, value)
            return Tried.failed(problem, "shema help profiles") if problem else Tried.ok("understood")
        trial = _TRIALS.get(name)
        return trial(settings, self._clock) if trial else Tried.unknown("only its use can tell")


def _unwritable(value: str) -> str | None:
    try:
        value.encode()
    except UnicodeEncodeError:
        return "it is not UTF-8"
    return None if value.isprintable() else "it has a character that cannot be seen: a line break, a tab"


def _authorities(settings: Settings, _: Clock) -> Tried:
    path = expanded(settings.require(CA_FILE, "trust"))
    problem = authority_problem(path)
    return (
        Tried.failed(f"{path}: {problem}", "correct the path") if problem else Tried.ok("certificates that can be read")
    )


def _service_name(settings: Settings, clock: Clock) -> Tried:
    headers = CallerHeaders.of(settings, clock)
    try:
        headers.of_health_check(new_request_id(clock))
    except NotConfigured as error:
        return Tried.of(error)
    return Tried.ok("can be sent")


def _output(settings: Settings, _: Clock) -> Tried:
    if settings.get("SHEMA_OUTPUT") in [one.value for one in Format]:
        return Tried.ok("understood")
    return Tried.failed("it is not an output format", "use table, json or csv")


def _read_only(settings: Settings, _: Clock) -> Tried:
    if truth(settings.get(READ_ONLY)) is None:
        return Tried.failed("it is neither yes nor no, and so counts as yes", "write 1 or 0")
    return Tried.ok("understood")


def _browser(_: Settings, __: Clock) -> Tried:
    return Tried.unknown("only signing in with --browser can tell")


_TRIALS: Mapping[str, Trial] = {
    CA_FILE: _authorities,
    "REDIS_URL": try_redis,
    SECRET: try_secret,
    "GOOGLE_APPLICATION_CREDENTIALS": try_key_file,
    "SHEMA_AUDIT_KEY": try_audit_key,
    "SERVICE_NAME": _service_name,
    "SHEMA_OUTPUT": _output,
    READ_ONLY: _read_only,
    "SHEMA_OAUTH_CLIENT_ID": _browser,
    "SHEMA_OAUTH_CLIENT_SECRET": _browser,
}
