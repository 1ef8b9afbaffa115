"""`shema find` over real services and a real Redis: by whatever one has, best first, and who did not answer."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from shema_cli.find import search
from shema_cli.store import keys
from tests.enrollments.school import SECRET, School, enrollment
from tests.people.registry import People, user
from tests.support.cli import Run, shema
from tests.support.http import Answer, HttpServer, Request
from tests.support.signed_in import serve_identity, signed_in
from tests.support.terminal import Terminal
from tests.support.valkey import Valkey

NOBODY = "http://127.0.0.1:9"
ALL = ("user", "enrollment", "chat", "decisions", "audit", "dead_letters")
LONG = "Raden " * 30
HOSTILE = [
    "\x1b[31mEka\x1b[0m",
    "\u202eakE",
    "Eka\nerror: all lost",
    "[red]Eka[/red]",
    LONG,
    "محمد",
    "Zoe\u0308",
    "山田",
]


class Town(HttpServer):
    """User, enrollment, course and chat service in one. `lacks`: the student's list is answered with this status."""

    def __init__(self) -> None:
        super().__init__()
        self.people = People()
        self.school = School()
        self.lacks: int | None = None
        self.chats: dict[str, Any] = {}

    def answer(self, request: Request) -> Answer:
        self.requests.append(request)
        if request.path.startswith("/api/users"):
            return self.people.respond(request)
        if request.path.startswith("/api/chat/sessions/"):
            found = self.chats.get(request.path.rsplit("/", 1)[1])
            return found if isinstance(found, Answer) else Answer(json=found) if found else Answer(404)
        if student := request.query.get("student_id"):
            of_student = [one for one in self.school.enrollments.values() if one["student_id"] == student]
            listed = {"enrollments": of_student, "next_cursor": None}
            return Answer(self.lacks) if self.lacks else Answer(json=listed)
        return self.school.answer(request)


@pytest.fixture
def town() -> Iterator[Town]:
    with Town() as town:
        town.people.add(
            user("s1", "Budi Santoso", phone="+62 812-3456-789"),
            user("s2", "Budi Santoso"),
            user("s3", "Siti Budiarti"),
            user("s4", "Zoe\u0308 Nguye\u0302\u0303n"),
        )
        town.school.add(enrollment(1), enrollment(2, status="approved"), enrollment(3), enrollment(14, student_id="s1"))
        yield town
        town.people.hold.set()


@pytest.fixture
def env(valkey: Valkey, tmp_path: Path, town: Town) -> dict[str, str]:
    urls = {f"{name}_SERVICE_URL": town.url for name in ("USER", "ENROLLMENT", "COURSE", "CHAT")}
    folders = {"SHEMA_CONFIG_DIR": str(tmp_path / "config"), "SHEMA_STATE_DIR": str(tmp_path / "state")}
    return {"REDIS_URL": valkey.url, "SERVICE_JWT_SECRET": SECRET, **urls, **folders, **signed_in()}


def find(env: dict[str, str], *words: str, code: int = 0) -> Any:
    done = shema("find", *words, "--json", env=env)
    assert done.code == code, f"{done.code}\n{done.out}\n{done.err}"
    return done.json


def people(found: Any) -> list[tuple[str, str]]:
    return [(one["id"], one["match"]) for one in found["people"]]


def enrollments(found: Any) -> list[str]:
    return [one["id"] for one in found["enrollments"]]


def letter(valkey: Valkey, event_id: str, **data: str) -> None:
    event = {"eventType": "ENROLLMENT_APPROVED", "eventId": event_id, "data": data}
    with valkey.client() as client:
        client.lpush(
            "events:dead_letter", json.dumps({"event": event, "error": "x", "failedAt": "2026-03-01T08:00:00Z"})
        )


# -- by whatever one has -------------------------------------------------------------------------------------------


