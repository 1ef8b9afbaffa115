"""Students and instructors; they have no sign-in of their own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from starlette.requests import Request
from starlette.routing import Route

from shema_cli.sandbox.school.data import UserRow
from shema_cli.sandbox.services.bus import Event, Handler, data_of
from shema_cli.sandbox.services.service import Service
from shema_cli.sandbox.services.web import HttpProblem, body_of, found, get, patch, post

EDITABLE = ("name", "phone", "city")


class UserService(Service):
    name = "user"

    def routes(self) -> list[Route]:
        return [
            get("/api/users/stats", self.stats),
            get("/api/users/by-email", self.by_email),
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
