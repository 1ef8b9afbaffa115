"""What Redis refuses is named: the command, the key or the channel, on every server, in a script and outside of one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress

import pytest
import redis
from redis.exceptions import RedisError

from shema_cli.audit.records import Entered, Recorded
from shema_cli.calls.registry import Registry
from shema_cli.enrollments.decide import read_decisions
from shema_cli.errors import Failed, ShemaError, Unreachable
from shema_cli.store import keys
from shema_cli.store.connection import Store
from shema_cli.store.errors import refused, translate
from shema_cli.store.refusals import Asked, refusal
from shema_cli.store.scripts import Script, script
from tests.support.servers import EVERY_SERVER, ServerKind
from tests.support.store import store_at
from tests.support.subscriber import subscriber_of
from tests.support.valkey import Valkey

DECISION = f"{keys.DECISION_PREFIX}e1"


def small(text: str) -> Script:
    """A script of a test's own, which is sent as text."""
    return Script("test", text, "0" * 40)


@contextmanager
def user(server: Valkey, *rules: str) -> Iterator[Store]:
    """A store for a user who may do this and nothing else."""
    with server.client() as client:
        client.execute_command("ACL", "SETUSER", "low", "reset", "on", ">pw", *rules)
    with closing(store_at(f"redis://low:pw@127.0.0.1:{server.port}")) as store:
        yield store


def told(store: Store, ask: Callable[[Store], object]) -> ShemaError:
    with pytest.raises(ShemaError) as error, store.errors():
        ask(store)
    return error.value


ALL = ("~*", "&*", "+@all")


@pytest.mark.parametrize(
    ("rules", "ask", "message", "rule"),
    [
        pytest.param(
            (*ALL, "-hgetall"),
            lambda store: store.client.hgetall(f"{keys.REGISTRY_PREFIX}user"),
            "the command 'hgetall' on {shema}:registry:user",
            "+hgetall",
            id="a command",
        ),
        pytest.param(
            ("~user:*", "&*", "+@all"),
            lambda store: store.client.hgetall(f"{keys.REGISTRY_PREFIX}user"),
            "the key {shema}:registry:user, which HGETALL needs",
            "~{shema}:*",
            id="a key",
        ),
        pytest.param(
            ("~*", "resetchannels", "&chat:*", "+@all"),
            lambda store: store.client.publish("user.updated", "x"),
            "the channel user.updated, which PUBLISH needs",
            "&user.updated",
            id="a channel",
        ),
        pytest.param(
            (*ALL, "-zrange"),
            lambda store: store.run(script("dlq_look"), keys.OF_DEAD_LETTERS, ["lease_ms=1"]),
            "the command 'zrange'",
            "+zrange",
            id="a command in a script",
        ),
        pytest.param(
            ("~{shema}:audit", "&*", "+@all"),
            lambda store: store.run(small("return 1"), [keys.AUDIT, DECISION], []),
            f"the key {DECISION}, which EVALSHA needs",
            "~{shema}:*",
            id="a key of a script",
        ),
        pytest.param(
            ("~*", "resetchannels", "&chat:*", "+@all"),
            lambda store: store.run(
                small("\n\nreturn redis.call('PUBLISH', ARGV[1], '')"), [], ["user.updated"], channel="user.updated"
            ),
            "the channel user.updated, which PUBLISH needs",
            "&user.updated",
            id="a channel in a script",
        ),
        pytest.param(
            ("~user:*", "&*", "+@all"),
            lambda store: store.run(small("local key = ARGV[1]\nreturn redis.call('HGET', key, 'x')"), [], ["a"]),
            "a key, which HGET needs",
            "~…",
            id="a key that a script makes up",
        ),
        pytest.param(
            ("~user:*", "&*", "+@all"),
            lambda store: store.client.pipeline(transaction=False).hgetall(DECISION).execute(),
            f"the key {DECISION}, which HGETALL needs",
            "~{shema}:*",
            id="a key in a pipeline",
        ),
    ],
)
def test_what_a_user_may_not_do_is_named_with_the_rule_that_allows_it(
    any_server: Valkey, rules: tuple[str, ...], ask: Callable[[Store], object], message: str, rule: str
) -> None:
    with user(any_server, *rules) as store:
        error = told(store, ask)
    assert (type(error), error.code) == (Failed, "redis_denied")
    assert f"forbids this user {message}" in error.message
    assert f"({rule})" in str(error.hint)


