"""`shema enrollments approve` and `reject`, through the edge, on real parts."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from shema_cli.store import keys
from tests.enrollments.school import School, World, enrollment, open_world
from tests.support.cli import Run, shema
from tests.support.http import Answer
from tests.support.registry import put
from tests.support.servers import VALKEY_9_1
from tests.support.subscriber import Listener, audience
from tests.support.valkey import Valkey
from tests.support.waiting import eventually


@pytest.fixture
def world(valkey: Valkey, tmp_path: Path) -> Iterator[World]:
    school = School().add(*(enrollment(n) for n in range(1, 7)))
    with open_world(valkey, tmp_path, school) as opened:
        yield opened


@pytest.fixture
def service(valkey: Valkey) -> Iterator[Listener]:
    with Listener(valkey.port, patterns=("enrollment.*",)) as listening:
        yield listening


def run(world: World, *argv: str, stdin: bytes = b"") -> Run:
    return shema("enrollments", *argv, "-o", "json", env=world.env, stdin=stdin)


def outcomes(done: Run) -> dict[str, str]:
    return {result["enrollment_id"]: result["outcome"] for result in done.json["results"]}


def message(done: Run, id: str) -> str:
    return next(str(r["message"]) for r in done.json["results"] if r["enrollment_id"] == id)


def entries(valkey: Valkey) -> int:
    with valkey.client() as client:
        return int(client.xlen(keys.AUDIT))


def test_an_approval_in_full(world: World, service: Listener) -> None:
    done = run(world, "approve", "e1", "--yes")
    assert done.code == 0, done.err
    (event,) = service.events()
    assert done.json == {
        "results": [
            {
                "enrollment_id": "e1",
                "outcome": "approved",
                "event_id": event["eventId"],
                "receivers": 1,
                "message": "approved; 1 service heard it",
                "student": None,
                "course": {"id": "c1", "title": "Course c1", "level": None},
            }
        ],
        "summary": {"approved": 1},
    }
    assert entries(world.valkey) == 1


@pytest.mark.parametrize("name", ["course", "enrollment"])
def test_a_service_where_this_admin_may_not_act_refuses_the_command(
    world: World, service: Listener, valkey: Valkey, name: str
) -> None:
    """An emulator's admin: it is a guard that refuses, not one enrollment that fails."""
    with valkey.client() as client:
        put(client, "http://elsewhere.school.test:81", service=name)
        done = run(world, "approve", "e1", "--yes")
        assert (done.code, done.json["error"]["code"]) == (5, "emulator_target")
        assert (entries(valkey), client.exists(keys.decision("e1"))) == (0, 0)


def test_results_come_in_the_order_asked_for_and_each_once(world: World, service: Listener) -> None:
    done = run(world, "approve", "e3", "e1", "e3", "e2", "e1", "--yes")
    assert list(outcomes(done)) == ["e3", "e1", "e2"]
    assert [e["data"]["enrollmentId"] for e in service.events()] == ["e3", "e1", "e2"]


@pytest.mark.parametrize("source", ["-", "file"])
def test_ids_from_a_file_or_stdin(world: World, service: Listener, tmp_path: Path, source: str) -> None:
    content = b"\xef\xbb\xbf# first term\r\ne2\r\n\r\n  e1  \ne2\n"
    name = "-" if source == "-" else str(tmp_path / "ids")
    (tmp_path / "ids").write_bytes(content)
    done = run(world, "approve", "--ids-file", name, "--yes", stdin=content)
    assert outcomes(done) == {"e2": "approved", "e1": "approved"}


def test_two_seats_and_five_approvals(world: World, service: Listener) -> None:
    world.school.courses["c1"] = (28, 30)
    done = run(world, "approve", "e1", "e2", "e3", "e4", "e5", "--yes")
    assert done.code == 1
    assert done.json["summary"] == {"approved": 2, "course_full": 3}
    assert list(outcomes(done).values()) == ["approved"] * 2 + ["course_full"] * 3
    assert "28 of 30" in message(done, "e5")
    assert "2 more given in this run" in message(done, "e5")
    assert len(service.events()) == 2
    assert len(world.school.seen("capacity")) == 1


