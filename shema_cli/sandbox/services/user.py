"""Students and instructors; they have no sign-in of their own."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import cast

from starlette.requests import Request
from starlette.routing import Route

from shema_cli.sandbox.school.data import UserRow
from shema_cli.sandbox.services.bus import Event, Handler, data_of
from shema_cli.sandbox.services.service import Service
from shema_cli.sandbox.services.web import HttpProblem, body_of, found, get, patch, post, whole_number

EDITABLE = ("name", "phone", "city")
MOST_IDS = 100
LARGEST_PAGE = 100
SHORTEST_NUMBER = 4


class UserService(Service):
    name = "user"

    def routes(self) -> list[Route]:
        return [
            get("/api/users/stats", self.stats),
            get("/api/users/by-email", self.by_email),
            get("/api/users", self.listing),
            post("/internal/users", self.create),
            get("/api/users/{id}", self.show),
            patch("/api/users/{id}", self.edit),
        ]

    def subscriptions(self) -> Mapping[str, Handler]:
        return {
            "schedule.created": self.versions(self.notify),
            "attendance.marked": self.versions(self.attended),
            "chat.session.closed": self.versions(self.chat_ended),
        }

    async def stats(self, request: Request) -> dict[str, int]:
        return {"student_count": len(self.school.students())}

    async def show(self, request: Request) -> UserRow:
        return found(self.school.users, request.path_params["id"], "User")

    async def by_email(self, request: Request) -> UserRow:
        email = request.query_params.get("email", "").lower()
        user = next((user for user in self.school.users.values() if user["email"] == email), None)
        if user is None:
            raise HttpProblem(404, "User not found")
        return user

    async def listing(self, request: Request) -> dict[str, list[UserRow]]:
        """Those of `ids`, as far as there are any, or those that `query` finds."""
        if "ids" in request.query_params:
            return {"users": self._of_ids(request.query_params["ids"].split(","))}
        if not (query := request.query_params.get("query", "").strip()):
            raise HttpProblem(400, "Missing: ids or query")
        return {"users": self._found(query)[: whole_number(request, "limit", 20, largest=LARGEST_PAGE)]}

    def _of_ids(self, ids: list[str]) -> list[UserRow]:
        if len(ids) > MOST_IDS:
            raise HttpProblem(400, f"ids: at most {MOST_IDS}")
        return [self.school.users[id] for id in dict.fromkeys(ids) if id in self.school.users]

    def _found(self, query: str) -> list[UserRow]:
        """By name, email, phone or the registration number of an enrollment."""
        registered: dict[str, list[str]] = {}
        for enrollment in self.school.enrollments.values():
            registered.setdefault(enrollment["student_id"], []).append(enrollment["registration_number"].lower())
        words, digits = _folded(query).split(), _digits(query)
        return [
            user
            for user in self.school.users.values()
            if all(word in _folded(user["name"]) for word in words)
            or query.lower() in user["email"]
            or (len(digits) >= SHORTEST_NUMBER and digits in _digits(user.get("phone", "")))
            or query.lower() in registered.get(user["id"], ())
        ]

    async def create(self, request: Request) -> UserRow:
        body = await body_of(request, "name", "email")
        email = body.text("email").lower()
        if any(user["email"] == email for user in self.school.users.values()):
            raise HttpProblem(409, "EMAIL_EXISTS")
        uid = f"stu-{len(self.school.students()) + 1:04d}"
        self.school.users[uid] = cast(UserRow, {"id": uid, "role": "student", **body, "email": email})
        return self.school.users[uid]

    async def edit(self, request: Request) -> UserRow:
        """An admin edits a profile; the others hear of it by `user.updated`."""
        user = await self.show(request)
        changes = {name: value for name, value in (await body_of(request)).items() if name in EDITABLE}
        user.update(cast(UserRow, changes))
        await self.bus.publish("user.updated", {"userId": user["id"], "changes": changes})
        return user

    async def notify(self, event: Event) -> None:
        """Where the real one sends the student a WhatsApp message: here it is enough to have heard it."""

    async def attended(self, event: Event) -> None:
        data = data_of(event)
        user = self.school.users.get(str(data["studentId"]))
        if user is not None and data["status"] == "present":
            user["lessons_attended"] = user.get("lessons_attended", 0) + 1

    async def chat_ended(self, event: Event) -> None:
        session = self.school.chat_sessions.get(str(data_of(event)["sessionId"]))
        if session is not None:
            self.school.users[session["student_id"]]["last_chat_at"] = str(event["timestamp"])


def _folded(text: str) -> str:
    """As it is compared: without case and without marks above and below letters."""
    return "".join(one for one in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(one))


def _digits(text: str) -> str:
    """The digits of a text that could be a phone number, from the area on; nothing of any other."""
    found = "".join(one for one in text if one.isdigit())
    return found.removeprefix("62").removeprefix("0") if set(text) <= set("+0123456789 -().") else ""
