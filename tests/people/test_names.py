"""Names for display: asked for together or alone, kept for a while, never another's, never in the way."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from shema_cli.calls.circuit import Circuit
from shema_cli.people import names as names_module
from shema_cli.people.results import Course, Names, Person
from tests.people.registry import People, serving, user, variables
from tests.support.calls import SECRET, OpenWorld, World, world
from tests.support.cli import shema
from tests.support.http import Answer, Request

__all__ = ["world"]

HOSTILE = {
    "escape": "\x1b[31mBudi\x1b[0m",
    "override": "\u202eidub",
    "lines": "Budi\nError: all lost",
    "markup": "[red]Budi[/red]",
    "half a letter": "Bu\ud800di",
    "right to left": "محمد الحبشي",
    "combining": "Zoe\u0308 Nguye\u0302\u0303n",
    "double width": "山田 花子",
    "quotes": 'Nur\'aini; rm -rf "$HOME" `x`',
    "a thousand": "b" * 1000,
}


@pytest.fixture
def people() -> Iterator[People]:
    with serving(People()) as served:
        yield served


@pytest.fixture
def opened(world: OpenWorld, people: People) -> Callable[..., World]:
    return lambda **more: world(**{**variables(people), **more})


def looked_up(opened: World, *ids: str, courses: tuple[str, ...] = ()) -> Names:
    return opened.app.names.start(ids, courses).join()


# -- what is told --------------------------------------------------------------------------------------------------


def test_students_are_asked_for_together_and_courses_one_by_one(people: People, opened: Any) -> None:
    people.add(user("s1", "Budi", phone="1"), user("s2", "Siti"))
    people.courses = {"c1": {"id": "c1", "title": "Piano", "level": "beginner"}, "c2": {"id": "c2", "name": "Gamelan"}}
    found = looked_up(opened(), "s1", "s2", "s3", courses=("c1", "c2", "c3"))
    assert found.people == {"s1": Person("s1", "Budi", "s1@shema.test"), "s2": Person("s2", "Siti", "s2@shema.test")}
    assert found.courses == {"c1": Course("c1", "Piano", "beginner"), "c2": Course("c2", "Gamelan", None)}
    assert [one.query["ids"] for one in people.asked("/api/users")] == ["s1,s2,s3"]
    assert (found.silent, found.problem, found.not_configured) == ({}, None, frozenset())
    assert found.of("s1", "c2").document() == {
        "student": {"id": "s1", "name": "Budi", "email": "s1@shema.test"},
        "course": {"id": "c2", "title": "Gamelan", "level": None},
    }
    assert found.of("s1", "c2").cells() == ("Budi", "Gamelan")
    assert found.of("s3").document() == found.of(None, "c3").document() == {"student": None, "course": None}


async def test_a_coroutine_asks_by_the_client_that_is_there(people: People, opened: Any) -> None:
    people.add(user("s1", "Budi"))
    here = opened()
    async with here.client() as client:
        found = await here.app.names.look_up(["s1"], client=client)
    assert found.people["s1"].name == "Budi"
    assert len(here.calls) == 1  # which that client has logged


def test_no_call_asks_for_more_than_a_hundred(people: People, opened: Any) -> None:
    ids = [f"s{number}" for number in range(250)]
    people.add(*map(user, ids))
    assert looked_up(opened(), *ids).people.keys() == set(ids)
    assert sorted(len(one.query["ids"].split(",")) for one in people.asked("/api/users")) == [50, 100, 100]


def test_long_ids_are_asked_for_in_shorter_lines(people: People, opened: Any) -> None:
    ids = [f"{number:0150d}" for number in range(60)]
    people.add(*map(user, ids))
    assert looked_up(opened(), *ids).people.keys() == set(ids)
    assert all(len(one.query["ids"]) <= 4000 for one in people.asked("/api/users"))
    assert len(people.asked("/api/users")) == 3


@pytest.mark.parametrize("status", [404, 405, 501])
def test_without_lists_each_is_asked_for_alone(people: People, opened: Any, status: int) -> None:
    people.lists = status
    people.add(user("s1"), user("s2"))
    here = opened()
    assert looked_up(here, "s1", "s2", "s3").people.keys() == {"s1", "s2"}
    assert len(people.asked("/api/users")) == 1, "what is no failure is not tried again"
    assert sorted(people.alone()) == ["s1", "s2", "s3"]
    assert looked_up(opened(), "s4", "s5").silent == {}
    assert len(people.asked("/api/users")) == 1, "the next command knows it"


def test_a_list_that_is_not_offered_is_no_failure_of_the_service(people: People, opened: Any) -> None:
    people.lists = 501
    here = opened()
    for number in range(8):
        here.clock.advance(60)
        looked_up(opened(), f"a{number}", f"b{number}")

    async def circuit() -> Circuit:
        async with here.client() as client:
            return client.breaker.state(people.url)

    assert asyncio.run(circuit()) is Circuit.CLOSED


def test_eight_at_a_time(people: People, opened: Any) -> None:
    people.lists = 404
    now, most, lock = [0], [0], threading.Lock()
    gate = threading.Barrier(8, timeout=10)

    def count(request: Request) -> Answer | None:
        if not request.path.startswith("/api/users/"):
            return None
        with lock:
            now[0] += 1
            most[0] = max(most[0], now[0])
        gate.wait()
        with lock:
            now[0] -= 1
        return None

    people.answer = count
    looked_up(opened(), *(f"s{number}" for number in range(24)))
    assert most[0] == 8


@pytest.mark.parametrize("id", ["a,b", " a", "a/b?c#d", "ä", "%2e", "a b"])
def test_an_id_may_be_anything(people: People, opened: Any, id: str) -> None:
    people.add(user(id, "Budi"), user("a", "Not Budi"))
    found = looked_up(opened(), id, "a")
    assert {one: person.name for one, person in found.people.items()} == {id: "Budi", "a": "Not Budi"}


def test_what_cannot_be_an_id_is_not_asked_for(people: People, opened: Any) -> None:
    found = looked_up(opened(), "", ".", "..", "x" * 201, "a\udcff")
    assert (found, people.requests) == (Names(), [])


@pytest.mark.parametrize("name", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_name_may_be_anything_and_is_kept_as_it_is(people: People, opened: Any, name: str) -> None:
    people.add(user("s1", name))
    for _ in range(2):
        assert looked_up(opened(), "s1").people["s1"].name == name
    assert len(people.requests) == 1


@pytest.mark.parametrize("name", [None, 7, [], {}, True, "", "  ", "\u200b\u200e", "\n\t", "b" * 1001])
def test_what_is_no_name_is_none(people: People, opened: Any, name: Any) -> None:
    people.users = {"s1": {"id": "s1", "name": name, "email": name}}
    found = looked_up(opened(), "s1").people["s1"]
    assert found == Person("s1", None, None)
    assert found.shown == "s1"


# -- a service that is not well ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "told",
    [
        [user("s9", "Budi")],
        [user("s1", "Budi"), user("s1", "Siti")],
        [user("S1", "Budi"), user("s1 ", "Budi"), {"id": 1, "name": "Budi"}, {"name": "Budi"}, None, 7, "s1"],
        [{"id": ["s1"], "name": "Budi"}, user("x")],
    ],
)
def test_a_list_that_lies_names_nobody(people: People, opened: Any, told: list[Any]) -> None:
    people.answer = lambda request: Answer(json={"users": told}) if request.path == "/api/users" else None
    found = looked_up(opened(), "s1", "s2")
    assert found.people == {}
    assert looked_up(opened(), "s1", "s2").people == {}, "nor does the cache"


def test_a_service_that_lists_everybody_is_asked_for_each_alone(people: People, opened: Any) -> None:
    people.add(user("s1", "Budi"), user("s2", "Siti"), user("s3", "Eka"))
    everybody = list(people.users.values())
    people.answer = lambda request: Answer(json={"users": everybody[:2]}) if request.path == "/api/users" else None
    found = looked_up(opened(), "s2", "s3")
    assert {id: person.name for id, person in found.people.items()} == {"s2": "Siti", "s3": "Eka"}
    assert people.alone() == ["s3"]


@pytest.mark.parametrize(
    "answer",
    [
        Answer(json=user("s2", "Budi")),
        Answer(json=[user("s1", "Budi")]),
        Answer(json={"user": user("s1")}),
        Answer(body=b"<html>"),
        Answer(json=None, body=b""),
        Answer(302, headers={"location": "http://127.0.0.1:1/"}),
        Answer(401, json={"error": "Invalid service token"}),
        Answer(json=user("s1", more="x" * 3_000_000)),
        Answer(json=user("s1", more="x" * 11_000_000)),
    ],
)
def test_an_answer_that_is_none_is_told_and_names_nobody(people: People, opened: Any, answer: Answer) -> None:
    people.answer = lambda _: answer
    found = looked_up(opened(), "s1")
    assert found.people == {}
    assert found.silent.keys() == {"user"}
    assert found.problem is not None
    assert found.problem.startswith("some names are missing: user")


def test_a_service_that_hangs_costs_its_names_and_not_those_of_the_other(
    people: People, opened: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(names_module, "LIMIT_S", 0.8)
    with serving(People(courses={"c1": {"id": "c1", "title": "Piano"}})) as other:
        people.hangs = True
        found = looked_up(opened(COURSE_SERVICE_URL=other.url), "s1", "s2", courses=("c1",))
    assert (found.people, found.course("c1")) == ({}, Course("c1", "Piano", None))
    assert found.silent == {"user": "the user service did not answer in time"}


def test_a_service_that_hangs_is_waited_for_once_in_half_a_minute_and_that_is_said(
    people: People, opened: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(names_module, "LIMIT_S", 0.8)
    people.add(user("s1", "Budi"))
    people.courses = {"c1": {"id": "c1", "title": "Piano"}}

    def hang(request: Request) -> Answer | None:
        if request.path.startswith("/api/users"):
            people.hold.wait(30)
        return None

    people.answer = hang
    assert looked_up(opened(), "s1", courses=("c1",)).silent == {"user": "the user service did not answer in time"}
    asked = len(people.requests)

    def after(seconds: float) -> Names:
        here = opened()
        here.clock.advance(seconds)
        return looked_up(here, "s1", courses=("c1",))

    monkeypatch.setattr(names_module, "LIMIT_S", 10.0)
    found = after(12)
    assert found.course("c1") == Course("c1", "Piano", None), "the other is asked all the same"
    assert found.silent == {"user": "the user service did not answer in time 12 s ago, and is asked again in 18 s"}
    assert len(people.requests) == asked
    people.hold.set()
    assert after(31).people["s1"].name == "Budi"
    assert after(32).silent == {}


def test_of_one_system_that_hangs_nothing_is_said_of_another(
    people: People, opened: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(names_module, "LIMIT_S", 0.8)
    people.hangs = True
    assert looked_up(opened(), "s1").silent
    monkeypatch.setattr(names_module, "LIMIT_S", 10.0)
    with serving(People().add(user("s1", "Budi"))) as other:
        assert looked_up(opened(USER_SERVICE_URL=other.url), "s1").people["s1"].name == "Budi"


def test_what_came_before_the_time_was_up_is_there(
    people: People, opened: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(names_module, "LIMIT_S", 1.0)
    people.lists = 404
    people.add(user("s1", "Budi"), user("slow"))

    def hang(request: Request) -> Answer | None:
        if request.path.endswith("slow"):
            people.hold.wait(30)
        return None

    people.answer = hang
    found = looked_up(opened(), "s1", "slow")
    assert (set(found.people), set(found.silent)) == ({"s1"}, {"user"})
    people.hold.set()
    monkeypatch.setattr(names_module, "LIMIT_S", 10.0)
    assert looked_up(opened(), "slow").people.keys() == {"slow"}, "who answers anything at all does not hang"
    assert looked_up(opened(), "s1").people.keys() == {"s1"}
    assert people.alone().count("s1") == 1, "it was kept"


def test_a_thread_that_never_ends_holds_nobody_up(people: People, opened: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    here = opened()
    never = threading.Event()
    monkeypatch.setattr(here.app.names, "_open_client", lambda: never.wait(30))
    monkeypatch.setattr(names_module, "LIMIT_S", 0.2)
    looking = here.app.names.start(["s1"])
    assert looking.join().silent == {"user": "the user service did not answer in time"}
    never.set()


def test_a_service_that_is_down_or_not_configured_is_told_apart(world: OpenWorld) -> None:
    found = looked_up(world(USER_SERVICE_URL="http://127.0.0.1:9"), "s1", courses=("c1",))
    assert set(found.silent) == {"user"}
    assert found.not_configured == {"course"}
    secretless = world(USER_SERVICE_URL="http://127.0.0.1:9", SERVICE_JWT_SECRET="")
    assert looked_up(secretless, "s1").not_configured == {"user"}


def test_it_says_nothing_of_its_own(people: People, opened: Any) -> None:
    people.answer = lambda _: Answer(500)
    here = opened(SERVICE_JWT_SECRET="short")
    assert looked_up(here, "s1").silent
    assert here.stderr == ""


# -- what is kept --------------------------------------------------------------------------------------------------


def test_names_are_kept_for_five_minutes_and_who_is_nobody_for_half_a_minute(people: People, opened: Any) -> None:
    people.add(user("s1", "Budi"))
    looked_up(opened(), "s1", "s2")
    people.add(user("s1", "Siti"), user("s2"))
    assert looked_up(opened(), "s1", "s2").people["s1"].name == "Budi"
    assert len(people.requests) == 1

    def after(seconds: float) -> Names:
        here = opened()
        here.clock.advance(seconds)
        return looked_up(here, "s1", "s2")

    assert after(29).people.keys() == {"s1"}
    assert {id: one.name for id, one in after(31).people.items()} == {"s1": "Budi", "s2": "Student s2"}
    assert after(301).people["s1"].name == "Siti"


def test_within_one_command_they_are_known_without_a_disk_and_forgotten_all_the_same(
    people: People, opened: Any, tmp_path: Path
) -> None:
    people.add(user("s1", "Budi"))
    here = opened()
    assert here.app.names.known(["s1"]).people == {}
    looked_up(here, "s1")
    (tmp_path / "state" / "names.db").unlink()
    assert here.app.names.known(["s1", "s2"]).people.keys() == {"s1"}
    looked_up(here, "s1")
    assert len(people.requests) == 1
    here.clock.advance(301)
    assert here.app.names.known(["s1"]).people == {}


def test_a_clock_that_was_put_back_makes_nothing_last_longer(people: People, opened: Any) -> None:
    people.add(user("s1", "Budi"))
    looked_up(opened(), "s1")
    earlier = opened()
    earlier.clock.advance(-600)
    looked_up(earlier, "s1")
    assert len(people.requests) == 2


def test_a_name_of_one_system_is_none_of_another(people: People, opened: Any, tmp_path: Path) -> None:
    people.add(user("s1", "Budi"))
    looked_up(opened(), "s1")
    with serving(People().add(user("s1", "Siti"))) as other:
        assert looked_up(opened(**variables(other)), "s1").people["s1"].name == "Siti"
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "config.toml").write_text("[profiles.other]\n")
    looked_up(opened(SHEMA_PROFILE="other"), "s1")
    assert len(people.requests) == 2
    assert looked_up(opened(), "s1").people["s1"].name == "Budi"


@pytest.mark.parametrize("says", ["false", '"no"', "0"])
def test_where_a_profile_says_so_no_name_is_on_disk(people: People, opened: Any, tmp_path: Path, says: str) -> None:
    people.add(user("s1", "Budi Santoso"), user("s2"))
    looked_up(opened(), "s1")
    assert b"Budi Santoso" in _on_disk(tmp_path)
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "config.toml").write_text(f"[profiles.p]\nnames = {says}\n")
    here = opened(SHEMA_PROFILE="p")
    assert looked_up(here, "s1", "s2").people["s1"].name == "Budi Santoso"
    assert b"Budi" not in _on_disk(tmp_path)
    assert b"s1@shema.test" not in _on_disk(tmp_path)
    asked = len(people.requests)
    assert looked_up(here, "s1").people.keys() == {"s1"}
    assert len(people.requests) == asked, "the command itself still knows it"


def test_who_signs_out_leaves_no_names(people: People, opened: Any, tmp_path: Path) -> None:
    people.add(user("s1", "Budi Santoso"))
    here = opened()
    looked_up(here, "s1")
    assert _on_disk(tmp_path)
    environ = {**here.app.output.streams.environ, "FIREBASE_PROJECT_ID": "demo-shema"}
    assert shema("auth", "logout", env=environ).code == 0
    assert _on_disk(tmp_path) == b""


def test_what_has_run_out_does_not_stay_on_disk(people: People, opened: Any, tmp_path: Path) -> None:
    people.add(user("s1", "Budi Santoso"), user("s2"))
    looked_up(opened(), "s1")
    later = opened()
    later.clock.advance(301)
    looked_up(later, "s2")
    assert b"Budi Santoso" not in _on_disk(tmp_path)


def _on_disk(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in (folder / "state").glob("names*"))


def test_only_we_can_read_it(people: People, opened: Any, tmp_path: Path) -> None:
    people.add(user("s1"))
    looked_up(opened(), "s1")
    kept = list((tmp_path / "state").glob("names*"))
    assert {stat.S_IMODE(path.stat().st_mode) for path in kept} == {0o600}


@pytest.mark.parametrize("content", [b"this never was a database", b"", b"SQLite format 3\0" + b"\xff" * 4000])
def test_a_broken_cache_is_begun_again(people: People, opened: Any, tmp_path: Path, content: bytes) -> None:
    people.add(user("s1"))
    (tmp_path / "state").mkdir(mode=0o700)
    (tmp_path / "state" / "names.db").write_bytes(content)
    here = opened()
    assert looked_up(here, "s1").people.keys() == {"s1"}
    assert looked_up(opened(), "s1").people.keys() == {"s1"}
    assert len(people.requests) == 1
    assert here.stderr == ""


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("document", '{"id":"s2","name":"Siti","email":null}'),
        ("document", "[]"),
        ("document", "{"),
        ("document", b"\xff"),
        ("document", 7),
        ("at", "soon"),
    ],
)
def test_a_row_that_was_tampered_with_is_asked_for_again(
    people: People, opened: Any, tmp_path: Path, column: str, value: object
) -> None:
    people.add(user("s1", "Budi"))
    looked_up(opened(), "s1")
    with closing(sqlite3.connect(tmp_path / "state" / "names.db")) as db, db:
        db.execute(f"UPDATE name SET {column} = ?", (value,))
    assert looked_up(opened(), "s1").people["s1"].name == "Budi"
    assert len(people.requests) == 2


def test_a_cache_that_is_locked_or_foreign_costs_a_question(people: People, opened: Any, tmp_path: Path) -> None:
    people.add(user("s1"))
    looked_up(opened(), "s1")
    db = sqlite3.connect(tmp_path / "state" / "names.db", isolation_level=None)
    db.execute("BEGIN EXCLUSIVE")
    assert looked_up(opened(), "s1", "s2").people.keys() == {"s1"}
    db.close()
    (tmp_path / "state" / "names.db").unlink()
    (tmp_path / "state" / "names.db").symlink_to(tmp_path / "elsewhere")
    here = opened()
    assert looked_up(here, "s1").people.keys() == {"s1"}
    assert here.stderr == ""
    assert not (tmp_path / "elsewhere").exists()


_MANY = """
import json, sys
from shema_cli.context import AppContext, GlobalOptions
from shema_cli.output.streams import Streams
app = AppContext.open(Streams.system(), GlobalOptions(), "test")
first = int(sys.argv[1])
for round in range(6):
    ids = [f"s{number}" for number in range(first, first + 40)]
    found = app.names.start(ids).join()
    assert all(person.name == f"Student {id}" for id, person in found.people.items())
    assert len(found.people) == 40, found.silent
