"""What the lines of the console import, so that it is loaded before the first of them runs in a thread.

A test runs the line of every page and says what is missing here.
"""

from __future__ import annotations

from shema_cli.calls.aside import KEPT, REDIS

LOADED = (
    *REDIS,
    *KEPT,
    "anyio._backends._asyncio",
    "anyio._core._testing",
    "anyio.lowlevel",
    "anyio.streams.stapled",
    "certifi",
    "email.contentmanager",
    "hiredis",
    "httpx2",
    "importlib.readers",
    "importlib.resources.readers",
    *(
        f"shema_cli.{name}"
        for name in (
            "app",
            "audit.commands",
            "audit.read",
            "auth.reach",
            "calls.client",
            "calls.timely",
            "calls.transport",
            "cases.book",
            "chat.commands",
            "condition.judge",
            "condition.looked",
            "courses.commands",
            "courses.read",
            "dashboard.commands",
            "dashboard.snapshot",
            "dlq.commands",
            "dlq.discard",
            "dlq.glance",
            "dlq.replay",
            "dlq.show",
            "dlq.stats",
            "enrollments.approve",
            "enrollments.commands",
            "enrollments.show",
            "events.commands",
            "events.history.handover",
            "events.printer",
            "events.tail",
            "find.commands",
            "find.search",
            "output.terminal",
            "people.cache",
            "people.names",
            "runs.commands",
            "services.commands",
            "services.health",
            "status.commands",
            "status.history",
            "status.look",
            "status.redis_side",
            "status.results",
            "status.services",
            "store.journal",
            "store.remembered",
            "store.scripts",
            "store.server",
            "trace.commands",
            "trace.follow",
            "trace.look",
            "triage.commands",
        )
    ),
)
