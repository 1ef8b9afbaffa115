"""A command's Redis: how it is connected to, what is sent, and in which words it fails."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from typing import Any

import certifi
import pytest
import redis
from hypothesis import given
from hypothesis import strategies as st
from redis.exceptions import NoScriptError

from shema_cli.errors import ExitCode, Failed, NotConfigured, ShemaError, Unreachable
from shema_cli.settings.address import parse_address
from shema_cli.settings.values import Settings
from shema_cli.store import connection, keys
from shema_cli.store.connection import (
    AnswerAhead,
    AnswersAhead,
    ScriptCall,
    Store,
    connect,
    connection_options,
    redis_errors,
    sentinel,
)
from shema_cli.store.errors import refused, translate
from shema_cli.store.listeners import Listeners, listeners
from shema_cli.store.scripts import Script, script
from tests.support.in_process import InProcessClient, InProcessPipeline, InProcessServer, in_process, store_in_process
from tests.support.store import settings_for, store_at
from tests.support.valkey import Valkey

SECRET = "sesame"


# -- opening and closing -----------------------------------------------------------------------------------------


@pytest.fixture
def connected(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the clients that were opened, each on a server in this process."""
    names: list[str] = []

    def open_one(settings: object, *, client_name: str, **_: object) -> redis.Redis:
        names.append(client_name)
        return InProcessServer().client()

    monkeypatch.setattr(connection, "connect", open_one)
    return names


def test_nothing_is_connected_before_it_is_used_and_once_then(connected: list[str]) -> None:
    store = Store(settings_for("redis://h"), client_name="shema-cli:test")
    assert store.configured
    assert store.address.hosts == (("h", 6379),)
    assert connected == []
    assert store.client is store.client
    assert connected == ["shema-cli:test"]


def test_a_store_that_was_closed_connects_again(connected: list[str]) -> None:
    store = Store(settings_for("redis://h"))
    store.close()
    first = store.client
    store.close()
    store.close()
    assert store.client is not first
    assert len(connected) == 2


def test_without_an_address_every_use_names_the_variable() -> None:
    store = store_at(None)
    assert not store.configured
    uses: list[Callable[[], object]] = [lambda: store.client, lambda: store.address, lambda: store.cluster, store.nodes]
    for use in uses:
        with pytest.raises(NotConfigured, match="REDIS_URL is not set"):
            use()


def test_one_server_is_its_only_node_and_has_every_key() -> None:
    client = in_process()
    store = store_in_process(client)
    assert not store.cluster
    assert store.nodes() == [client]
    assert store.node_of("anything") == ""


# -- how it is connected to --------------------------------------------------------------------------------------


def options_of(url: str) -> dict[str, Any]:
    client = connect(settings_for(url), client_name="shema-cli")
    found: dict[str, Any] = client.connection_pool.connection_kwargs
    client.close()
    return found


def test_everything_in_the_url_reaches_the_client() -> None:
    options = options_of("redis://ana:p%40ss@h:7000/3")
    assert (options["host"], options["port"], options["db"]) == ("h", 7000, 3)
    assert (options["username"], options["password"]) == ("ana", "p@ss")


@pytest.mark.parametrize("url", ["redis://h", "rediss://h", "redis+sentinel://h/m"])
def test_nothing_is_ever_tried_twice_and_nothing_waited_for_endlessly(url: str) -> None:
    """A retry of the library could run a write twice."""
    options = options_of(url)
    assert options["retry"].get_retries() == 0
    assert options["socket_connect_timeout"] == connection.CONNECT_TIMEOUT_S
    assert options["socket_timeout"] == connection.COMMAND_TIMEOUT_S


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", {"ssl_cert_reqs": "required", "ssl_check_hostname": True}),
        ("?ssl_cert_reqs=none", {"ssl_cert_reqs": "none", "ssl_check_hostname": True}),
        ("?ssl_check_hostname=false", {"ssl_cert_reqs": "required", "ssl_check_hostname": False}),
        ("?ssl_check_hostname=NO", {"ssl_check_hostname": False}),
        ("?ssl_check_hostname=1", {"ssl_check_hostname": True}),
        (f"?ssl_ca_certs={certifi.where()}", {"ssl_ca_certs": certifi.where()}),
    ],
)
def test_tls_checks_whom_it_speaks_to_unless_it_is_told_otherwise(query: str, expected: dict[str, object]) -> None:
    options = connection_options(parse_address(f"rediss://h/0{query}"), "n")
    assert options["ssl"] is True
    assert {name: options[name] for name in expected} == expected


def test_without_tls_no_option_of_tls_is_passed_on() -> None:
    options = connection_options(parse_address("redis://h?ssl_ca_certs=/ca.pem"), "n")
    assert not [name for name in options if name.startswith("ssl")]