def test_a_seat_that_was_not_given_is_there_for_the_next(world: World, service: Listener) -> None:
    world.school.courses["c1"] = (29, 30)
    run(world, "approve", "e1", "--yes", "--skip-capacity-check")
    done = run(world, "approve", "e1", "e2", "--yes")
    assert outcomes(done) == {"e1": "already", "e2": "approved"}


def cannot_save(server: Valkey) -> None:
    with server.client() as client:
        Path(client.config_get("dir")["dir"], client.config_get("dbfilename")["dbfilename"]).mkdir()
        client.config_set("save", "3600 100000")
        client.bgsave()
        eventually(lambda: client.info("persistence")["rdb_last_bgsave_status"] == "err", what="a save that fails")


def test_a_dry_run_is_no_matter_for_a_server_that_cannot_save(tmp_path: Path) -> None:
    school = School().add(enrollment(1))
    with VALKEY_9_1.started() as server, Listener(server.port, patterns=("enrollment.*",)):
        cannot_save(server)
        with open_world(server, tmp_path, school) as world:
            assert outcomes(run(world, "approve", "e1", "--dry-run")) == {"e1": "planned"}
            school.requests.clear()
            refused = run(world, "approve", "e1", "--yes")
    assert (refused.code, "cannot save" in refused.json["error"]["message"]) == (3, True)
    assert school.requests == [], "it was refused before anything was looked up"


def test_a_full_course_is_refused_and_nothing_is_changed(world: World, service: Listener) -> None:
    world.school.courses["c1"] = (30, 30)
    done = run(world, "approve", "e1", "e2", "--yes")
    assert (done.code, done.json["summary"]) == (5, {"course_full": 2})
    assert service.events() == []
    assert entries(world.valkey) == 0
    assert run(world, "approve", "e1", "--yes", "--skip-capacity-check").code == 0
    assert run(world, "reject", "e2", "--yes", "--reason", "full").code == 0


def test_a_seat_is_not_promised_by_a_service_that_contradicts_itself(world: World, service: Listener) -> None:
    world.school.courses["c1"] = (31, 30)
    world.school.strange["/api/courses/c1/capacity"] = {
        "has_capacity": True,
        "current_students": 31,
        "max_students": 30,
    }
    assert run(world, "approve", "e1", "--yes").json["summary"] == {"course_full": 1}


def test_no_answer_about_seats_means_no_approval_for_that_course(world: World, service: Listener) -> None:
    world.school.courses["c2"] = (0, 5)
    world.school.add(enrollment(10, "c2"), enrollment(11, "c2"), enrollment(12, "gone"))
    world.school.down.add("c1")
    done = run(world, "approve", "e1", "e10", "e2", "e12", "e11", "--yes")
    assert done.code == 1
    assert outcomes(done) == {
        "e1": "failed",
        "e10": "approved",
        "e2": "failed",
        "e12": "failed",
        "e11": "approved",
    }
    assert len(service.events()) == 2


@pytest.mark.parametrize("answer", [[], {"has_capacity": "yes", "current_students": 1, "max_students": 2}, {}])
def test_nonsense_about_seats_means_no_approval(world: World, service: Listener, answer: Any) -> None:
    world.school.strange["/api/courses/c1/capacity"] = answer
    assert run(world, "approve", "e1", "--yes").json["summary"] == {"failed": 1}
    assert service.events() == []


def test_nothing_in_reach_is_exit_3(world: World, service: Listener) -> None:
    gone = world.env | {"ENROLLMENT_SERVICE_URL": "http://127.0.0.1:9", "COURSE_SERVICE_URL": "http://127.0.0.1:9"}
    done = shema("enrollments", "approve", "e1", "e2", "--yes", "--json", env=gone)
    assert (done.code, done.json["summary"]) == (3, {"failed": 2})
    done = shema("enrollments", "approve", "--all-pending", "--yes", "--json", env=gone)
    assert done.code == 3
    assert set(done.json) == {"error"}
    done = shema(
        "enrollments", "approve", "e1", "--yes", "--json", env=world.env | {"REDIS_URL": "redis://127.0.0.1:9"}
    )
    assert done.code == 3


