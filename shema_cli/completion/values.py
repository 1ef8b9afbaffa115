"""Where the values that live come from. A value is (what is typed, what it is)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from shema_cli.durations import age

if TYPE_CHECKING:
    from shema_cli.context import AppContext

Values = list[tuple[str, str]]
Source = Callable[["AppContext"], Values]

NEWEST = 200


def source_of(kind: str) -> Source:
    """The source of a kind, with what it needs imported, so that the limit on the query is not spent on that."""
    source = _SOURCES[kind]
    if kind in ("dead-letters", "services", "channels", "sessions"):
        import shema_cli.store.connection
    if kind == "dead-letters":
        import shema_cli.dlq.letters.entry
    if kind == "enrollments":
        import shema_cli.calls.client  # noqa: F401
    return source


def _profiles(app: AppContext) -> Values:
    active = app.settings.profile
    return [(name, "active" if name == active else "") for name in app.settings.profiles]


def _services(app: AppContext) -> Values:
    urls = app.settings.service_urls()
    return [(name, ", ".join(instances)) for name, instances in sorted(urls.items())] + _registered(app, set(urls))


def _registered(app: AppContext, known: set[str]) -> Values:
    from shema_cli.calls.registry import Registry

    if not app.settings.get("REDIS_URL"):
        return []
    return [(name, "registered") for name in sorted(Registry(lambda: app.redis).services() - known)]


def _channels(app: AppContext) -> Values:
    names = [channel for channel in _subscribed(app, "*") if not channel.startswith("shema-cli:")]
    return [(name, "subscribed to now") for name in sorted(names)]


def _sessions(app: AppContext) -> Values:
    from shema_cli.events.envelope import CHAT_PATTERN, CHAT_PREFIX

    return [(name.removeprefix(CHAT_PREFIX), "open now") for name in sorted(_subscribed(app, CHAT_PATTERN))]


def _subscribed(app: AppContext, pattern: str) -> list[str]:
    names: list[bytes] = app.redis.pubsub_channels(pattern)  # type: ignore[assignment]
    return [name.decode("utf-8", "replace") for name in names]


def _dead_letters(app: AppContext) -> Values:
    from shema_cli.clock import parse_iso
    from shema_cli.dlq.letters.entry import parse_entry
    from shema_cli.store import keys

    now = app.clock.now()
    found = []
    raws: list[bytes] = app.redis.lrange(keys.DEAD_LETTERS, 0, NEWEST - 1)  # type: ignore[assignment]
    for raw in raws:
        entry = parse_entry(raw)
        failed = parse_iso(entry.failed_at) if entry.failed_at else None
        old = f", {age((now - failed).total_seconds())}" if failed else ""
        found.append((entry.id, f"{entry.event_type or 'invalid'}{old}"))
    return found


def _enrollments(app: AppContext) -> Values:
    import asyncio

    return asyncio.run(_pending(app))


async def _pending(app: AppContext) -> Values:
    query = {"status": "pending", "limit": str(NEWEST)}
    async with app.services() as client:
        answer = await client.get_json("enrollment", "/api/enrollments", params=query)
    return [(str(e["id"]), f"{e.get('student_id')} for {e.get('course_id')}") for e in answer["enrollments"]]


_SOURCES: dict[str, Source] = {
    "profiles": _profiles,
    "services": _services,
    "channels": _channels,
    "sessions": _sessions,
    "dead-letters": _dead_letters,
    "enrollments": _enrollments,
}
ADMIN_ONLY = frozenset(_SOURCES) - {"profiles"}
