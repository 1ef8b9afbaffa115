"""What the enrollment service tells of an id."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from shema_cli.clock import iso
from shema_cli.enrollments.source import EnrollmentSource
from shema_cli.errors import NotConfigured, NotFound, Unreachable
from shema_cli.trace.results import FoundIn, TraceStep

if TYPE_CHECKING:
    from shema_cli.calls.client import ServiceClient
    from shema_cli.settings.values import Settings

ANSWER_S = 5.0
_OF_OTHERS = ("evt_", "req_", "chat:")


def asking(settings: Settings, services: Callable[[], ServiceClient]) -> Callable[[str], TraceStep | None]:
    """What asks about an id; nobody is asked about an id of another kind, nor where no such service can be called."""

    def ask(id: str) -> TraceStep | None:
        if id.startswith(_OF_OTHERS):
            return None
        try:
            return asyncio.run(enrollment(services, id))
        except NotConfigured:
            if "enrollment" in settings.service_urls():
                raise
            return None

    return ask


async def enrollment(services: Callable[[], ServiceClient], id: str) -> TraceStep | None:
    """The enrollment of this id; None when there is none.

    Raises Unreachable, NotConfigured and Failed when the service does not tell.
    """
    try:
        async with asyncio.timeout(ANSWER_S), services() as client:
            found = await EnrollmentSource(client).enrollment(id)
    except NotFound:
        return None
    except TimeoutError:
        message = f"the enrollment service did not answer within {ANSWER_S:g} s"
        raise Unreachable("enrollment_silent", message, "shema services health enrollment") from None
    at = iso(found.created_at) if found.created_at else ""
    summary = f"{id} of student {found.student_id} in course {found.course_id}: {found.status}"
    return TraceStep(at, FoundIn.ENROLLMENT, summary, dict(found.document))
