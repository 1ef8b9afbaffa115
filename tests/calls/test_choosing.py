"""Which instance a call would go to, and what is said when it can go to none: without a network (contract 1.2)."""

from __future__ import annotations

import pytest

from shema_cli.calls.circuit import OPEN_S, THRESHOLD, Circuit
from shema_cli.calls.client import ServiceClient
from shema_cli.calls.reply import CircuitOpen
from shema_cli.errors import ExitCode, NotConfigured
from tests.support.calls import OpenWorld, World

ONE, TWO = "http://127.0.0.1:1", "http://127.0.0.1:2"


def fail(client: ServiceClient, url: str, times: int = THRESHOLD) -> None:
    for _ in range(times):
        permit = client.breaker.admit(url)
        assert permit is not None
        client.breaker.failed(permit)


async def chosen(world: World, times: int = 1) -> list[str]:
    async with world.client() as client:
        return [(await client.choose("user")).url for _ in range(times)]


async def test_each_in_its_turn(world: OpenWorld) -> None:
    assert await chosen(world(USER_SERVICE_URL=f"{ONE},{TWO}"), 4) == [ONE, TWO, ONE, TWO]


async def test_one_whose_circuit_is_open_is_passed_over_until_its_trial(world: OpenWorld) -> None:
    here = world(USER_SERVICE_URL=f"{ONE},{TWO}")
    async with here.client() as client:
        fail(client, ONE)
        assert {(await client.choose("user")).url for _ in range(4)} == {TWO}
        here.clock.advance(OPEN_S + 1)
        assert {(await client.choose("user")).url for _ in range(4)} == {ONE, TWO}


async def test_choosing_is_no_call_and_leaves_the_trial_to_the_next(world: OpenWorld) -> None:
    here = world(USER_SERVICE_URL=ONE)
    async with here.client() as client:
        fail(client, ONE)
        here.clock.advance(OPEN_S + 1)
        for _ in range(3):
            assert (await client.choose("user")).url == ONE
        assert client.breaker.state(ONE) is Circuit.HALF_OPEN
        assert client.breaker.admit(ONE) is not None
    assert here.calls == []


@pytest.mark.parametrize(
    ("urls", "said"),
    [
        (ONE, f"the circuit of {ONE} is open for 60 s more after too many failures"),
        (f"{ONE},{TWO}", "the circuits of its 2 instances are open for 60 s more after too many failures"),
    ],
)
async def test_where_all_circuits_are_open_nothing_is_called_and_that_is_said(
    world: OpenWorld, urls: str, said: str
) -> None:
    here = world(USER_SERVICE_URL=urls)
    async with here.client() as client:
        for url in urls.split(","):
            fail(client, url)
        for attempt in (client.choose("user"), client.request("user", "GET", "/x")):
            with pytest.raises(CircuitOpen, match=said) as told:
                await attempt
            assert (told.value.exit_code, told.value.circuit) == (ExitCode.UNREACHABLE, "open")
            assert told.value.hint == "wait for it, or close it: shema services reset user"
    assert here.calls == []
    assert here.pauses.made == []


async def test_while_another_command_makes_the_trial_nothing_is_called(world: OpenWorld) -> None:
    here = world(USER_SERVICE_URL=ONE)
    async with here.client() as client:
        fail(client, ONE)
        here.clock.advance(OPEN_S + 1)
        assert client.breaker.admit(ONE) is not None
        with pytest.raises(CircuitOpen, match="another command is making the trial call") as told:
            await client.request("user", "GET", "/x")
    assert told.value.circuit == "half_open"


async def test_four_failures_are_no_reason_not_to_call(world: OpenWorld) -> None:
    here = world(USER_SERVICE_URL=ONE)
    async with here.client() as client:
        fail(client, ONE, THRESHOLD - 1)
        assert (await client.choose("user")).url == ONE


async def test_without_an_instance_there_is_nothing_to_choose(world: OpenWorld) -> None:
    with pytest.raises(NotConfigured, match="USER_SERVICE_URL"):
        await chosen(world())
