"""Whether Firebase answers at all, and what time it has; nobody signs in by it."""

from __future__ import annotations

from shema_cli.auth.project import EMULATOR_VARIABLE, FirebaseProject
from shema_cli.calls.reply import Received
from shema_cli.calls.request import Outgoing
from shema_cli.calls.transport import fetch


def project_host(project: FirebaseProject) -> str:
    """The base URL that is asked: the emulator's, or where Google publishes its certificates."""
    return f"http://{project.emulator_host}" if project.emulator else _certificates(project)[0]


def knock(project: FirebaseProject, limit_s: float) -> Received:
    """One small answer. Raises AttemptFailed, Unacceptable, or LocalFault."""
    path = "/" if project.emulator else _certificates(project)[1]
    request = Outgoing("GET", path, {}, address_in=EMULATOR_VARIABLE if project.emulator else "")
    return fetch(project_host(project), request, limit_s=limit_s, proxied=not project.emulator, ca_file=project.ca_file)


def _certificates(project: FirebaseProject) -> tuple[str, str]:
    base, _, rest = project.endpoints.certificates.partition("/robot")
    return base, f"/robot{rest}"