def test_what_is_not_configured_is_named_and_nothing_is_done(world: World, service: Listener) -> None:
    for name in ("ENROLLMENT_SERVICE_URL", "COURSE_SERVICE_URL", "SERVICE_JWT_SECRET", "REDIS_URL"):
        env = {key: value for key, value in world.env.items() if key != name}
        done = shema("enrollments", "approve", "e1", "--yes", "--json", env=env)
        assert (done.code, list(done.json)) == (2, ["error"])
        assert name in done.json["error"]["message"]
    assert service.events() == []


def test_what_stands_already(world: World, service: Listener) -> None:
    world.school.add(enrollment(20, status="approved"), enrollment(21, status="rejected"), enrollment(22, status="new"))
    run(world, "approve", "e1", "--yes")
    run(world, "reject", "e2", "--yes", "--reason", "no piano at home")
    done = run(world, "approve", "e1", "e2", "e20", "e21", "e22", "nobody", "--yes")
    assert outcomes(done) == {
        "e1": "already",
        "e2": "conflict",
        "e20": "already",
        "e21": "conflict",
        "e22": "not_pending",
        "nobody": "not_found",
    }
    assert "admin@shema.test" in message(done, "e1")
    assert "--republish" in message(done, "e1")
    assert "no piano at home" in message(done, "e2")
    assert len(service.events()) == 2
    assert run(world, "approve", "e1", "e20", "--yes").code == 0
    assert run(world, "approve", "e1", "e2", "e22", "--yes").code == 5
    assert run(world, "approve", "nobody", "--yes").code == 1


def test_a_decision_that_took_effect_says_nothing_of_republishing(world: World, service: Listener) -> None:
    run(world, "approve", "e1", "--yes")
    world.school.enrollments["e1"]["status"] = "approved"
    assert "--republish" not in message(run(world, "approve", "e1", "--yes"), "e1")


def test_unheard_leaves_nothing(world: World) -> None:
    with audience(world.valkey.port) as gathered:
        gathered.tail(b"*")
        done = run(world, "approve", "e1", "--yes")
    assert (done.code, done.json["summary"]) == (5, {"unheard": 1})
    assert done.json["results"][0]["event_id"] is None
    with world.valkey.client() as client:
        assert not client.exists(keys.decision("e1"))
        assert not client.exists(keys.AUDIT)
    done = run(world, "approve", "e1", "--yes", "--allow-unheard")
    assert (done.code, done.json["results"][0]["receivers"]) == (0, 0)


def test_a_dry_run_tells_and_changes_nothing(world: World, service: Listener) -> None:
    world.school.courses["c1"] = (29, 30)
    done = run(world, "approve", "e1", "e2", "--dry-run")
    assert outcomes(done) == {"e1": "planned", "e2": "course_full"}
    assert run(world, "reject", "e1", "e2", "--dry-run", "--reason", "x").code == 0
    assert service.events() == []
    assert entries(world.valkey) == 0


def test_a_dry_run_foresees_that_nobody_listens(world: World) -> None:
    done = run(world, "approve", "e1", "--dry-run")
    assert (done.code, done.json["summary"]) == (5, {"unheard": 1})
    assert run(world, "approve", "e1", "--dry-run", "--allow-unheard").json["summary"] == {"planned": 1}


def test_republish(world: World, service: Listener) -> None:
    first = run(world, "reject", "e1", "--yes", "--reason", "full")
    again = run(world, "reject", "e1", "--yes", "--republish")
    assert (again.code, again.json["summary"]) == (0, {"rejected": 1})
    one, two = service.events()
    assert one["eventId"] == first.json["results"][0]["event_id"]
    assert two["eventId"] == again.json["results"][0]["event_id"] != one["eventId"]
    assert two["data"] == one["data"]
    assert entries(world.valkey) == 2
    assert run(world, "approve", "e1", "--yes", "--republish").json["summary"] == {"conflict": 1}
    with world.valkey.client() as client:
        assert client.hget(keys.decision("e1"), "eventId").decode() == two["eventId"]


def test_republish_where_nothing_stands_decides_or_asks_for_a_reason(world: World, service: Listener) -> None:
    assert run(world, "approve", "e1", "--yes", "--republish").json["summary"] == {"approved": 1}
    assert run(world, "reject", "e2", "--yes", "--republish").json["summary"] == {"failed": 1}
    assert len(service.events()) == 1


