"""A service in Node is away, and is sent what it missed: the services' own client library on both sides."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

import redis

from shema_cli.errors import ExitCode
from shema_cli.store import keys
from tests.support.cli import shema
from tests.support.node import Node, need_node
from tests.support.waiting import eventually

PROGRAM = Path(__file__).with_name("node_service.cjs")
MISSED = ("events", "missed", "mailer", "--channel", "enrollment.approved")
RESEND = ("events", "resend", "--missed-by", "mailer", "--channel", "enrollment.approved")
TRICKY = {
    "version": "9.9",
    "data": {"enrollmentId": "enr-é🎻", "studentId": "s", "sum": 12345678901234567890, "of": []},
}


def event(name: str) -> str:
    """As Node would have written it; of a version with which the sandbox's own services do nothing."""
    document = {"eventType": "ENROLLMENT_APPROVED", "eventId": name, "timestamp": "2026-01-31T08:00:00.000Z", **TRICKY}
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))


def publish(publisher: Node, *names: str) -> None:
    for name in names:
        publisher.tell(["enrollment.approved", event(name)])
        publisher.wait(lambda line, name=name: line.get("published") == event(name))  # type: ignore[misc]


def handles(service: Node, name: str) -> bool:
    """That it has heard it, to the byte; whether it had before."""
    line = service.wait(lambda line: line.get("heard") == name)
    assert line["raw"] == event(name)
    return bool(line["again"])


def until_all_is_seen(sandbox: dict[str, str]) -> None:
    """The recorder has looked who is there, after all that was done before."""
    with redis.Redis.from_url(sandbox["REDIS_URL"]) as client:
        seconds, microseconds = client.time()
        now_ms = int(seconds) * 1000 + int(microseconds) / 1000
        eventually(lambda: int(client.hget(keys.HISTORY_STATE, "looked") or 0) > now_ms)


def test_what_a_node_service_missed_is_sent_to_it_once(sandbox: dict[str, str]) -> None:
    need_node("redis")
    with contextlib.ExitStack() as running:

        def start(*argv: str) -> Node:
            program = Node(PROGRAM, *argv, environment=sandbox)
            running.callback(program.close)
            return program

        publisher, ledger = start(), start("ledger")
        declared = ("services", "register", "ledger", "http://127.0.0.1:9", "--listens", "enrollment.approved")
        assert shema(*declared, "--yes", env=sandbox).code == 0
        mailer = start("mailer")
        until_all_is_seen(sandbox)
        publish(publisher, "evt_1")
        assert [handles(one, "evt_1") for one in (mailer, ledger)] == [False, False]
        until_all_is_seen(sandbox)
        mailer.close()
        publish(publisher, "evt_2", "evt_3")
        mailer = start("mailer")

        until_all_is_seen(sandbox)
        missed = shema(*MISSED, "--json", env=sandbox)
        assert (missed.code, [one["event_id"] for one in missed.json["events"]]) == (1, ["evt_2", "evt_3"])

        asked = shema(*RESEND, env=sandbox, terminal=True, stdin=b"y\n")
        assert asked.code == 0, asked.err
        question = " ".join(asked.err.split())
        assert "ledger" in question.partition("hear it a second time")[0]
        assert [handles(mailer, name) for name in ("evt_2", "evt_3")] == [False, False]
        assert [handles(ledger, name) for name in ("evt_2", "evt_3", "evt_2", "evt_3")] == [False, False, True, True]

        assert shema(*MISSED, env=sandbox).code == ExitCode.DONE
        again = shema(*RESEND, "--yes", "--json", env=sandbox)
        assert again.json["error"]["code"] == "nothing_missed"
        publish(publisher, "evt_4")
        assert mailer.wait(lambda line: "heard" in line)["heard"] == "evt_4", "nothing came twice"
