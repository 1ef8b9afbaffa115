"""`shema _complete KIND PREFIX`: the values that live, for the completion scripts.

A line a value: the value, a tab, what it is. Whatever is wrong (signed out, out of reach, too slow), it prints
nothing, says nothing and ends with 0: TAB must never disturb.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from shema_cli.admin import OpenGate
from shema_cli.clock import age
from shema_cli.context import AppContext, GlobalOptions
from shema_cli.errors import ShemaError
from shema_cli.output.sanitize import bounded, safe_line
from shema_cli.output.streams import Streams
from shema_cli.results import counted

Values = list[tuple[str, str]]
"""What is typed, and what it is."""
Source = Callable[[AppContext], Values]

LIMIT_S = 0.3
FRESH_S = 15.0
MOST = 200
LONGEST = 200
MOST_OF_AN_ERROR = 60
NEWEST = 200
PEOPLE = "people"


def run(argv: Sequence[str], streams: Streams, open_gate: OpenGate) -> int:
    """`[--profile NAME] [--env-file FILE] KIND PREFIX`."""
    try:
        kind, prefix, options = _read(argv)
        silent = replace(streams, stderr=io.StringIO())
        app = AppContext.open(silent, options, "_complete", open_gate=open_gate)
        begins = _begins_in_any_case if kind == PEOPLE else str.startswith
        values = [value for value in _values(app, kind, prefix) if begins(value[0], prefix) and _can_be_typed(value[0])]
        if values:
            lines = (f"{value}\t{safe_line(about)}".rstrip("\t") + "\n" for value, about in values[:MOST])
            app.output.write("".join(lines))
    except BaseException:  # noqa: S110 - nothing may disturb the line that is being typed
        pass
    return 0


def _can_be_typed(value: str) -> bool:
    """Whether a value can stand on a command line as it is, and is taken for a value there and not for an option."""
    plain = safe_line(value) == value and "\ufffd" not in value  # which stands for bytes that are no text
    return plain and 0 < len(value) <= LONGEST and not value.startswith("-")


def _begins_in_any_case(value: str, prefix: str) -> bool:
    """Names are typed as they are said. What a shell takes for the end of a word must be the very same, though."""
    if any(sign in prefix for sign in ":=@"):
        return value.startswith(prefix)
    return value.casefold().startswith(prefix.casefold())


def _read(argv: Sequence[str]) -> tuple[str, str, GlobalOptions]:
    words, given = list(argv), {}
    while words and words[0].startswith("--"):
        name, equals, value = words.pop(0).partition("=")
        given[name] = value if equals else words.pop(0)
    env_file = given.get("--env-file")
    options = GlobalOptions(profile=given.get("--profile"), env_file=Path(env_file) if env_file else None)
    return words[0], (words[1:] or [""])[0], options


def _values(app: AppContext, kind: str, prefix: str = "") -> Values:
    source = source_of(kind)
    if kind not in ADMIN_ONLY:
        return source(app)
    app.admin = app.gate.authorize(changes=False)
    if kind == PEOPLE:
        return _people(app, prefix)
    name = f"completion-{_key(app, kind)}.json"
    kept = _read_kept(app, name)
    if kept is not None:
        return kept
    found = within(LIMIT_S, lambda: source(app))
    with contextlib.suppress(ShemaError, OSError):
        app.state.write(name, json.dumps({"at": app.clock.now().timestamp(), "values": found}).encode())
    return found


def _read_kept(app: AppContext, name: str) -> Values | None:
    try:
        kept = app.state.read_object(name)
        old = app.clock.now().timestamp() - kept["at"]
        return [(str(v), str(about)) for v, about in kept["values"]] if 0 <= old < FRESH_S else None
    except (ValueError, KeyError, TypeError, ShemaError):
        return None


def _key(app: AppContext, kind: str) -> str:
    """Values are kept apart by who asks, and by what system is asked."""
    system = [app.settings.profile, app.settings.get("REDIS_URL"), sorted(app.settings.service_urls().items())]
    who = app.admin.uid if app.admin else ""
    return hashlib.sha256(json.dumps([kind, who, system]).encode()).hexdigest()[:16]


class TooSlow(Exception):
    """The values did not come in time."""


def within(seconds: float, work: Callable[[], Values]) -> Values:
    """What `work` returns, if it does so in time. What it does later is of no interest to anyone."""
    found: list[Values] = []

    def ask() -> None:
        with contextlib.suppress(Exception):
            found.append(work())

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(seconds)
    if not found:
        raise TooSlow
    return found[0]


# -- where the values come from ----------------------------------------------------------------------


def source_of(kind: str) -> Source:
    """The source of a kind, with what it needs imported, so that the limit on the query is not spent on that."""
    source = _SOURCES[kind]
    if kind == PEOPLE:
        return source
    if kind not in ("profiles", "enrollments", "courses"):
        import shema_cli.store.connection
    if kind in ("actors", "actions", "targets"):
        import shema_cli.store.chain
    if kind == "runs":
        import shema_cli.dlq.run.store
    if kind in ("dead-letters", "fingerprints"):
        import shema_cli.dlq.letters.entry
        import shema_cli.dlq.letters.fingerprint
    if kind == "acknowledged":
        import shema_cli.dlq.families.acknowledged
    if kind in ("enrollments", "courses"):
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
    return [(name, "registered") for name in sorted(Registry(lambda: app.store).services() - known)]


def _channels(app: AppContext) -> Values:
    names = [channel for channel in _subscribed(app, "*") if not channel.startswith("shema-cli:")]
    return [(name, "subscribed to now") for name in sorted(names)]


def _sessions(app: AppContext) -> Values:
    from shema_cli.events.envelope import CHAT_PATTERN, CHAT_PREFIX

    return [(name.removeprefix(CHAT_PREFIX), "open now") for name in sorted(_subscribed(app, CHAT_PATTERN))]


def _subscribed(app: AppContext, pattern: str) -> list[str]:
    names: list[bytes] = app.store.client.pubsub_channels(pattern)  # type: ignore[assignment]
    return [name.decode("utf-8", "replace") for name in names]


def _dead_letters(app: AppContext) -> Values:
    from shema_cli.dlq.letters.entry import parse_entry
    from shema_cli.moments import read_moment
    from shema_cli.store import keys

    now = app.clock.now()
    found = []
    raws: list[bytes] = app.store.client.lrange(keys.DEAD_LETTERS, 0, NEWEST - 1)  # type: ignore[assignment]
    for raw in raws:
        entry = parse_entry(raw)
        failed = read_moment(entry.failed_at)
        old = f", {age((now - failed).total_seconds())}" if failed else ""
        found.append((entry.id, f"{entry.event_type or 'invalid'}{old}"))
    return found


def _fingerprints(app: AppContext) -> Values:
    """The families of the newest errors, with one of each."""
    from shema_cli.dlq.letters.entry import parse_entry
    from shema_cli.dlq.letters.fingerprint import fingerprint
    from shema_cli.store import keys

    raws: list[bytes] = app.store.client.lrange(keys.DEAD_LETTERS, 0, NEWEST - 1)  # type: ignore[assignment]
    errors = [entry.error for entry in map(parse_entry, raws) if entry.error]
    families = {fingerprint(error): error for error in errors}
    return [(name, bounded(error, MOST_OF_AN_ERROR)) for name, error in families.items()]


def _acknowledged(app: AppContext) -> Values:
    from shema_cli.dlq.families.acknowledged import read_acknowledged

    families = read_acknowledged(app.store).families.values()
    return [(one.fingerprint, bounded(one.note or one.example or one.by, MOST_OF_AN_ERROR)) for one in families]


def _runs(app: AppContext) -> Values:
    """Those that are registered, with whose they are."""
    from shema_cli.dlq.run.store import DeadLetters

    return [(run.run, f"{run.what} by {run.who}") for run in DeadLetters(app.store).look().runs]


def _audited(field: str) -> Source:
    """What the newest audit entries have in a field, each once."""

    def found(app: AppContext) -> Values:
        from shema_cli.store import keys
        from shema_cli.store.chain import entries_of

        newest = entries_of(app.store.client.xrevrange(keys.AUDIT, count=NEWEST))
        return [(text, "") for text in sorted({entry.text(field) for entry in newest} - {""})]

    return found


def _courses(app: AppContext) -> Values:
    """The courses that somebody waits for."""
    waiting = Counter(about.rpartition(" for ")[2] for _, about in _enrollments(app))
    return [(course, counted(number, "pending enrollment")) for course, number in waiting.most_common()]


def _enrollments(app: AppContext) -> Values:
    import asyncio

    return asyncio.run(_pending(app))


async def _pending(app: AppContext) -> Values:
    query = {"status": "pending", "limit": str(NEWEST)}
    async with app.services() as client:
        answer = await client.get_json("enrollment", "/api/enrollments", params=query)
    return [(str(e["id"]), f"{e.get('student_id')} for {e.get('course_id')}") for e in answer["enrollments"]]


def _people(app: AppContext, prefix: str) -> Values:
    """Those of whom the commands of the last minutes were told, from the cache alone: nobody is asked.

    Each by the first that begins as is typed: the name, unless others have it too, the email, the id.
    """
    from shema_cli.people.cache import NameCache

    people = NameCache(app.state, app.settings, app.clock).everybody()
    of_name = Counter(person.name for person in people)
    found = []
    for person in people:
        name = person.name if of_name[person.name] == 1 else None
        fitting = [one for one in (name, person.email, person.id) if one and _begins_in_any_case(one, prefix)]
        if fitting:
            about = (person.email or person.id) if fitting[0] == name else person.name
            found.append((fitting[0], about or ""))
    return found


_SOURCES: dict[str, Source] = {
    "profiles": _profiles,
    "services": _services,
    "channels": _channels,
    "sessions": _sessions,
    "dead-letters": _dead_letters,
    "fingerprints": _fingerprints,
    "acknowledged": _acknowledged,
    "runs": _runs,
    "enrollments": _enrollments,
    "courses": _courses,
    "people": lambda app: _people(app, ""),
    "actors": _audited("actorEmail"),
    "actions": _audited("action"),
    "targets": _audited("target"),
}
ADMIN_ONLY = frozenset(_SOURCES) - {"profiles"}