def test_republishing_asks_for_no_seat(world: World, service: Listener) -> None:
    run(world, "approve", "e1", "--yes")
    world.school.courses["c1"] = (30, 30)
    assert run(world, "approve", "e1", "--yes", "--republish").json["summary"] == {"approved": 1}


def test_all_pending_over_pages(world: World, service: Listener) -> None:
    world.school.page = 2
    world.school.add(enrollment(20, status="approved"))
    done = run(world, "approve", "--all-pending", "--yes")
    assert list(outcomes(done)) == ["e1", "e2", "e3", "e4", "e5", "e6"]
    assert done.json["summary"] == {"approved": 6}
    assert run(world, "approve", "--all-pending", "--yes").json["summary"] == {"already": 6}


def test_of_all_who_wait_the_first_to_come_get_the_seats(world: World, service: Listener) -> None:
    world.school.enrollments = dict(reversed(world.school.enrollments.items()))
    world.school.courses["c1"] = (28, 30)
    done = run(world, "approve", "--all-pending", "--yes")
    assert [id for id, outcome in outcomes(done).items() if outcome == "approved"] == ["e1", "e2"]
    assert list(outcomes(done)) == ["e1", "e2", "e3", "e4", "e5", "e6"]


def test_a_filter_that_the_service_ignores_is_kept_here(world: World, service: Listener) -> None:
    world.school.ignores_filters = True
    world.school.add(enrollment(20, "c9"), enrollment(21, status="rejected"))
    world.school.courses["c9"] = (0, 5)
    assert list(outcomes(run(world, "approve", "--course", "c9", "--yes"))) == ["e20"]


def test_a_list_that_changes_under_the_run(world: World, service: Listener) -> None:
    """Between pages one enrollment comes back (moved to the end), one is decided elsewhere, one is new."""
    world.school.page = 2
    calls = []

    def change(school: School) -> None:
        calls.append(1)
        if len(calls) == 2:
            school.enrollments["e1"] = school.enrollments.pop("e1")
            school.enrollments["e5"]["status"] = "rejected"
            school.add(enrollment(7))

    world.school.on_page = change
    done = run(world, "approve", "--all-pending", "--yes")
    assert outcomes(done) == dict.fromkeys(("e1", "e2", "e3", "e4", "e6", "e7"), "approved")
    heard = [event["data"]["enrollmentId"] for event in service.events()]
    assert len(heard) == len(set(heard)) == 6


def test_a_cursor_that_leads_in_a_circle_ends(world: World, service: Listener) -> None:
    world.school.strange["/api/enrollments"] = {"enrollments": [enrollment(1)], "next_cursor": "again"}
    done = run(world, "approve", "--all-pending", "--yes")
    assert done.code == 1
    assert "next_cursor" in done.json["error"]["message"]
    assert service.events() == []


@pytest.mark.parametrize("answer", [[], {"enrollments": [{"id": "e1"}]}, {"enrollments": "x"}, "nonsense"])
def test_a_page_that_is_none_decides_nothing(world: World, service: Listener, answer: Any) -> None:
    world.school.strange["/api/enrollments"] = answer
    assert run(world, "approve", "--all-pending", "--yes").code == 1
    assert service.events() == []


def test_an_answer_about_another_enrollment_decides_nothing(world: World, service: Listener) -> None:
    world.school.strange["/api/enrollments/e1"] = enrollment(2)
    assert run(world, "approve", "e1", "--yes").json["summary"] == {"failed": 1}
    assert service.events() == []


def test_ids_are_escaped_in_paths(world: World, service: Listener) -> None:
    odd = "e/1 ?x=#%"
    world.school.add(enrollment(1, id=odd))
    done = run(world, "approve", odd, "--yes")
    assert outcomes(done) == {odd: "approved"}
    assert run(world, "approve", "..", "--yes").json["summary"] == {"not_found": 1}
    assert run(world, "approve", "\udcff", "--yes").code == 2
    assert run(world, "approve", "--course", "\udcff", "--yes").code == 2


