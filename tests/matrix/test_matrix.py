"""The whole of a working day on every server that can be had here, also by the user with the least rights.

`docs/redis.md` tells what was run.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.matrix.day import Day, day_on, told
from tests.support.cli import Run, shema
from tests.support.servers import EVERY_SERVER
from tests.support.subscriber import audience


@pytest.fixture(scope="module", params=EVERY_SERVER)
def day(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Day]:
    with day_on(request.param, tmp_path_factory.mktemp("day")) as running:
        yield running


def failures(doctor: Run) -> list[str]:
    return [check["message"] for check in doctor.json["checks"] if check["state"] == "fail"]


@pytest.mark.parametrize("who", ["the server's own user", "the user whom doctor's line makes"])
def test_a_working_day(day: Day, who: str) -> None:
    env = day.env if who == "the server's own user" else day.as_user()
    day.begin()
    day.denied()
    with audience(day.port) as people:
        service = people.service(patterns=(b"*",))
        for argv in (*day.reading(env), *day.changing(env)):
            run = shema(*argv, env=env)
            assert run.code == 0, (argv, told(run))
        assert failures(shema("doctor", "-o", "json", env=env)) == []
        day.follows(env, b"*", b"chat:session:*")
        heard = [one.channel for one in service.so_far()]
    assert {"enrollment.approved", "enrollment.rejected", "user.updated"} <= set(heard)
    assert shema("audit", "verify", env=env).code == 0
    assert shema("trace", day.decided(env), env=env).code == 0
    assert set(day.denied()) <= {"acl", "config", "config|get"}, "what is asked for besides is in no list"
