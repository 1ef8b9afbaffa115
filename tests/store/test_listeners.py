"""The unheard guard against a real server: services are heard, our own tails are not counted."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
import redis
from hypothesis import given, settings
from hypothesis import strategies as st

from shema_cli.clock import SystemClock
from shema_cli.store import keys
from shema_cli.store.glob import matches
from shema_cli.store.listeners import Listeners, listeners
from shema_cli.store.presence import Voucher
from shema_cli.store.scripts import script
from tests.support.store import store_at
from tests.support.subscriber import Audience, audience, subscriber_of
from tests.support.valkey import Valkey

DELIVER = f"""{script("deliver").text}
local how = {{ARGV[2], ARGV[4], ARGV[5] == '1'}}
local unknown = deliver_unknown(KEYS[1], ARGV[1], unpack(how))
if unknown then return {{'ask', table.concat(unknown, ' ')}} end
return {{deliver(KEYS[1], ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5] == '1')}}"""
CHANNEL = b"enrollment.approved"


@pytest.fixture
def people(valkey: Valkey) -> Iterator[Audience]:
    with audience(valkey.port) as gathered:
        yield gathered


def ask(client: redis.Redis, presence: str, channel: bytes = CHANNEL, elsewhere: int = 0) -> list[bytes | int]:
    """What the script answers to somebody who vouches as `presence` says."""
    answer: list[bytes | int] = client.eval(DELIVER, 1, keys.TAILS, presence, channel, b"{}", elsewhere, "")
    return answer


def deliver(client: redis.Redis, channel: bytes = CHANNEL, elsewhere: int = 0) -> int:
    port = client.get_connection_kwargs()["port"]
    store = store_at(f"redis://127.0.0.1:{port}")
    voucher = Voucher(store, SystemClock())
    outcome, told = ask(client, voucher.words(), channel, elsewhere)
    while outcome == b"ask":  # again for a tail that came in between
        assert isinstance(told, bytes)
        voucher.vouch(told.decode().split())
        outcome, told = ask(client, voucher.words(), channel, elsewhere)
    store.close()
    services = int(told)
    assert outcome == (b"heard" if services else b"unheard"), told
    return services


def test_an_event_that_nobody_hears_counts_as_heard_where_that_is_allowed(redis_client: redis.Redis) -> None:
    answer = redis_client.eval(DELIVER, 1, keys.TAILS, keys.PRESENCE_PREFIX, CHANNEL, b"{}", 0, "1")
    assert answer == [b"heard", 0]


def test_nobody_listens(redis_client: redis.Redis, people: Audience) -> None:
    assert deliver(redis_client) == 0


def test_exact_and_pattern_services_are_heard_and_get_the_message(redis_client: redis.Redis, people: Audience) -> None:
    exact = people.service(channels=(CHANNEL,))
    pattern = people.service(patterns=(b"enrollment.*",))
    assert deliver(redis_client) == 2
    assert [one.payload for one in exact.so_far()] == [b"{}"]
    assert [one.payload for one in pattern.so_far()] == [b"{}"]


@pytest.mark.parametrize(
    "patterns",
    [
        (b"*",),
        (b"enrollment.*", b"*.approved", b"*"),
        (b"[a-e]*",),
        (b"enrollment?approved",),
        (b"enrollment\\.appr\\oved",),
        (b"[^x]nrollment.approve[d]",),
    ],
)
def test_only_our_own_tails_hear(redis_client: redis.Redis, people: Audience, patterns: tuple[bytes, ...]) -> None:
    people.tail(*patterns)
    people.tail(*patterns)
    assert redis_client.execute_command("PUBLISH", CHANNEL, b"{}") == 2 * len(patterns)
    assert deliver(redis_client) == 0


def test_a_tail_of_something_else_takes_nothing_from_the_services(redis_client: redis.Redis, people: Audience) -> None:
    people.tail(b"[f-z]*", b"enrollment.reject*", b"enrollment\\*")
    people.service(channels=(CHANNEL,))
    assert deliver(redis_client) == 1


def test_a_service_with_the_same_pattern_as_a_tail_is_still_heard(redis_client: redis.Redis, people: Audience) -> None:
    people.tail(b"*")
    people.tail(b"*")
    people.service(patterns=(b"*",))
    assert deliver(redis_client) == 1


def test_a_chat_subscriber_does_not_hear_an_approval(redis_client: redis.Redis, people: Audience) -> None:
    people.service(patterns=(b"chat:session:*",))
    assert deliver(redis_client) == 0
    assert deliver(redis_client, b"chat:session:s1") == 1


def test_listeners_on_other_nodes_are_added(redis_client: redis.Redis, people: Audience) -> None:
    people.tail(b"*")
    assert deliver(redis_client, elsewhere=3) == 3


def test_a_script_may_deliver_to_many_channels(redis_client: redis.Redis, people: Audience) -> None:
    people.tail(b"a*")
    people.service(channels=(b"a1", b"b1"))
    each = f"for i, c in ipairs(ARGV) do _, o[i] = deliver(KEYS[1], '{keys.PRESENCE_PREFIX}', c, '', 0) end return o"
    text = f"{script('deliver').text}\nlocal o, _ = {{}} {each}"
    assert redis_client.eval(text, 1, keys.TAILS, "a1", "b1", "a1", "c1") == [1, 1, 1, 0]


def test_a_failure_is_returned_and_nothing_is_published(valkey: Valkey, people: Audience) -> None:
    service = people.service(channels=(CHANNEL,))
    with valkey.client() as admin:
        admin.execute_command("ACL", "SETUSER", "narrow", "on", ">pw", "~*", "+@all", "-pubsub", "allchannels")
        with redis.Redis(port=valkey.port, username="narrow", password="pw") as client:
            answer = client.eval(DELIVER, 1, keys.TAILS, keys.PRESENCE_PREFIX, CHANNEL, b"{}", 0, "")
        admin.execute_command("ACL", "DELUSER", "narrow")
    assert answer[0] == b"failed"
    assert service.so_far() == []


def test_a_tail_that_is_just_coming_is_never_taken_for_a_service(
    valkey: Valkey, redis_client: redis.Redis, people: Audience
) -> None:
    """Presence and patterns come into force in one step."""

    patterns = [b"enrollment.*", b"[a-f]*", *(b"*" * length for length in range(1, 30))]
    store, heard, done = store_at(valkey.url), set(), threading.Event()
    subscriber = subscriber_of(store, *patterns)

    def publish() -> None:
        while not done.is_set():
            heard.add(deliver(redis_client))

    publisher = threading.Thread(target=publish)
    publisher.start()
    try:
        for _ in range(40):
            subscriber.open().close()
    finally:
        done.set()
        publisher.join()
        store.close()
    assert heard == {0}


def test_counting_without_publishing(valkey: Valkey, people: Audience) -> None:
    store = store_at(valkey.url)
    people.tail(b"*", b"chat:*")
    assert listeners(store, CHANNEL.decode()) == Listeners(0, tails=1)
    people.service(channels=(CHANNEL,))
    assert listeners(store, CHANNEL.decode()) == Listeners(1, tails=1)
    people.service(patterns=(b"chat:session:*",))
    assert listeners(store, CHANNEL.decode()) == Listeners(1, 1, tails=1)
    store.close()


ALPHABET = st.sampled_from([*b"ab-]^[\\*?c", 0xE9, 0x7F])
GLOB = (
    script("glob").text
    + "local o = {} for i = 1, #ARGV, 2 do o[#o + 1] = glob_matches(ARGV[i], ARGV[i + 1]) and 1 or 0 end return o"
)


@settings(max_examples=60, deadline=None)
@given(
    pairs=st.lists(
        st.tuples(st.lists(ALPHABET, min_size=1, max_size=8), st.lists(ALPHABET, min_size=1, max_size=6)),
        min_size=1,
        max_size=40,
    )
)
def test_globs_match_as_the_server_matches(valkey_server: Valkey, pairs: list[tuple[list[int], list[int]]]) -> None:
    texts = [(bytes(pattern), bytes(text)) for pattern, text in pairs]
    with valkey_server.client() as client:
        for _, text in texts:
            client.set(b"g:" + text, 1)
        truth = [b"g:" + text in client.keys(b"g:" + pattern) for pattern, text in texts]
        in_lua = client.eval(GLOB, 0, *[part for pair in texts for part in pair])
        client.flushall()
    assert [bool(found) for found in in_lua] == truth
    assert [matches(pattern, text) for pattern, text in texts] == truth


@pytest.mark.parametrize("pattern", [b"*a" * 500, b"*a" * 1000, b"*a" * 1001, b"*a" * 1000 + b"*", b"*a" * 3000])
def test_a_glob_is_followed_as_deep_as_the_server_follows_it(redis_client: redis.Redis, pattern: bytes) -> None:
    """Anybody can subscribe to such a pattern; it may not be a fault of ours."""
    text = b"a" * pattern.count(b"a")
    redis_client.set(text, 1)
    assert matches(pattern, text) is bool(redis_client.keys(pattern))
