"""Conversations between students and the admins."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.requests import Request
from starlette.routing import Route

from shema_cli.clock import iso
from shema_cli.events.envelope import CHAT_PATTERN, CHAT_PREFIX
from shema_cli.sandbox.school.data import ChatSessionRow, number
from shema_cli.sandbox.services.bus import Event, Handler, data_of
from shema_cli.sandbox.services.service import Service
from shema_cli.sandbox.services.web import HttpProblem, body_of, found, get, post

KEPT_MESSAGES = 200


class ChatService(Service):
    name = "chat"

    def routes(self) -> list[Route]:
        return [
            get("/api/chat/stats", self.stats),
            get("/api/chat/sessions", self.sessions),
            post("/api/chat/sessions", self.open),
            get("/api/chat/sessions/{id}", self.show),
            post("/api/chat/sessions/{id}/messages", self.say),
            post("/api/chat/sessions/{id}/close", self.close, status=200),
        ]

    def subscriptions(self) -> Mapping[str, Handler]:
        return {CHAT_PATTERN: self.archive, "chat.message": self.versions(self.archive_event)}

    async def stats(self, request: Request) -> dict[str, int]:
        return {"active_count": sum(s["status"] == "active" for s in self.school.chat_sessions.values())}

    async def sessions(self, request: Request) -> dict[str, object]:
        hidden = ("messages",)
        found = [{k: v for k, v in s.items() if k not in hidden} for s in self.school.chat_sessions.values()]
        return {"sessions": found}

    async def show(self, request: Request) -> ChatSessionRow:
        return found(self.school.chat_sessions, request.path_params["id"], "Chat session")

    async def open(self, request: Request) -> ChatSessionRow:
        body = await body_of(request, "student_id")
        session_id = number("chat", self.school.chat_sessions)
        started = iso(self.given.clock.now())
        session: ChatSessionRow = {
            "id": session_id,
            "student_id": body.text("student_id"),
            "status": "active",
            "started_at": started,
            "messages": [],
        }
        self.school.chat_sessions[session_id] = session
        return session

    async def say(self, request: Request) -> dict[str, object]:
        """Publish a message. It reaches the archive, as everybody else, by the channel."""
        session = await self.show(request)
        if session["status"] != "active":
            raise HttpProblem(409, "The session is closed")
        body = await body_of(request, "sender_id", "sender_role", "sender_name", "message")
        message: dict[str, object] = {
            "type": "new_message",
            "sessionId": session["id"],
            "senderId": body["sender_id"],
            "senderRole": body["sender_role"],
            "senderName": body["sender_name"],
            "message": body["message"],
            "timestamp": iso(self.given.clock.now()),
        }
        await self.bus.publish_message(f"{CHAT_PREFIX}{session['id']}", message)
        return message

    async def close(self, request: Request) -> ChatSessionRow:
        session = await self.show(request)
        body = await body_of(request, "closed_by")
        if session["status"] == "active":
            session["status"] = "closed"
            await self.bus.publish("chat.session.closed", {"sessionId": session["id"], "closedBy": body["closed_by"]})
        return session

    async def archive(self, message: Event) -> None:
        session = self.school.chat_sessions.get(str(message["sessionId"]))
        if session is not None:
            session["messages"].append(message)
            del session["messages"][:-KEPT_MESSAGES]

    async def archive_event(self, event: Event) -> None:
        await self.archive(data_of(event))
