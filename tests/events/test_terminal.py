"""Tails on a real terminal: lines made for reading, safe whatever was published."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import redis

from tests.events.tailing import event, tail_process
from tests.support.signed_in import signed_in
from tests.support.subscriber import is_followed
from tests.support.terminal import Terminal
from tests.support.valkey import Valkey
from tests.support.waiting import eventually


def chat(text: str, **more: str) -> bytes:
    said = {"type": "new_message", "sessionId": "s1", "senderRole": "student", "senderName": "Budi", "message": text}
    return json.dumps({**said, **more}).encode()


@pytest.mark.parametrize("columns", [40, 120])
def test_events_are_told_in_words(
    valkey: Valkey, redis_client: redis.Redis, base_env: dict[str, str], columns: int
) -> None:
    env = {**base_env, **signed_in(), "REDIS_URL": valkey.url}
    with Terminal("events", "tail", "--limit", "4", env=env, columns=columns, lines=40) as terminal:
        eventually(lambda: is_followed(valkey.port))
        redis_client.publish("enrollment.approved", event())
        redis_client.publish("chat:session:s1", chat("hai\x1b[2J\x1b]0;title\x07 \u202e [red]x[/]"))
        redis_client.publish("booking.x", b"\xff\x9b31m")
        redis_client.publish("enrollment.approved", event())
        assert terminal.end() == 0
    folded = " ".join(terminal.text.split())
    assert "enrollment e1 of student s1 approved" in folded
    assert "Budi (student): hai\\x1b[2J\\x1b]0;title\\x07 \\u202e [red]x[/]" in folded.replace("\\x1b] 0", "\\x1b]0")
    assert "not an event: \\xff\\x9b31m" in folded
    assert "seen before" in folded
    assert ("evt_1" in folded) is (columns == 120)
    assert "\x1b[2J" not in terminal.raw
    assert terminal.colour_at("enrollment.approved") == "cyan"


def test_chat_is_a_conversation(valkey: Valkey, redis_client: redis.Redis, base_env: dict[str, str]) -> None:
    env = {**base_env, **signed_in(), "REDIS_URL": valkey.url}
    with Terminal("chat", "tail", "a*b", "s1", "--limit", "2", env=env, columns=80) as terminal:
        eventually(lambda: is_followed(valkey.port, b"chat:session:s1"))
        redis_client.publish("chat:session:axb", chat("another session"))
        redis_client.publish("chat:session:s1", chat("Halo,\nada kelas?"))
        redis_client.publish("chat:session:a*b", chat("Ada", senderName="Ani", senderRole="admin"))
        assert terminal.end() == 0
    assert "another session" not in terminal.text
    rows = [line.split() for line in terminal.display if line[2:3] == ":"]
    assert [row[2:] for row in rows] == [["s1", "Budi", "student", "Halo,"], ["a*b", "Ani", "admin", "Ada"]]


def test_chat_in_a_pipe(valkey: Valkey, redis_client: redis.Redis, tmp_path: Path) -> None:
    process = tail_process("chat", "tail", "--limit", "1", url=valkey.url, folder=tmp_path)
    eventually(lambda: is_followed(valkey.port, b"chat:session:*"))
    redis_client.publish("chat:session:a:b", chat("hai\tBudi"))
    out, _ = process.communicate(timeout=10)
    assert process.returncode == 0
    assert out.decode().rstrip("\n").split("\t")[1:] == ["a:b", "student", "Budi", "hai\\tBudi", "", ""]
