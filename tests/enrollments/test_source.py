"""What is asked of the enrollment and course services, and what of their answers is believed (contract 1.2)."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from shema_cli.enrollments.source import AT_ONCE, EnrollmentQuery, EnrollmentSource, each
from shema_cli.errors import Failed, InvalidUsage, NotConfigured, NotFound, ShemaError
from tests.enrollments.school import enrollment
from tests.support.calls import World, open_world
from tests.support.http import Answer, HttpServer

LIST = "/api/enrollments"


@pytest.fixture
def asked(tmp_path: Path, server: HttpServer) -> Iterator[World]:
    world = open_world(tmp_path, {"ENROLLMENT_SERVICE_URL": server.url, "COURSE_SERVICE_URL": server.url})
    yield world
    world.app.close()


def pages(world: World, query: EnrollmentQuery, limit: int | None = None) -> list[list[str]]:
    async def read() -> list[list[str]]:
        async with world.client() as client:
            return [
                [one.id for one in page.enrollments]
                async for page in EnrollmentSource(client).pages(query, limit=limit)
            ]

    return asyncio.run(read())


def one(world: World, ask: str, id: str) -> Any:
    async def read() -> Any:
        async with world.client() as client:
            return await getattr(EnrollmentSource(client), ask)(id)

    return asyncio.run(read())


def page(*numbers: int, cursor: object = None) -> Answer:
    return Answer(json={"enrollments": [enrollment(n) for n in numbers], "next_cursor": cursor})


def test_pages_are_read_one_after_the_other_by_their_cursor(server: HttpServer, asked: World) -> None:
    server.on("GET", LIST, page(1, 2, cursor="x y"), page(3))
    assert pages(asked, EnrollmentQuery("pending", "c1")) == [["e1", "e2"], ["e3"]]
    first, second = server.seen(LIST)
    assert first.query == {"status": "pending", "course_id": "c1", "limit": "100"}
    assert second.query == {**first.query, "cursor": "x y"}


def test_no_more_is_asked_for_than_is_wanted(server: HttpServer, asked: World) -> None:
    server.on("GET", LIST, page(1, 2, cursor="a"), page(3, 4, cursor="b"))
    assert pages(asked, EnrollmentQuery(), limit=3) == [["e1", "e2"], ["e3"]]
    assert [request.query["limit"] for request in server.seen(LIST)] == ["3", "1"]


def test_one_that_moves_to_the_next_page_is_told_once(server: HttpServer, asked: World) -> None:
    server.on("GET", LIST, page(1, 2, cursor="a"), page(2, 3))
    assert pages(asked, EnrollmentQuery()) == [["e1", "e2"], ["e3"]]


def test_what_the_service_should_have_left_out_is_left_out_here(server: HttpServer, asked: World) -> None:
    others = [enrollment(2, status="approved"), enrollment(3, course="c2")]
    server.on("GET", LIST, Answer(json={"enrollments": [enrollment(1), *others]}))
    assert pages(asked, EnrollmentQuery("pending", "c1")) == [["e1"]]


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ([Answer(json=[])], "no list of enrollments"),
        ([Answer(json={"enrollments": {}})], "no list of enrollments"),
        ([page(1, cursor=5)], "next_cursor is not text"),
        ([Answer(json={"enrollments": [{"id": "e1"}]})], "an enrollment has no student_id"),
        ([page(1, cursor="a"), page(2, cursor="b"), page(3, cursor="a")], "leads back to a page"),
    ],
)
def test_a_page_that_is_none_is_said_to_be_a_bad_answer(
    server: HttpServer, asked: World, answers: list[Answer], said: str
) -> None:
    server.on("GET", LIST, *answers)
    with pytest.raises(Failed, match=said):
        pages(asked, EnrollmentQuery())


def test_an_empty_cursor_is_none(server: HttpServer, asked: World) -> None:
    server.on("GET", LIST, page(1, cursor=""))
    assert pages(asked, EnrollmentQuery()) == [["e1"]]


def test_a_filter_that_is_no_text_asks_nobody(server: HttpServer, asked: World) -> None:
    with pytest.raises(InvalidUsage):
        pages(asked, EnrollmentQuery(course="\udcff"))
    assert server.requests == []


@pytest.mark.parametrize("id", [".", "..", "\udcff"])
def test_an_id_that_no_service_can_know_asks_nobody(server: HttpServer, asked: World, id: str) -> None:
    with pytest.raises(NotFound):
        one(asked, "enrollment", id)
    assert server.requests == []


@pytest.mark.parametrize("id", ["e/1", "e?1", "é", "a b", "%2e"])
def test_an_id_is_one_part_of_the_path_whatever_it_holds(server: HttpServer, asked: World, id: str) -> None:
    with pytest.raises(NotFound, match="there is no enrollment"):
        one(asked, "enrollment", id)
    (request,) = server.requests
    assert request.path.count("/") == 3
    assert request.query == {}


def test_an_answer_about_somebody_else_is_not_taken(server: HttpServer, asked: World) -> None:
    server.on("GET", f"{LIST}/e1", Answer(json=enrollment(2)))
    with pytest.raises(Failed, match="asked for enrollment 'e1', told of 'e2'"):
        one(asked, "enrollment", "e1")


def test_each_is_asked_once_and_its_error_is_its_own() -> None:
    asked_for: list[str] = []
    told: list[None] = []

    async def read(id: str) -> str:
        asked_for.append(id)
        if id == "b":
            raise NotFound("not_found", "no b", "")
        return id.upper()

    found = asyncio.run(each(["c", "b", "c", "a"], read, lambda: told.append(None)))
    assert list(found) == ["c", "b", "a"]
    assert (found["c"], found["a"], isinstance(found["b"], NotFound)) == ("C", "A", True)
    assert (asked_for, len(told)) == (["c", "b", "a"], 3)


def test_only_a_few_are_asked_at_once() -> None:
    under_way: list[int] = []
    most: list[int] = []

    async def read(id: str) -> str:
        under_way.append(1)
        most.append(len(under_way))
        await asyncio.sleep(0)
        under_way.pop()
        return id

    asyncio.run(each(map(str, range(40)), read))
    assert max(most) == AT_ONCE


def test_what_is_not_set_ends_all_of_it() -> None:
    async def read(_: str) -> str:
        raise NotConfigured("not_configured", "COURSE_SERVICE_URL is not set", "")

    with pytest.raises(ShemaError, match="COURSE_SERVICE_URL"):
        asyncio.run(each(["a"], read))
