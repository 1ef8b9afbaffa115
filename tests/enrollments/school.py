"""The enrollment and course services of a small school, on loopback, and the environment of a signed-in admin."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import redis

from shema_cli.audit.verify import verify
from shema_cli.calls.audience import Audience
from shema_cli.context import AppContext
from shema_cli.enrollments.decide import Decider
from shema_cli.store import keys
from shema_cli.store.chain import entries_of
from tests.support.http import Answer, HttpServer, Request
from tests.support.signed_in import serve_identity, signed_in
from tests.support.valkey import Valkey
from tests.support.world import app_on

SECRET = "a secret of at least thirty-two bytes"


def enrollment(number: int, course: str = "c1", status: str = "pending", **extra: Any) -> dict[str, Any]:
    return {
        "id": f"e{number}",
        "student_id": f"s{number}",
        "course_id": course,
        "registration_number": f"R-{number:04d}",
        "experience_level": "beginner",
        "preferred_days": ["monday"],
        "time_preferences": [],
        "status": status,
        "created_at": f"2026-01-{1 + number % 28:02d}T08:00:00.000Z",
        **extra,
    }


@dataclass
class School:
    """Serves `enrollments` (by id, in order) and `courses` (id → (current, maximum)); pages have `page` entries.

    `users` (id → name) are its people, `levels` those of its courses. A course in `down` answers 503, a path in
    `strange` what stands there, and one that begins as `hanging` (`?cursor`: a page that is not the first) says nothing
    while `held` is not set. `on_page` is called before each page is made, to change the list under a run.
    """

    enrollments: dict[str, dict[str, Any]] = field(default_factory=dict)
    courses: dict[str, tuple[int, int]] = field(default_factory=lambda: {"c1": (0, 1000)})
    users: dict[str, str] = field(default_factory=dict)
    levels: dict[str, str] = field(default_factory=dict)
    down: set[str] = field(default_factory=set)
    hanging: tuple[str, ...] = ()
    held: threading.Event = field(default_factory=threading.Event)
    page: int = 100
    on_page: Any = None
    ignores_filters: bool = False
    strange: dict[str, Any] = field(default_factory=dict)
    requests: list[Request] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, *documents: dict[str, Any]) -> School:
        self.enrollments |= {document["id"]: document for document in documents}
        return self

    def seen(self, part: str) -> list[Request]:
        return [request for request in self.requests if part in request.path]

    def answer(self, request: Request) -> Answer:
        with self.lock:
            self.requests.append(request)
        asked = f"{request.path}{'?cursor' if 'cursor' in request.query else ''}"
        if self.hanging and asked.startswith(self.hanging):
            self.held.wait(30)
        with self.lock:
            if request.path in self.strange:
                found = self.strange[request.path]
                return found if isinstance(found, Answer) else Answer(json=found)
            match request.path.strip("/").split("/"):
                case ["api", "enrollments"]:
                    return self._page(request.query)
                case ["api", "enrollments", id]:
                    id = unquote(id)
                    found = self.enrollments.get(id)
                    return Answer(json=found) if found else Answer(404, json={"error": "Not found"})
                case ["api", "users"] if "ids" in request.query:
                    wanted = [id for id in request.query["ids"].split(",") if id in self.users]
                    return Answer(json={"users": [self._user(id) for id in wanted]})
                case ["api", "users", id] if unquote(id) in self.users:
                    return Answer(json=self._user(unquote(id)))
                case ["api", "courses", id, *rest]:
                    return self._course(id, rest)
        return Answer(404, json={"error": "no such path"})

    def _user(self, id: str) -> dict[str, Any]:
        return {"id": id, "name": self.users[id], "email": f"{id}@shema.test"}

    def _page(self, query: Mapping[str, str]) -> Answer:
        """The cursor is the last id given, so that a list that changes is read on from there."""
        if self.on_page:
            self.on_page(self)
        ids = list(self.enrollments)
        after = query.get("cursor")
        wanted = [
            one
            for one in list(self.enrollments.values())[ids.index(after) + 1 if after in ids else 0 :]
            if self.ignores_filters
            or all(query.get(name) in (None, one[name]) for name in ("status", "course_id", "student_id"))
        ]
        size = min(self.page, int(query.get("limit", 50)))
        shown = wanted[:size]
        return Answer(json={"enrollments": shown, "next_cursor": shown[-1]["id"] if len(wanted) > size else None})

    def _course(self, id: str, rest: list[str]) -> Answer:
        if id in self.down:
            return Answer(503, json={"error": "down"})
        if id not in self.courses:
            return Answer(404, json={"error": "no such course"})
        current, maximum = self.courses[id]
        if rest == ["capacity"]:
            seats = {"has_capacity": current < maximum, "current_students": current, "max_students": maximum}
            return Answer(json=seats)
        level = {"level": self.levels[id]} if id in self.levels else {}
        return Answer(json={"id": id, "title": f"Course {id}", **level})

    @contextmanager
    def deciding(self, valkey: Valkey, *, but: Collection[str] = ()) -> Iterator[None]:
        """Take decisions up as the real service does, from its events; those of `but` are passed over."""

        def take(message: dict[str, Any]) -> None:
            event = json.loads(message["data"])
            id = event["data"]["enrollmentId"]
            if id in self.enrollments and id not in but:
                self.enrollments[id]["status"] = event["eventType"].removeprefix("ENROLLMENT_").lower()

        with redis.Redis(port=valkey.port, protocol=2) as client, client.pubsub() as pubsub:
            pubsub.psubscribe(**{"enrollment.*": take})
            pubsub.get_message(timeout=5)
            thread = pubsub.run_in_thread(sleep_time=0.05, daemon=True)
            try:
                yield
            finally:
                thread.stop()
                thread.join()


class _SchoolServer(HttpServer):
    def __init__(self, school: School) -> None:
        super().__init__()
        self._school = school

    def answer(self, request: Request) -> Answer:
        return self._school.answer(request)


@dataclass(frozen=True)
class World:
    """A school, a Redis, an identity service and the environment of an admin in all of them."""

    school: School
    valkey: Valkey
    env: dict[str, str]
    identity: HttpServer


@contextmanager
def open_world(valkey: Valkey, folder: Path, school: School | None = None) -> Iterator[World]:
    school = school or School()
    with _SchoolServer(school) as services, HttpServer() as identity:
        serve_identity(identity)
        env = {
            "REDIS_URL": valkey.url,
            "SHEMA_CONFIG_DIR": str(folder / "config"),
            "SHEMA_STATE_DIR": str(folder / "state"),
            "SERVICE_JWT_SECRET": SECRET,
            "ENROLLMENT_SERVICE_URL": services.url,
            "COURSE_SERVICE_URL": services.url,
            "USER_SERVICE_URL": services.url,
            **signed_in(f"127.0.0.1:{identity.port}"),
        }
        try:
            yield World(school, valkey, env, identity)
        finally:
            school.held.set()


def decider_of(app: AppContext, *, allow_unheard: bool = False) -> Decider:
    return Decider(Audience(app.store, app.clock), app.clock, app.journal, allow_unheard=allow_unheard)


def audited(valkey: Valkey) -> Counter[str]:
    with valkey.client() as client:
        return Counter(entry.text("eventId") for entry in entries_of(client.xrange(keys.AUDIT)))


def recorded(valkey: Valkey) -> Counter[str]:
    with valkey.client() as client:
        found = list(client.scan_iter(keys.decision("*"), count=1000))
        return Counter(client.hget(key, "eventId").decode() for key in found)


def assert_all_or_nothing(valkey: Valkey, events: list[dict[str, Any]], folder: Path) -> None:
    heard = Counter(event["eventId"] for event in events)
    assert heard == recorded(valkey) == audited(valkey)
    assert set(heard.values()) <= {1}
    enrollments = Counter(event["data"]["enrollmentId"] for event in events)
    assert set(enrollments.values()) <= {1}
    with app_on(valkey, folder) as app:
        assert verify(app.store).ok