def test_a_student_id_skips_the_look_up(world: World, service: Listener) -> None:
    down = world.env | {"ENROLLMENT_SERVICE_URL": "http://127.0.0.1:9"}
    done = shema("enrollments", "approve", "e1", "--student-id", "s77", "--yes", "--json", env=down)
    assert done.code == 0
    (event,) = service.events()
    assert event["data"] == {"enrollmentId": "e1", "studentId": "s77"}
    assert [request.path for request in world.school.requests] == ["/api/users/s77"]  # for their name
    again = shema("enrollments", "reject", "e1", "--student-id", "s77", "--yes", "--reason", "x", "--json", env=down)
    assert (again.code, again.json["summary"]) == (5, {"conflict": 1})


@pytest.mark.parametrize(
    "argv",
    [
        ("approve",),
        ("approve", "--yes"),
        ("approve", "e1"),
        ("approve", "e1", "--all-pending", "--yes"),
        ("approve", "e1", "--course", "c1", "--yes"),
        ("approve", "--all-pending", "--status", "approved", "--yes"),
        ("approve", "e1", "e2", "--student-id", "s", "--yes"),
        ("approve", "--all-pending", "--student-id", "s", "--yes"),
        ("approve", "--ids-file", "/nowhere/at/all", "--yes"),
        ("reject", "e1", "--yes"),
        ("reject", "e1", "--yes", "--reason", "   "),
        ("approve", "e1", "--yes", "--wait", "-1"),
    ],
)
def test_a_line_that_cannot_be_carried_out_is_exit_2(world: World, service: Listener, argv: tuple[str, ...]) -> None:
    assert run(world, *argv).code == 2
    assert service.events() == []


def test_the_missing_flags_are_named(world: World) -> None:
    assert "--yes" in run(world, "approve", "e1").json["error"]["hint"]
    assert "--reason" in run(world, "reject", "e1", "--yes").json["error"]["hint"]


@pytest.mark.parametrize("decision", [("approve",), ("reject", "--reason", "full")])
def test_a_selection_of_nobody_is_no_success(world: World, tmp_path: Path, decision: tuple[str, ...]) -> None:
    (tmp_path / "ids").write_text("# nobody today\n")
    done = run(world, *decision, "--ids-file", str(tmp_path / "ids"), "--yes")
    assert (done.code, done.json["error"]["code"]) == (1, "no_ids")
    for words in (("--course", "c99"), ("--course", "c99", "--dry-run"), ("--status", "rejected")):
        done = run(world, *decision, *words, "--yes")
        assert (done.code, done.json["error"]["code"]) == (1, "nothing_selected")
        assert words[1] in done.json["error"]["message"]
    world.school.enrollments.clear()
    assert run(world, *decision, "--all-pending", "--yes").code == 0


def test_wait_tells_published_from_took_effect(world: World) -> None:
    with Listener(world.valkey.port, patterns=("enrollment.*",)), world.school.deciding(world.valkey, but={"e2"}):
        done = run(world, "approve", "e1", "e2", "--yes", "--wait", "700ms")
    assert done.code == 1
    assert outcomes(done) == {"e1": "approved", "e2": "unconfirmed"}
    assert "still says pending" in message(done, "e2")
    assert done.json["results"][1]["event_id"]


def test_csv_and_tab_separated(world: World, service: Listener) -> None:
    done = shema("enrollments", "reject", "e1", "--reason", "=1+1", "--yes", "-o", "csv", env=world.env)
    (row,) = csv.DictReader(io.StringIO(done.out))
    assert (row["enrollment_id"], row["outcome"], row["receivers"]) == ("e1", "rejected", "1")
    done = shema("enrollments", "approve", "e1", "--yes", env=world.env)
    assert done.out.split("\t")[:2] == ["e1", "conflict"]


