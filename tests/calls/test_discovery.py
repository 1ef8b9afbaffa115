"""Which instances a service has, and whose turn it is: without a server (contract 1.1)."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shema_cli.calls.circuit import SharedState
from shema_cli.calls.discovery import KEEP_S, Balancer, Discovery, Instance, merge, open_discovery, plain_name
from shema_cli.calls.registry import Registration, Registry, stored_registration, valid_name
from shema_cli.clock import iso
from shema_cli.errors import Failed, InvalidUsage, NotConfigured, Unreachable
from shema_cli.settings.values import CORE_SERVICES, Setting, Settings, service_variable
from shema_cli.state import StateDir
from shema_cli.store.keys import REGISTRY_PREFIX
from tests.support.in_process import InProcessClient, in_process, store_in_process
from tests.support.registry import put
from tests.support.world import NOW, StillClock

URLS = ("http://a:1", "http://b:1", "http://c:1", "http://d:1")


def registered(url: str, *, ttl: float | None = None, age_s: float = 0.0, health: str = "/ok") -> Registration:
    at = NOW - timedelta(seconds=age_s)
    return Registration("pay", url, health, at, None, ttl, url.encode(), b"{}")


def settings_of(**urls: str) -> Settings:
    entries = {service_variable(name): Setting(name, value, "test") for name, value in urls.items()}
    return Settings(entries, None, {}, config_path=Path("/n"), state_path=Path("/n"))


# -- what is configured and what is registered -------------------------------------------------------------------

EXPIRED = registered("http://a:1", ttl=60, age_s=61)
ANY_REGISTERED = st.lists(
    st.builds(registered, st.sampled_from(URLS), ttl=st.sampled_from([None, 60.0]), age_s=st.sampled_from([0.0, 61.0])),
    max_size=5,
).map(tuple)


@given(st.lists(st.sampled_from(URLS), max_size=5).map(tuple), ANY_REGISTERED)
def test_each_url_is_there_once_the_configured_ones_first_and_in_their_order(
    configured: tuple[str, ...], found: tuple[Registration, ...]
) -> None:
    merged = merge("pay", configured, found, NOW)
    urls = [instance.url for instance in merged]
    assert set(urls) == {*configured, *(one.url for one in found)}
    assert max(Counter(urls).values(), default=1) == 1
    assert urls[: len(set(configured))] == list(dict.fromkeys(configured))
    assert [i.source == "config" for i in merged] == [i.url in configured for i in merged]
    assert {i.service for i in merged} <= {"pay"}


@given(st.lists(st.sampled_from(URLS), max_size=3).map(tuple), ANY_REGISTERED)
def test_a_configured_instance_never_expires_and_a_registered_one_with_its_registration(
    configured: tuple[str, ...], found: tuple[Registration, ...]
) -> None:
    for instance in merge("pay", configured, found, NOW):
        if instance.source == "config":
            assert not instance.expired(NOW)
        else:
            assert instance.registration is not None
            assert instance.expired(NOW) is instance.registration.expired(NOW)


def test_a_configured_instance_takes_its_health_path_from_a_registration_that_stands() -> None:
    alive = registered("http://a:1", health="/alive")
    assert merge("pay", ("http://a:1",), (alive,), NOW)[0].health_path == "/alive"
    (forgotten,) = merge("pay", ("http://a:1",), (EXPIRED,), NOW)
    assert (forgotten.health_path, forgotten.registration) == ("/health", None)


@pytest.mark.parametrize(("ttl", "age_s", "left"), [(None, 1e6, None), (60, 0, 60), (60, 59.5, 0.5), (60, 90, -30)])
def test_how_long_a_registration_has_left(ttl: float | None, age_s: float, left: float | None) -> None:
    one = registered("http://a:1", ttl=ttl, age_s=age_s)
    assert one.expires_in_s(NOW) == left
    assert one.expired(NOW) is (left is not None and left <= 0)


# -- names -------------------------------------------------------------------------------------------------------


@given(st.text(max_size=12) | st.text("aB-_ 1", max_size=8))
def test_whatever_was_typed_is_a_services_name_or_refused(text: str) -> None:
    try:
        name = plain_name(text)
    except InvalidUsage:
        return
    assert valid_name(name)
    assert plain_name(name) == name


@pytest.mark.parametrize(
    ("text", "name"), [("Chat", "chat"), (" lesson_plan ", "lesson-plan"), ("a", "a"), ("a" * 64, "a" * 64)]
)
def test_one_service_is_one_name_however_it_is_typed(text: str, name: str) -> None:
    assert plain_name(text) == name


@pytest.mark.parametrize("text", ["", "-a", "a-", "a/b", "a.b", "é", "a" * 65, "a:b", "a b"])
def test_what_cannot_be_part_of_a_key_is_no_name(text: str) -> None:
    with pytest.raises(InvalidUsage, match="is not a service's name"):
        plain_name(text)


# -- asking ------------------------------------------------------------------------------------------------------


class Asked:
    """Discovery on a registry in this process, and what was seen of it."""

    def __init__(self, client: InProcessClient | None, **urls: str) -> None:
        self.client = client
        self.clock = StillClock()
        self.warnings: list[str] = []
        self.questions: list[frozenset[str]] = []
        registry = Registry(lambda: store_in_process(client)) if client else None
        if registry:
            read = registry.read

            def counting(services: Any) -> Any:
                self.questions.append(frozenset(services))
                return read(services)

            registry.read = counting  # type: ignore[method-assign]
        self.discovery = Discovery(settings_of(**urls), registry, self.clock, self.warnings.append)

    def urls(self, service: str) -> list[str]:
        return [instance.url for instance in asyncio.run(self.discovery.instances(service))]


@pytest.fixture
def redis_here() -> InProcessClient:
    return in_process()


def test_without_a_redis_only_the_settings_count() -> None:
    asked = Asked(None, pay="http://a:1,http://b:1")
    assert asked.urls("pay") == ["http://a:1", "http://b:1"]
    known = asyncio.run(asked.discovery.known())
    assert (list(known.instances), known.error) == (["pay"], None)
    assert not asked.discovery.may_appear(Unreachable("registry_unreachable", "m"))


def test_what_is_registered_is_added_to_what_is_configured(redis_here: InProcessClient) -> None:
    put(redis_here, "http://b:1")
    asked = Asked(redis_here, pay="http://a:1")
    assert asked.urls("pay") == ["http://a:1", "http://b:1"]


def test_one_question_serves_all_configured_services_for_ten_seconds(redis_here: InProcessClient) -> None:
    asked = Asked(redis_here, pay="http://a:1", user="http://b:1")

    async def several() -> None:
        for service in ("pay", "user", "pay"):
            await asked.discovery.instances(service)
        asked.clock.advance(KEEP_S)
        await asked.discovery.instances("pay")
        assert asked.questions == [{"pay", "user"}]
        asked.clock.advance(0.1)
        await asked.discovery.instances("pay")
        assert len(asked.questions) == 2
        asked.discovery.forget()
        await asked.discovery.instances("pay")
        assert len(asked.questions) == 3

    asyncio.run(several())


def test_a_service_that_was_not_asked_for_is_asked_for_together_with_the_others(redis_here: InProcessClient) -> None:
    put(redis_here, "http://c:1", "extra")
    asked = Asked(redis_here, pay="http://a:1")

    async def several() -> None:
        await asked.discovery.instances("pay")
        await asked.discovery.instances("extra")
        await asked.discovery.instances("pay")

    asyncio.run(several())
    assert asked.questions == [{"pay"}, {"pay", "extra"}]


def test_garbage_is_warned_of_once_and_passed_over(redis_here: InProcessClient) -> None:
    redis_here.hset(f"{REGISTRY_PREFIX}pay", "http://u:sesame@b:1", "{}")
    asked = Asked(redis_here, pay="http://a:1")

    async def twice() -> None:
        for _ in range(2):
            await asked.discovery.instances("pay")
            asked.discovery.forget()

    asyncio.run(twice())
    assert len(asked.warnings) == 1
    assert "of pay is ignored" in asked.warnings[0]
    assert "sesame" not in asked.warnings[0]


def test_a_registry_out_of_reach_is_a_warning_where_something_is_configured(redis_here: InProcessClient) -> None:
    redis_here.server.comes_back(leaves_after=0)
    asked = Asked(redis_here, pay="http://a:1", user="http://b:1")

    async def both() -> list[str]:
        return [(await asked.discovery.instances(service))[0].url for service in ("pay", "user")]

    assert asyncio.run(both()) == ["http://a:1", "http://b:1"]
    assert len(asked.warnings) == 1
    assert "only the configured instances" in asked.warnings[0]


def test_a_registry_out_of_reach_is_the_error_where_only_it_could_tell(redis_here: InProcessClient) -> None:
    redis_here.server.comes_back(leaves_after=0)
    asked = Asked(redis_here)
    with pytest.raises(Unreachable, match="PAY_SERVICE_URL is not set") as told:
        asked.urls("pay")
    assert asked.discovery.may_appear(told.value)
    known = asyncio.run(asked.discovery.known())
    assert (known.instances, isinstance(known.error, Unreachable)) == ({}, True)


def test_a_registry_that_forbids_says_so_itself(redis_here: InProcessClient, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = Asked(redis_here)
    denied = Failed("redis_denied", "forbidden")

    def forbids(_: object) -> None:
        raise denied

    assert asked.discovery.registry is not None
    monkeypatch.setattr(asked.discovery.registry, "read", forbids)
    with pytest.raises(Failed) as told:
        asked.urls("pay")
    assert told.value is denied
    assert not asked.discovery.may_appear(denied)


def test_all_that_is_known_is_told_the_core_services_first(redis_here: InProcessClient) -> None:
    put(redis_here, "http://x:1", "aardvark")
    put(redis_here, "http://y:1", "user")
    redis_here.hset(f"{REGISTRY_PREFIX}Bad Name", "http://z:1", "{}")
    redis_here.hset(f"{REGISTRY_PREFIX}only-garbage", "nonsense", "{}")
    asked = Asked(redis_here, zebra="http://z:1", chat="http://a:1")
    known = asyncio.run(asked.discovery.known())
    assert list(known.instances) == ["user", "chat", "aardvark", "zebra"]
    assert any("only-garbage" in warning for warning in asked.warnings)


@pytest.mark.parametrize(
    ("service", "said"),
    [
        ("chatt", "did you mean chat?"),
        ("chat-service", "did you mean chat?"),
        ("pays", "did you mean pay?"),
        ("xyzzy", "set XYZZY_SERVICE_URL"),
    ],
)
def test_a_service_without_instances_names_its_variable_and_what_was_meant(service: str, said: str) -> None:
    asked = Asked(None, pay="http://a:1")
    with pytest.raises(NotConfigured, match=f"{service} is not configured") as told:
        asked.urls(service)
    assert said in str(told.value.hint)
    assert service_variable(service) in told.value.message


@pytest.mark.parametrize("service", CORE_SERVICES)
def test_a_core_service_is_not_taken_for_another(service: str) -> None:
    with pytest.raises(NotConfigured) as told:
        Asked(None).urls(service)
    assert "did you mean" not in str(told.value.hint)


def test_a_url_that_is_none_is_told_by_its_variable_without_its_password() -> None:
    with pytest.raises(NotConfigured, match="PAY_SERVICE_URL") as told:
        Asked(None, pay="http://ana:sesame@a:1").urls("pay")
    assert told.value.code == "bad_service_url"
    assert "sesame" not in told.value.message


def test_nothing_is_connected_before_the_first_question() -> None:
    connected: list[int] = []

    def connect() -> Any:
        connected.append(1)
        return store_in_process(in_process())

    settings = Settings(
        {"REDIS_URL": Setting("REDIS_URL", "redis://h", "test")},
        None,
        {},
        config_path=Path("/n"),
        state_path=Path("/n"),
    )
    discovery = open_discovery(settings, connect, StillClock(), lambda _: None)
    assert connected == []
    asyncio.run(discovery.known())
    assert connected
    assert open_discovery(settings_of(), connect, StillClock(), lambda _: None).registry is None


# -- the registry ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("ttl_s", "stored"), [(None, None), (60.0, 60), (1.5, 1.5)])
def test_a_registration_is_written_as_others_read_it(
    redis_here: InProcessClient, ttl_s: float | None, stored: float | None
) -> None:
    registry = Registry(lambda: store_in_process(redis_here))
    redis_here.hset(f"{REGISTRY_PREFIX}pay", "http://a:1", stored_registration("/ok", ttl_s, NOW))
    (one,) = registry.read(["pay"])["pay"].registrations
    assert (one.health_path, one.ttl_s, one.last_check) == ("/ok", stored, None)
    assert one.registered_at is not None
    assert iso(one.registered_at) == iso(NOW)
    assert registry.fields("pay") == {one.key_field: one.stored}


def test_a_check_is_written_back_unless_the_registration_changed_and_never_raises(redis_here: InProcessClient) -> None:
    registry = Registry(lambda: store_in_process(redis_here))
    put(redis_here, "http://a:1")
    (one,) = registry.read(["pay"])["pay"].registrations
    later = NOW + timedelta(seconds=5)
    registry.write_check(one, later)
    (checked,) = registry.read(["pay"])["pay"].registrations
    assert checked.last_check == later
    registry.write_check(one, later + timedelta(seconds=5))
    assert registry.read(["pay"])["pay"].registrations == (checked,)
    redis_here.server.connected = False
    registry.write_check(checked, later)


# -- whose turn it is --------------------------------------------------------------------------------------------


@pytest.fixture
def balancer(tmp_path: Path) -> Iterator[Balancer]:
    shared = SharedState(StateDir(tmp_path), lambda _: None)
    yield Balancer(shared)
    shared.close()


def instances(count: int) -> list[Instance]:
    return [Instance("pay", f"http://{number}:1", "config") for number in range(count)]


@pytest.mark.parametrize("count", [0, 1, 2, 3, 5])
def test_everybody_is_first_in_turn_and_everybody_is_in_every_line(balancer: Balancer, count: int) -> None:
    all_of_them = instances(count)
    lines = [balancer.line_up("pay", all_of_them) for _ in range(2 * count)]
    assert [line[0] for line in lines] == all_of_them * 2
    for line in lines:
        assert sorted(one.url for one in line) == sorted(one.url for one in all_of_them)


def test_two_commands_and_two_services_do_not_share_a_turn(balancer: Balancer, tmp_path: Path) -> None:
    another = SharedState(StateDir(tmp_path), lambda _: None)
    two = instances(2)
    assert balancer.line_up("pay", two)[0] is two[0]
    assert Balancer(another).line_up("pay", two)[0] is two[1], "the next command goes on where this one was"
    assert balancer.line_up("user", two)[0] is two[0]
    another.close()


def test_an_instance_that_goes_away_does_not_stop_the_turns(balancer: Balancer) -> None:
    three = instances(3)
    for _ in range(3):
        balancer.line_up("pay", three)
    assert {balancer.line_up("pay", three[:2])[0].url for _ in range(2)} == {one.url for one in three[:2]}