def test_an_event_is_found_in_the_history_where_nothing_else_has_it(env: dict[str, str], valkey: Valkey) -> None:
    event = {"eventType": "USER_UPDATED", "eventId": "evt_7", "data": {}}
    with valkey.client() as client:
        client.xadd(keys.HISTORY, {"channel": "user.updated", "payload": json.dumps(event), "at": 5}, id="5-0")
        client.hset(keys.HISTORY_STATE, "epoch", "e")
    at = "1970-01-01T00:00:00.005Z"
    published = {"kind": "event", "id": "5-0", "at": at, "summary": "published on user.updated", "event_id": "evt_7"}
    for word in ("evt_7", "5-0"):
        found = find(env, word)
        assert found["others"] == [published]
        assert found["sources"] == dict.fromkeys((*ALL, "history"), "answered")


def test_a_name_finds_all_who_have_it_and_their_enrollments_best_first(env: dict[str, str]) -> None:
    found = find(env, "budi", "santoso")
    assert people(found) == [("s1", "name"), ("s2", "name")]
    assert enrollments(found) == ["e14", "e1", "e2"]
    assert found["enrollments"][0]["student"] == {"id": "s1", "name": "Budi Santoso", "email": "s1@shema.test"}
    assert found["enrollments"][0]["course"] == {"id": "c1", "title": "Course c1", "level": None}
    assert found["sources"] == dict.fromkeys(ALL, "answered")
    assert found["more"] == []


@pytest.mark.parametrize(
    ("text", "best"),
    [
        ("s1", ("s1", "id")),
        ("S1@SHEMA.TEST", ("s1", "email")),
        ("BUDI  santoso", ("s1", "name")),
        ("budi s", ("s1", "beginning")),
        ("0812 3456 789", ("s1", "phone")),
        ("Siti Bud", ("s3", "beginning")),
        ("zoe nguyen", ("s4", "name")),
    ],
)
def test_a_person_is_found_by_anything_of_theirs(
    env: dict[str, str], town: Town, text: str, best: tuple[str, str]
) -> None:
    everybody = {"users": list(town.people.users.values())}
    town.people.answer = lambda request: Answer(json=everybody) if "query" in request.query else None
    assert people(find(env, text))[0] == best


def test_a_registration_number_finds_the_person_by_the_enrollment(env: dict[str, str], town: Town) -> None:
    told = {"users": [town.people.users["s3"], town.people.users["s1"]]}
    town.people.answer = lambda request: Answer(json=told) if "query" in request.query else None
    found = find(env, "r-0014")
    assert people(found) == [("s1", "registration"), ("s3", "service")]
    assert enrollments(found) == ["e14", "e1", "e3"]


def test_ids_of_enrollments_and_of_students(env: dict[str, str]) -> None:
    assert enrollments(find(env, "e2")) == ["e2"]
    assert find(env, "e2")["enrollments"][0]["student"]["name"] == "Budi Santoso"
    assert (people(find(env, "s2")), enrollments(find(env, "s2"))) == ([("s2", "id")], ["e2"])


def test_events_decisions_and_audit_of_whom_the_text_means(env: dict[str, str], valkey: Valkey) -> None:
    letter(valkey, "evt_1", enrollmentId="e1", studentId="s1")
    letter(valkey, "evt_9", enrollmentId="e9", studentId="s9")
    by_event = find(env, "evt_1")["others"]
    assert [(one["kind"], one["event_id"]) for one in by_event] == [("dead_letter", "evt_1")]
    assert [one["event_id"] for one in find(env, "budi santoso")["others"]] == ["evt_1"]
    assert find(env, "s9")["others"][0]["event_id"] == "evt_9"
    assert find(env, "budi")["others"] == [], "of many who are meant perhaps, nothing is told"


def test_a_decision_and_its_audit_entry(env: dict[str, str], valkey: Valkey, tmp_path: Path) -> None:
    with HttpServer() as identity:
        serve_identity(identity)
        may = {**env, **signed_in(f"127.0.0.1:{identity.port}")}
        assert shema("enrollments", "approve", "e1", "--yes", "--allow-unheard", env=may).code == 0
    others = find(env, "e1")["others"]
    assert {(one["kind"], one["id"] == "e1") for one in others} == {("decision", True), ("audit", False)}


