from __future__ import annotations

from typing import Any

from tests.support.sandbox import CallService
from tests.support.waiting import eventually


def test_a_message_goes_to_its_channel_and_into_the_archive(call: CallService, heard: Any) -> None:
    who = {"sender_id": "stu-0001", "sender_role": "student", "sender_name": "Ayu"}
    call("chat", "POST", "/api/chat/sessions/chat-0001/messages", json={**who, "message": "halo 🎻"})
    message = heard("chat:session:chat-0001")
    assert set(message) == {"type", "sessionId", "senderId", "senderRole", "senderName", "message", "timestamp"}
    assert (message["type"], message["message"]) == ("new_message", "halo 🎻")
    kept = lambda: call("chat", "GET", "/api/chat/sessions/chat-0001").json()["messages"]  # noqa: E731
    eventually(lambda: kept()[-1]["message"] == "halo 🎻")


def test_closing_a_conversation(call: CallService, heard: Any) -> None:
    call("chat", "POST", "/api/chat/sessions/chat-0001/close", json={"closed_by": "admin-1"})
    assert heard("chat.session.closed")["data"] == {"sessionId": "chat-0001", "closedBy": "admin-1"}
    assert call("chat", "GET", "/api/chat/stats").json() == {"active_count": 8}