def test_the_sentinels_have_credentials_of_their_own() -> None:
    url = "redis+sentinel://ana:data@a,b:2/m?sentinel_username=sen&sentinel_password=tinel"
    asked = sentinel(parse_address(url)).sentinels
    found = [client.connection_pool.connection_kwargs for client in asked]
    assert [(one["host"], one["port"]) for one in found] == [("a", 26379), ("b", 2)]
    assert {(one["username"], one["password"]) for one in found} == {("sen", "tinel")}
    assert connection_options(parse_address(url), "n")["password"] == "data"


# -- scripts -----------------------------------------------------------------------------------------------------


def test_a_script_is_sent_as_text_once_and_by_its_name_from_then_on() -> None:
    client = in_process()
    store = store_in_process(client)
    client.hset("{shema}:registry:pay", "a", "old")
    for old, new in (("old", "mid"), ("mid", "new")):
        store.run(script("replace_field"), ["{shema}:registry:pay"], ["a", old, new])
    assert client.hget("{shema}:registry:pay", "a") == b"new"
    assert client.script_exists(script("replace_field").sha) == [True]


def ahead_of(store: Store, again: Callable[[], Any], *arguments: str) -> AnswerAhead:
    call = ScriptCall(script("append"), ["{shema}:audit"], ["", "0", *arguments])
    (answer,) = AnswersAhead(store).ask([(call, again)])
    return answer


def test_an_answer_that_was_sent_for_ahead_is_the_scripts_own() -> None:
    client = in_process()
    client.script_load(script("append").text)
    again: list[int] = []
    assert ahead_of(store_in_process(client), lambda: again.append(1))()[0] == b"late"
    assert again == []


def test_where_the_server_does_not_have_the_script_it_is_asked_again() -> None:
    assert ahead_of(store_in_process(in_process()), lambda: "again")() == "again"


def test_where_nothing_could_be_sent_it_is_asked_again() -> None:
    client = in_process()
    client.server.comes_back(leaves_after=0)
    assert ahead_of(store_in_process(client), lambda: "again")() == "again"


def test_answers_that_are_on_their_way_share_a_connection_and_come_in_any_order(
    redis_client: redis.Redis, valkey: Valkey
) -> None:
    redis_client.script_load(script("dlq_read").text)
    redis_client.lpush(keys.DEAD_LETTERS, *range(9))
    with closing(Store(settings_for(valkey.url))) as store:
        ahead, read = AnswersAhead(store), script("dlq_read")

        def ask(first: int, asked: Script = read) -> tuple[ScriptCall, Callable[[], str]]:
            return ScriptCall(asked, keys.OF_DEAD_LETTERS, ["", first, 1, 0]), lambda: f"again {first}"

        def told(answer: AnswerAhead) -> object:
            found = answer()
            return found if isinstance(found, str) else int(found[0][0][0])

        none, one, two = ahead.ask([ask(0), ask(1, Script("", "", "f" * 40)), ask(2)])
        (three,) = ahead.ask([ask(3)])
        assert [told(answer) for answer in (three, none, one, two)] == [3, 0, "again 1", 2]
        assert len(store.client.connection_pool._available_connections) == 1
        four, five = ahead.ask([ask(4), ask(5)])
        assert told(four) == 4
        four.drop()
        assert [told(five), *map(told, ahead.ask([ask(6), ask(7)]))] == ["again 5", 6, 7]


def test_another_error_than_a_missing_script_is_no_reason_to_send_its_text(monkeypatch: pytest.MonkeyPatch) -> None:
    client = in_process()
    sent: list[str] = []

    def fails(*_: object) -> None:
        sent.append("evalsha")
        raise redis.ResponseError("WRONGTYPE")

    monkeypatch.setattr(client, "evalsha", fails)
    monkeypatch.setattr(client, "eval", lambda *_: sent.append("eval"))
    with pytest.raises(redis.ResponseError):
        store_in_process(client).run(script("append"), [], [])
    assert sent == ["evalsha"]
    assert issubclass(NoScriptError, redis.ResponseError), "so the order of the two matters"


# -- errors ------------------------------------------------------------------------------------------------------


@given(st.text("abcdefgh", min_size=8), st.sampled_from([redis.ConnectionError, redis.ResponseError, OSError]))
def test_whatever_fails_names_the_server_and_never_its_password(password: str, kind: type[Exception]) -> None:
    settings = settings_for(f"redis://ana:{password}-{SECRET}@h:7/0")
    with pytest.raises(ShemaError) as told, redis_errors(settings):
        raise kind("went wrong")
    assert "h:7" in told.value.message
    assert SECRET not in f"{told.value.message} {told.value.hint}"


def test_an_error_of_our_own_passes_through_as_it_is() -> None:
    error = Failed("own", "own")
    with pytest.raises(Failed) as told, store_at("redis://h").errors():
        raise error
    assert told.value is error