# -- what others wrote into the list, or into Redis ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("odd", "said"),
    [
        ({"course_id": "\ud800"}, "its course_id is not UTF-8"),
        ({"student_id": "\udfff"}, "its student_id is not UTF-8"),
        ({"course_id": ".."}, "'..' is no id that a service can be asked for"),
        ({"course_id": "."}, "'.' is no id that a service can be asked for"),
        ({"course_id": "a/b"}, "the seats of course a/b are not known"),
        ({"course_id": "%2e%2e"}, "the seats of course %2e%2e are not known"),
        ({"course_id": ""}, "an enrollment has no course_id"),
        ({"course_id": None}, "an enrollment has no course_id"),
        ({"student_id": 7}, "an enrollment has no student_id"),
    ],
)
def test_one_odd_enrollment_holds_up_no_other(
    valkey: Valkey, tmp_path: Path, service: Listener, odd: dict[str, Any], said: str
) -> None:
    school = School().add(*(enrollment(n) for n in range(1, 10)), enrollment(66, **odd))
    with open_world(valkey, tmp_path, school) as world:
        done = run(world, "approve", "--all-pending", "--yes")
        assert (done.code, done.json["summary"]) == (1, {"approved": 9, "failed": 1})
        assert said in message(done, "e66")
        paths = {request.path for request in school.requests}
        courses = {f"/api/courses/{id}" for id in ("c1", "a%2Fb", "%252e%252e")}
        assert {path for path in paths if "courses" in path} <= courses | {f"{path}/capacity" for path in courses}
        listed = run(world, "list", "--status", "pending")
        assert listed.code == 0
        assert len(listed.json["enrollments"]) >= 9
    assert len(service.events()) == 9


def test_a_record_of_another_type_holds_up_no_other(world: World, service: Listener, valkey: Valkey) -> None:
    with valkey.client() as client:
        client.set(keys.decision("e1"), "x")
    done = run(world, "approve", "e1", "e2", "--yes")
    assert (done.code, outcomes(done)) == (1, {"e1": "failed", "e2": "approved"})
    assert message(done, "e1") == "what Redis keeps under {shema}:decision:e1 is no decision"
    alone = run(world, "approve", "e1", "--student-id", "s1", "--yes")
    assert (alone.code, outcomes(alone)) == (1, {"e1": "failed"})
    listed = run(world, "list")
    assert listed.code == 0
    assert [one["id"] for one in listed.json["enrollments"] if "decision" in one] == ["e2"]
    assert "{shema}:decision:e1 is no decision" in listed.err
    shown = shema("trace", "e2", env=world.env)
    assert shown.code == 0


def test_seats_of_another_type_hold_up_no_other_course(valkey: Valkey, tmp_path: Path, service: Listener) -> None:
    school = School(courses={"c1": (0, 9), "c2": (0, 9)}).add(enrollment(1), enrollment(2, course="c2"))
    with valkey.client() as client:
        client.set(keys.seats("c1"), "x")
    with open_world(valkey, tmp_path, school) as world:
        done = run(world, "approve", "e1", "e2", "--yes")
    assert (done.code, outcomes(done)) == (1, {"e1": "failed", "e2": "approved"})
    assert "{shema}:seats:c1 holds a string" in message(done, "e1")
    assert len(service.events()) == 1


@pytest.mark.parametrize("dry", [["--yes"], ["--dry-run"]])
@pytest.mark.parametrize(
    "words",
    [
        ("reject", "e1", "--reason", "caf\udce9"),
        ("approve", "e1", "--reason", "caf\udce9"),
        ("approve", "e1", "--student-id", "s\udcff"),
        ("approve", "e\udcff", "--student-id", "s1"),
    ],
)
def test_what_would_be_published_or_recorded_is_text(
    world: World, service: Listener, valkey: Valkey, words: tuple[str, ...], dry: list[str]
) -> None:
    done = run(world, *words, *dry)
    assert (done.code, done.json["error"]["code"]) == (2, "not_utf8")
    assert service.events() == []
    assert entries(valkey) == 0


def test_numbers_that_are_none_do_not_get_into_the_json(valkey: Valkey, tmp_path: Path) -> None:
    text = json.dumps(enrollment(1))[:-1]
    odd, none = (Answer(body=f'{text},"weight":{number}}}'.encode()) for number in ('1.10,"w":1e999', "NaN"))
    school = School(strange={"/api/enrollments/e1": odd, "/api/enrollments/e2": none})
    with open_world(valkey, tmp_path, school) as world:
        assert '"weight":1.10,"w":"1e999"' in run(world, "show", "e1").out
        assert run(world, "show", "e2").json["error"]["code"] == "bad_answer"