@pytest.mark.parametrize(("rule", "pattern"), [("&chat:*", "chat:session:*"), ("&user.*", "chat:session:*")])
def test_a_pattern_that_may_not_be_followed_is_named(any_server: Valkey, rule: str, pattern: str) -> None:
    """Patterns are compared word for word: whoever may hear all of `chat:*` may not follow `chat:session:*`."""
    with user(any_server, "~*", "+@all", "resetchannels", rule, f"&{keys.PRESENCE_PREFIX}*") as store:
        error = told(store, lambda _: subscriber_of(store, pattern.encode()).open())
    assert error.code == "redis_denied"
    assert f"the channel {pattern}, which PSUBSCRIBE needs" in error.message
    assert "word for word" in error.message
    assert f"&{pattern}" in str(error.hint)


@pytest.mark.parametrize(
    "ask",
    [
        lambda store: store.client.hgetall(DECISION),
        lambda store: store.client.pipeline(transaction=False).hgetall(DECISION).execute(),
        lambda store: store.run(small("\nreturn redis.call('HGET', KEYS[2], 'x')"), [keys.AUDIT, DECISION], []),
    ],
)
def test_a_key_that_holds_something_else_is_named(any_server: Valkey, ask: Callable[[Store], object]) -> None:
    with any_server.client() as client, closing(store_at(any_server.url)) as store:
        client.set(DECISION, "x")
        error = told(store, ask)
    assert (type(error), error.code) == (Failed, "redis_error")
    assert DECISION in error.message
    assert "EVALSHA" not in error.message
    assert "@user_script" not in error.message


def test_which_of_several_keys_holds_something_else_is_asked(any_server: Valkey) -> None:
    with any_server.client() as client, closing(store_at(any_server.url)) as store:
        client.set(keys.DEAD_LETTERS, "x")
        error = told(store, lambda store: store.run(script("dlq_look"), keys.OF_DEAD_LETTERS, ["lease_ms=1"]))
    assert "events:dead_letter holds a string, where a list is expected" in error.message
    assert "RENAME events:dead_letter" in str(error.hint)


def fill(client: redis.Redis) -> None:
    with suppress(RedisError):
        for number in range(10_000):
            client.set(f"filler:{number}", "x" * 1000)


@pytest.mark.parametrize("kind", EVERY_SERVER)
def test_a_full_memory_is_told_in_words(kind: ServerKind) -> None:
    with kind.started("--maxmemory", "900kb") as server, closing(store_at(server.url)) as store:
        with server.client() as client:
            fill(client)
        for ask in (
            lambda store: store.client.set(f"{keys.USER_PREFIX}x", "1"),
            lambda store: store.run(small("return redis.call('SET', KEYS[1], 'x')"), [f"{keys.USER_PREFIX}x"], []),
        ):
            error = told(store, ask)
            assert error.message.startswith("the memory of Redis at")
            assert "script" not in error.message
            assert "maxmemory" in str(error.hint)


def test_what_may_not_be_read_is_not_taken_for_another_type(valkey: Valkey, redis_client: redis.Redis) -> None:
    redis_client.hset(DECISION, mapping={"decision": "approved", "eventId": "evt_1"})
    asks: list[tuple[str, Callable[[Store], object]]] = [
        ("hmget", lambda store: Recorded.read(store, Entered())),
        ("hgetall", lambda store: read_decisions(store, ["e1"])),
        ("hgetall", lambda store: Registry(lambda: store).read(["user"])),
    ]
    for command, ask in asks:
        with user(valkey, *ALL, f"-{command}") as store:
            error = told(store, ask)
        assert error.code == "redis_denied"
        assert f"the command '{command}' on {{shema}}:" in error.message


@pytest.mark.parametrize("kind", EVERY_SERVER)
def test_a_replica_is_told_as_one(kind: ServerKind) -> None:
    with ExitStack() as stack:
        primary = stack.enter_context(kind.started())
        replica = stack.enter_context(kind.started("--replicaof", "127.0.0.1", str(primary.port)))
        store = stack.enter_context(closing(store_at(replica.url)))
        for ask in (
            lambda store: store.client.set("x", "1"),
            lambda store: store.run(small("\nreturn redis.call('SET', KEYS[1], 'x')"), ["x"], []),
        ):
            error = told(store, ask)
            assert isinstance(error, Unreachable)
            assert "is a replica, and takes no writes" in error.message
            assert "the primary" in str(error.hint)


def test_a_server_that_cannot_save_is_told_as_one() -> None:
    text = "MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk."
    for one in (text, f"Error running script (call to f_0): @user_script:3: @user_script: 3: -{text}"):
        error = translate(redis.ResponseError(one), "h:1")
        assert isinstance(error, Unreachable)
        assert error.message == "Redis at h:1 cannot save its data, and so takes no writes (MISCONF)"


def test_an_error_that_is_like_none_of_these_is_told_as_it_came() -> None:
    assert refused(b"ERR no such thing").message == "Redis answered with an error: no such thing"
    assert refused("SOMETHING new", Asked("GET")).message == "Redis answered with an error: SOMETHING new"
    assert refusal(redis.ResponseError("")).word == ""
