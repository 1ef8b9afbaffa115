"""The users' cache, which other programs write as well, on a Redis in this process (contract 1.5)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shema_cli.errors import NotConfigured
from shema_cli.store.connection import Store
from shema_cli.users import views
from shema_cli.users.show import LIFETIME_S, FoundUser, UserCache, as_user
from tests.support.drawing import drawn, flat
from tests.support.in_process import InProcessClient, in_process, store_in_process

EMAIL = "ana@shema.test"
KEY = f"user:email:{EMAIL}"


def cache_of(client: InProcessClient) -> tuple[UserCache, list[str]]:
    warned: list[str] = []
    return UserCache(lambda: store_in_process(client), warned.append), warned


@pytest.mark.parametrize(
    ("left", "expires_in_s"),
    [
        (None, None),
        (timedelta(seconds=10), 10),
        (timedelta(milliseconds=9500), 10),
        (timedelta(seconds=LIFETIME_S), 300),
    ],
)
async def test_what_is_kept_is_a_hit_with_the_time_that_it_has_left(
    left: timedelta | None, expires_in_s: int | None
) -> None:
    client = in_process()
    client.set(KEY, b'{"id":"u1"}', px=left)
    cache, warned = cache_of(client)
    assert await cache.read(EMAIL) == FoundUser({"id": "u1"}, True, expires_in_s)
    assert await cache.read("other@shema.test") is None
    assert warned == []


async def test_the_answer_is_kept_byte_for_byte_and_forgotten_when_it_is_no_longer_true() -> None:
    client = in_process()
    cache, _ = cache_of(client)
    await cache.write(EMAIL, b'{ "id" : 1e2, "\\u00e9":"\xc3\xa9" }')
    assert client.get(KEY) == b'{ "id" : 1e2, "\\u00e9":"\xc3\xa9" }'
    assert 0 < int(client.ttl(KEY)) <= LIFETIME_S
    await cache.forget(EMAIL)
    assert client.get(KEY) is None


@pytest.mark.parametrize("stored", [b"", b"null", b"{}", b"[]", b'"x"', b"\xff", b"[" * 100_000])
async def test_what_is_no_user_is_told_and_passed_over(stored: bytes) -> None:
    client = in_process()
    client.set(KEY, stored)
    cache, warned = cache_of(client)
    assert await cache.read(EMAIL) is None
    assert warned == [f"what Redis keeps under {KEY} is not a user; asking the user service"]
    assert cache.works


async def test_a_cache_that_fails_is_told_once_and_left_alone() -> None:
    client = in_process()
    client.server.comes_back(leaves_after=0)
    cache, warned = cache_of(client)
    assert await cache.read(EMAIL) is None
    client.server.comes_back()
    client.set(KEY, b'{"id":"u1"}')
    assert await cache.read(EMAIL) is None
    await cache.write(EMAIL, b"{}")
    assert client.get(KEY) == b'{"id":"u1"}'
    assert (len(warned), cache.works) == (1, False)
    assert warned[0].startswith("the cache is not used: ")


async def test_another_type_under_the_key_and_no_redis_at_all_stop_nothing() -> None:
    client = in_process()
    client.lpush(KEY, "x")
    cache, warned = cache_of(client)
    assert await cache.read(EMAIL) is None

    def connect() -> Store:
        raise NotConfigured("not_configured", "REDIS_URL is not set", "")

    bare = UserCache(connect, warned.append)
    assert await bare.read(EMAIL) is None
    assert warned[1] == "the cache is not used: REDIS_URL is not set"


@given(st.binary(max_size=30))
def test_any_bytes_are_a_user_or_none(stored: bytes) -> None:
    user = as_user(stored)
    assert user is None or (isinstance(user, dict) and user)


@pytest.mark.parametrize("width", [40, 60, 80, 120])
@pytest.mark.parametrize(
    ("hit", "left", "said"),
    [
        (True, 12, "fromthecache,keptfor12s"),
        (True, None, "fromthecache"),
        (False, 300, "fromtheuserservice,keptfor300s"),
        (False, None, "fromtheuserservice"),
    ],
)
def test_a_user_says_where_it_came_from(width: int, hit: bool, left: int | None, said: str) -> None:
    found = FoundUser({"id": "u1", "name": "Ana Paramita", "n" * 60: "\x1b[2J\u202e", "roles": ["a", 1]}, hit, left)
    shown = flat(views.user(found, width), width)
    assert shown.endswith(said)
    assert "AnaParamita" in shown
    assert drawn(views.user(found, width), width)
    assert found.document()["_cache"] == {"hit": hit, "expires_in_s": left}