@pytest.mark.parametrize(
    ("text", "code", "exit_code"),
    [
        ("NOAUTH Authentication required.", "redis_denied", ExitCode.FAILED),
        ("WRONGPASS invalid username-password pair", "redis_denied", ExitCode.FAILED),
        ("NOPERM this user has no permissions", "redis_denied", ExitCode.FAILED),
        ("READONLY You can't write against a read only replica.", "redis_unreachable", ExitCode.UNREACHABLE),
        ("MISCONF Redis is configured to save RDB snapshots", "redis_unreachable", ExitCode.UNREACHABLE),
        ("NOREPLICAS Not enough good replicas to write.", "redis_unreachable", ExitCode.UNREACHABLE),
        ("UNBLOCKED force unblock", "redis_unreachable", ExitCode.UNREACHABLE),
        ("WRONGTYPE Operation against a key", "redis_error", ExitCode.FAILED),
        ("ERR LOADING is only a word in here", "redis_error", ExitCode.FAILED),
        ("OOM command not allowed", "redis_error", ExitCode.FAILED),
    ],
)
def test_what_a_script_met_inside_the_server_is_told_like_any_other_error(
    text: str, code: str, exit_code: ExitCode
) -> None:
    for answer in (text, text.encode()):
        found = refused(answer)
        assert (found.code, found.exit_code) == (code, exit_code)
        assert found.hint


def test_an_answer_that_is_no_text_is_told_all_the_same() -> None:
    assert "\ufffd" in refused(b"ERR \xff").message
    assert "7" in refused(7).message


def test_without_a_label_it_is_just_redis() -> None:
    assert translate(redis.ConnectionError("gone")).message == "Redis cannot be used now: gone"


# -- listeners ---------------------------------------------------------------------------------------------------


class TwoNodes:
    """A cluster of two servers, of which the script runs on the first."""

    cluster = True

    def __init__(self) -> None:
        self.nodes = {"here": in_process(), "there": in_process()}

    @property
    def client(self) -> InProcessClient:
        return self.nodes["here"]

    def node_of(self, key: str | bytes) -> str:
        return "here"

    def named_nodes(self) -> list[tuple[str, Any]]:
        return list(self.nodes.items())

    def listen(self, node: str, channel: str) -> None:
        subscriber = self.nodes[node].pubsub()
        subscriber.subscribe(channel)
        subscriber.get_message(timeout=1)
        self.__dict__.setdefault("kept", []).append(subscriber)


def test_listeners_of_all_nodes_are_added_and_those_elsewhere_told_apart() -> None:
    two = TwoNodes()
    for node in ("here", "there", "there"):
        two.listen(node, "user.updated")
    found = listeners(two, "user.updated", key="k")  # type: ignore[arg-type]
    assert (found.services, found.elsewhere, found.unheard) == (3, 2, False)
    assert listeners(two, "user.updated").elsewhere == 3  # type: ignore[arg-type]


def test_a_node_that_is_down_hears_nothing_and_is_no_error() -> None:
    two = TwoNodes()
    two.listen("here", "user.updated")
    two.nodes["there"].server.connected = False
    assert listeners(two, "user.updated", key="k").services == 1  # type: ignore[arg-type]


def test_where_the_clients_may_not_be_listed_the_patterns_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    client = in_process()
    real = client.execute_command
    patterns = 3

    def restricted(*words: Any, **options: Any) -> Any:
        return patterns if words == ("PUBSUB", "NUMPAT") else real(*words, **options)

    def refused_last(pipeline: InProcessPipeline, raise_on_error: bool = True) -> list[Any]:
        *answers, _ = execute(pipeline, raise_on_error)
        return [*answers, redis.ResponseError("NOPERM")]

    execute = InProcessPipeline.execute
    monkeypatch.setattr(InProcessPipeline, "execute", refused_last)
    monkeypatch.setattr(client, "execute_command", restricted)
    assert listeners(store_in_process(client), "a") == Listeners(0, None)
    patterns = 0
    assert listeners(store_in_process(client), "a") == Listeners(0)


def test_an_error_that_is_no_lost_connection_is_not_hidden() -> None:
    with pytest.raises(Unreachable), store_at("redis://h").errors():
        raise redis.exceptions.MasterDownError("MASTERDOWN Link with MASTER is down")


def test_threads_that_ask_at_once_get_one_client(monkeypatch: pytest.MonkeyPatch) -> None:
    """The services' registry and what stands around the numbers are asked for at the same moment."""
    together, made = threading.Barrier(2), []

    def slow(settings: Settings, *, client_name: str, **_: object) -> redis.Redis:
        with suppress(threading.BrokenBarrierError):
            together.wait(0.2)  # for another thread that would be making one too
        made.append(client_name)
        return in_process()

    monkeypatch.setattr(connection, "connect", slow)
    store = store_at("redis://127.0.0.1:1")
    with ThreadPoolExecutor(2) as threads:
        first, second = threads.map(lambda _: store.client, range(2))
    assert first is second
    assert len(made) == 1
