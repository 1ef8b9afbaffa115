"""The Firebase project and its web API key tried, without anybody signing in; and a service account's key file.

The key is judged by Firebase (`/v1/projects`, which needs nothing but a key), and names the project that it belongs to
by the domains that may use it: `<project>.firebaseapp.com` is among them from the beginning.
"""

from __future__ import annotations

from collections.abc import Mapping

from shema_cli.auth.identity_toolkit import FirebaseRejected, IdentityToolkit
from shema_cli.auth.project import (
    CREDENTIALS_VARIABLE,
    EMULATOR_VARIABLE,
    KEY_VARIABLE,
    PROJECT_VARIABLE,
    FirebaseProject,
)
from shema_cli.auth.reach import knock
from shema_cli.auth.service_account import read_key, require_signing
from shema_cli.calls.reply import LocalFault, NoUsableAnswer
from shema_cli.clock import Clock
from shema_cli.doctor.machine import lax
from shema_cli.errors import AccessDenied, NotConfigured, ShemaError
from shema_cli.settings.folders import expanded
from shema_cli.settings.values import Settings
from shema_cli.setup.results import Tried, TriedState, TriedValues
from shema_cli.shell import to_type

FIREBASE = frozenset({PROJECT_VARIABLE, KEY_VARIABLE, EMULATOR_VARIABLE})
ANSWER_S = 4.0
_DOMAINS = (".firebaseapp.com", ".web.app")
_ANSWERS = "the emulator answers"
_NOT_OUR_TOKEN = ("INVALID_ID_TOKEN", "INVALID_TOKEN", "MISSING_ID_TOKEN", "TOKEN_EXPIRED", "USER_NOT_FOUND")


def try_firebase(settings: Settings) -> TriedValues:
    """What came of project, key and emulator, of which one tells about the others."""
    try:
        project = FirebaseProject.from_settings(settings)
    except AccessDenied as error:
        return _not_a_project(settings, error)
    if project.emulator:
        return _at_an_emulator(project)
    if project.api_key is None:
        return {PROJECT_VARIABLE: Tried.unknown("only its API key can tell")}
    key = _try_key(project)
    known = key == _taken_for(project)
    return {
        KEY_VARIABLE: key,
        PROJECT_VARIABLE: Tried.ok("its API key says so") if known else Tried.unknown("only its API key can tell"),
    }


def _not_a_project(settings: Settings, error: AccessDenied) -> TriedValues:
    if settings.get(PROJECT_VARIABLE) is None:
        untold = Tried.unknown(f"there is no {PROJECT_VARIABLE} that it could belong to")
        return dict.fromkeys((KEY_VARIABLE, EMULATOR_VARIABLE), untold)
    name = PROJECT_VARIABLE if error.code == "bad_project" else EMULATOR_VARIABLE
    others = dict.fromkeys(FIREBASE - {name}, Tried.unknown(f"{name} has to be right first"))
    return {**others, name: Tried.of(error)}


def _at_an_emulator(project: FirebaseProject) -> TriedValues:
    """It takes any key, and has any project of a demo."""
    untold = dict.fromkeys((PROJECT_VARIABLE, KEY_VARIABLE), Tried.unknown("the emulator could not be asked"))
    try:
        body = knock(project, ANSWER_S).json()
    except LocalFault as error:
        return {**untold, EMULATOR_VARIABLE: Tried.unknown(error.problem, error.hint)}
    except NoUsableAnswer as error:
        return {**untold, EMULATOR_VARIABLE: Tried.failed(error.problem, error.hint)}
    if not (isinstance(body, dict) and "authEmulator" in body):
        why = f"what answers at {project.emulator_host} is not an Auth emulator"
        return {**untold, EMULATOR_VARIABLE: Tried.failed(why, "firebase emulators:start --only auth tells its port")}
    takes_any = Tried.ok("the emulator takes any")
    return {EMULATOR_VARIABLE: Tried.ok(_ANSWERS), PROJECT_VARIABLE: takes_any, KEY_VARIABLE: takes_any}


def _try_key(project: FirebaseProject) -> Tried:
    toolkit = IdentityToolkit(project)
    try:
        return _judged(project, toolkit.of_key())
    except NotConfigured as error:
        return _refused(error, project)
    except FirebaseRejected as rejected:
        return _by_another_question(toolkit, project, rejected)
    except ShemaError as error:
        return Tried.of(error, TriedState.UNKNOWN)


def _by_another_question(toolkit: IdentityToolkit, project: FirebaseProject, first: FirebaseRejected) -> Tried:
    """Whether Firebase minds the key, or only a token that is none."""
    try:
        toolkit.lookup("none")
    except NotConfigured as error:
        return _refused(error, project)
    except FirebaseRejected as rejected:
        if rejected.reason in _NOT_OUR_TOKEN:
            return Tried.ok("Firebase takes it; of which project it is was not told")
        return Tried.failed(f"Firebase refuses it: {rejected.reason}", _console(project))
    except ShemaError as error:
        return Tried.of(error, TriedState.UNKNOWN)
    return Tried.failed(f"Firebase refuses it: {first.reason}", _console(project))


def _refused(error: NotConfigured, project: FirebaseProject) -> Tried:
    return Tried.failed(error.message, _console(project))


def _judged(project: FirebaseProject, told: Mapping[str, object]) -> Tried:
    listed = told.get("authorizedDomains")
    domains = [one for one in listed if isinstance(one, str)] if isinstance(listed, list) else []
    projects = sorted({one.removesuffix(end) for one in domains for end in _DOMAINS if one.endswith(end)})
    if not projects:
        return Tried.ok("Firebase takes it; of which project it is was not told")
    if project.id in projects:
        return _taken_for(project)
    return Tried.failed(f"it is the key of another project ({', '.join(projects[:3])})", _console(project))


def _taken_for(project: FirebaseProject) -> Tried:
    return Tried.ok(f"Firebase takes it for {project.id}")


def _console(project: FirebaseProject) -> str:
    return f"take the web API key of {project.id}: Firebase console, project settings"


def try_key_file(settings: Settings, _: Clock) -> Tried:
    """Whether a service account's key can be read and signed with, and is the project's."""
    path = settings.require(CREDENTIALS_VARIABLE, "a service account")
    project = settings.get(PROJECT_VARIABLE)
    try:
        key = read_key(path)
        assert key is not None
        require_signing(key)
    except NotConfigured as error:
        return Tried.of(error)
    if project and key.project and key.project != project:
        return Tried.failed(
            f"it is a key of the project {key.project}, not of {project}", "take one of the right project"
        )
    if lax(expanded(path)):
        return Tried.failed("others may read it", to_type("chmod 600", str(expanded(path))))
    if not project or not key.project:
        return Tried.unknown(f"{key.email}; of which project it is cannot be told")
    return Tried.ok(f"{key.email}, of {key.project}")