"""


def test_many_commands_share_it(people: People, tmp_path: Path) -> None:
    people.add(*(user(f"s{number}") for number in range(100)))
    env = {
        "PATH": "/usr/bin:/bin",
        "SHEMA_CONFIG_DIR": str(tmp_path / "config"),
        "SHEMA_STATE_DIR": str(tmp_path / "state"),
        "SERVICE_JWT_SECRET": SECRET,
        **variables(people),
    }
    running = [
        subprocess.Popen([sys.executable, "-c", _MANY, str(first)], env=env, stderr=subprocess.PIPE, text=True)
        for first in (0, 10, 20, 30)
    ]
    for one in running:
        assert (one.communicate()[1], one.returncode) == ("", 0)


_ASIDE = """
import json, sys, threading
found = []

class Watch:
    def find_spec(name, path=None, target=None):
        if threading.current_thread() is not threading.main_thread():
            found.append(name)

sys.meta_path.insert(0, Watch)
from shema_cli.context import AppContext, GlobalOptions
from shema_cli.output.streams import Streams
app = AppContext.open(Streams.system(), GlobalOptions(), "test")
names = app.names.start(["s1", "s2"], ["c1"]).join()
print(json.dumps([len(names.people), [name for name in found if name in sys.modules]]))
"""


@pytest.mark.parametrize("redis_url", ["", "redis://127.0.0.1:9/0"])
def test_nothing_is_imported_in_the_thread(people: People, tmp_path: Path, redis_url: str) -> None:
    people.add(user("s1"))
    env = {
        "PATH": "/usr/bin:/bin",
        "SHEMA_CONFIG_DIR": str(tmp_path / "config"),
        "SHEMA_STATE_DIR": str(tmp_path / "state"),
        "SERVICE_JWT_SECRET": SECRET,
        **({"REDIS_URL": redis_url} if redis_url else {}),
        **variables(people),
    }
    done = subprocess.run([sys.executable, "-c", _ASIDE], env=env, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == [1, []], done.stderr