@pytest.mark.parametrize("text", ["room-7", "chat:session:room-7"])
def test_a_chat_session_by_its_id(env: dict[str, str], town: Town, text: str) -> None:
    town.chats["room-7"] = {
        "id": "room-7",
        "status": "active",
        "student_id": "s1",
        "started_at": "2026-03-01T08:00:00Z",
    }
    assert find(env, text)["others"] == [
        {
            "kind": "chat_session",
            "id": "room-7",
            "at": "2026-03-01T08:00:00Z",
            "summary": "active conversation of s1",
            "event_id": None,
        }
    ]


# -- nothing, and nobody who says so -------------------------------------------------------------------------------


def test_nothing_is_found_where_all_have_answered(env: dict[str, str]) -> None:
    found = find(env, "nobody", "at", "all", code=1)
    assert (found["people"], found["enrollments"], found["others"]) == ([], [], [])
    assert set(found["sources"].values()) == {"answered"}
    assert "nothing is known of nobody at all" in shema("find", "nobody at all", env=env).err
    assert shema("find", "nobody at all", env=env, terminal=True).out.strip() == "", "which is said once"


@pytest.mark.parametrize(
    ("variable", "silent"),
    [
        ("USER_SERVICE_URL", {"user"}),
        ("ENROLLMENT_SERVICE_URL", {"enrollment"}),
        ("CHAT_SERVICE_URL", {"chat"}),
        ("REDIS_URL", {"decisions", "audit", "dead_letters"}),
    ],
)
def test_who_does_not_answer_is_named_and_never_taken_for_nothing(
    env: dict[str, str], variable: str, silent: set[str]
) -> None:
    away = env | {variable: NOBODY if variable != "REDIS_URL" else "redis://127.0.0.1:9/0"}
    found = find(away, "nobody", code=3)
    assert {name for name, state in found["sources"].items() if state == "unavailable"} == silent
    told = shema("find", "nobody", env=away).err
    assert all(name.replace("_", " ") in told for name in silent)
    assert "did not" in told
    assert find(away, "s1" if variable != "USER_SERVICE_URL" else "e1", code=1)["sources"] == found["sources"]


@pytest.mark.parametrize("variable", ["USER_SERVICE_URL", "CHAT_SERVICE_URL", "REDIS_URL"])
def test_what_is_not_configured_is_told_apart(env: dict[str, str], variable: str) -> None:
    found = find(env | {variable: ""}, "e1")
    assert "not_configured" in found["sources"].values()
    assert "unavailable" not in found["sources"].values()


@pytest.mark.parametrize("status", [404, 405, 501])
def test_a_service_without_a_search_still_finds_ids_and_emails(env: dict[str, str], town: Town, status: int) -> None:
    town.people.lists = status
    assert find(env, "Budi", code=1)["sources"]["user"] == "not_offered"
    assert people(find(env, "s1")) == [("s1", "id")]
    assert people(find(env, "s1@shema.test")) == [("s1", "email")]
    told = shema("find", "Budi", env=env).err
    assert f"the user service offers no search for users (it answered {status})" in told
    assert "found by id and email alone" in told


@pytest.mark.parametrize("status", [404, 405, 501])
def test_a_service_without_lists_of_a_student(env: dict[str, str], town: Town, status: int) -> None:
    town.lacks = status
    found = find(env, "s1")
    assert (people(found), enrollments(found)) == ([("s1", "id")], [])
    assert found["sources"]["enrollment"] == "not_offered"
    assert enrollments(find(env, "e1")) == ["e1"]


@pytest.mark.parametrize("answer", [Answer(500), Answer(body=b"<html>"), Answer(json={"id": "other"}), Answer(json=[])])
def test_a_chat_service_that_lies_is_named(env: dict[str, str], town: Town, answer: Answer) -> None:
    town.chats["e1"] = answer
    found = find(env, "e1", code=1)
    assert (found["others"], found["sources"]["chat"]) == ([], "unavailable")


def test_a_chat_service_that_has_no_such_call_is_no_failure(env: dict[str, str], town: Town) -> None:
    town.chats["e1"] = Answer(400)
    assert find(env, "e1")["sources"]["chat"] == "not_offered"


