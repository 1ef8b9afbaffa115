"""The user and the course service of a few people, on loopback, as they are or as a test wants them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from tests.support.http import Answer, HttpServer, Request


def user(id: str, name: Any = "", email: Any = "", **more: Any) -> dict[str, Any]:
    return {"id": id, "name": name or f"Student {id}", "email": email or f"{id}@shema.test", **more}


@dataclass
class People:
    """`users` and `courses` by id. `lists` None: offered; a status: what is answered to lists. `answer` comes first."""

    users: dict[str, dict[str, Any]] = field(default_factory=dict)
    courses: dict[str, dict[str, Any]] = field(default_factory=dict)
    lists: int | None = None
    answer: Callable[[Request], Answer | None] = lambda _: None
    hold: threading.Event = field(default_factory=threading.Event)
    hangs: bool = False
    url: str = ""
    requests: list[Request] = field(default_factory=list)

    def add(self, *users: Mapping[str, Any]) -> People:
        self.users |= {one["id"]: dict(one) for one in users}
        return self

    def asked(self, path: str) -> list[Request]:
        return [request for request in self.requests if request.path == path]

    def alone(self) -> list[str]:
        """The ids that were asked for one by one."""
        return [unquote(one.path.rsplit("/", 1)[1]) for one in self.requests if one.path.startswith("/api/users/")]

    def respond(self, request: Request) -> Answer:
        self.requests.append(request)
        if self.hangs:
            self.hold.wait(30)
        if special := self.answer(request):
            return special
        match request.path.strip("/").split("/"):
            case ["api", "users" | "courses"] if self.lists:
                return Answer(self.lists, json={"error": "no lists here"})
            case ["api", "users"] if "ids" in request.query:
                ids = request.query["ids"].split(",")
                return Answer(json={"users": [self.users[id] for id in ids if id in self.users]})
            case ["api", "users"]:
                text = request.query["query"].casefold()
                found = [one for one in self.users.values() if text in str(one).casefold()]
                return Answer(json={"users": found[: int(request.query["limit"])]})
            case ["api", "users", "by-email"]:
                return _of(next((u for u in self.users.values() if u["email"] == request.query["email"]), None))
            case ["api", "users", id]:
                return _of(self.users.get(unquote(id)))
            case ["api", "courses", id]:
                return _of(self.courses.get(unquote(id)))
        return Answer(404, json={"error": "no such path"})


def _of(document: Mapping[str, Any] | None) -> Answer:
    return Answer(json=document) if document else Answer(404, json={"error": "Not found"})


class _Server(HttpServer):
    def __init__(self, people: People) -> None:
        super().__init__()
        self._people = people

    def answer(self, request: Request) -> Answer:
        return self._people.respond(request)


@contextmanager
def serving(people: People) -> Iterator[People]:
    with _Server(people) as server:
        people.url = server.url
        try:
            yield people
        finally:
            people.hold.set()


def variables(people: People) -> dict[str, str]:
    return {"USER_SERVICE_URL": people.url, "COURSE_SERVICE_URL": people.url}
