"""What the lines of the console import, so that it is loaded before the first of them runs in a thread."""

from __future__ import annotations

LOADED = (
    "redis",
    "httpx2",
    "hiredis",
    "shema_cli.app",
    "shema_cli.calls.client",
    "shema_cli.calls.transport",
    "shema_cli.store.connection",
    "shema_cli.store.scripts",
    "shema_cli.store.journal",
    "shema_cli.people.names",
    "shema_cli.people.cache",
    "shema_cli.dashboard.commands",
    "shema_cli.dashboard.snapshot",
    "shema_cli.status.commands",
    "shema_cli.status.look",
    "shema_cli.enrollments.commands",
    "shema_cli.enrollments.show",
    "shema_cli.enrollments.approve",
    "shema_cli.dlq.commands",
    "shema_cli.dlq.stats",
    "shema_cli.dlq.show",
    "shema_cli.dlq.replay",
    "shema_cli.dlq.discard",
    "shema_cli.services.commands",
    "shema_cli.audit.commands",
    "shema_cli.audit.read",
    "shema_cli.courses.commands",
)