def test_a_user_service_that_hangs_costs_its_people_alone(
    env: dict[str, str], town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "LIMIT_S", 1.5)
    town.people.hangs = True
    found = find(env, "e1", code=1)
    assert enrollments(found) == ["e1"]
    assert found["sources"]["user"] == "unavailable"
    assert [state for name, state in found["sources"].items() if name != "user"] == ["answered"] * 5


@pytest.mark.parametrize(
    "told",
    [
        {"users": [{"id": 7}, None]},
        {"users": {}},
        [],
        {"users": [user(f"x{number}", "x" * 3000) for number in range(1500)]},
    ],
)
def test_a_user_service_that_tells_garbage_is_named(env: dict[str, str], town: Town, told: Any) -> None:
    town.people.answer = lambda request: Answer(json=told) if "query" in request.query else None
    found = find(env, "s1", code=1)
    assert (people(found), found["sources"]["user"]) == ([("s1", "id")], "unavailable")


def test_a_service_that_tells_of_everybody_is_cut_and_says_so(env: dict[str, str], town: Town) -> None:
    many = {"users": [user(f"x{number}") for number in range(500)] * 2}
    town.people.answer = lambda request: Answer(json=many) if "query" in request.query else None
    found = find(env, "x3", "--limit", "2")
    assert [id for id, _ in people(found)] == ["x0", "x1"]
    assert found["more"] == ["people"]
    assert "a larger --limit" in shema("find", "x3", "--limit", "2", env=env).err


@pytest.mark.parametrize("text", ["", "   ", "x" * 201])
def test_a_text_that_is_none_is_refused(env: dict[str, str], text: str) -> None:
    assert find(env, text, code=2)["error"]["code"] == "bad_text"


# -- on the screen -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_stays_on_its_line(env: dict[str, str], town: Town, name: str) -> None:
    town.people.add(user("s9", name))
    town.school.add(enrollment(9))
    for done in (shema("find", "s9", env=env), shema("find", "s9", env=env, terminal=True)):
        assert done.code == 0
        assert not any(sign in done.out.replace("\x1b[1m", "") for sign in ("\x1b[31mEka", "\u202e", "Eka\nerror"))
    rows = shema("find", "s9", env=env).out.splitlines()
    assert [row.split("\t")[:2] for row in rows] == [["person", "s9"], ["enrollment", "e9"]]


def test_two_students_of_one_name_are_told_apart_beside_their_enrollments(env: dict[str, str], town: Town) -> None:
    for number in (8, 9):
        town.people.add(user(f"s{number}", "Sari Wijaya"))
        town.school.add(enrollment(number))
    lines = shema("find", "Sari Wijaya", env={**env, "NO_COLOR": "1"}, terminal=True).out.splitlines()
    told = {line.split()[0]: line for line in lines if line.startswith(("e8", "e9"))}
    assert ("Sari Wijaya s8" in told["e8"], "Sari Wijaya s9" in told["e9"]) == (True, True)


@pytest.mark.parametrize("columns", [40, 60, 80, 120])
def test_on_a_terminal_of_any_width(env: dict[str, str], valkey: Valkey, columns: int) -> None:
    letter(valkey, "evt_1", enrollmentId="e1", studentId="s1")
    with Terminal("find", "budi", "santoso", env=env, columns=columns, lines=120) as screen:
        assert screen.end() == 0
        shown = screen.text
    for part in ("People", "Enrollments", "Others", "s2", "e14", "R-0014", "dead letter"):
        assert part in shown
    assert "2 people, 3 enrollments, 1 other" in " ".join(shown.split())


def rows(run: Run) -> list[list[str]]:
    return [line.split("\t") for line in run.out.splitlines()]


def test_rows_and_csv(env: dict[str, str]) -> None:
    assert rows(shema("find", "s2", env=env)) == [
        ["person", "s2", "Budi Santoso, s2@shema.test", ""],
        ["enrollment", "e2", "approved: Budi Santoso in Course c1, R-0002", "2026-01-03T08:00:00.000Z"],
    ]
    assert shema("find", "s2", "-o", "csv", env=env).out.splitlines()[0] == "found,id,what,at"
