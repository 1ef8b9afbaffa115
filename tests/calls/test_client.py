"""Calls over real HTTP: what is sent, what is tried again, and what comes of it."""

from __future__ import annotations

import re
from datetime import timedelta
from email.utils import format_datetime

import pytest

from shema_cli.calls import tokens as service_token
from shema_cli.calls.reply import BadAnswer, CircuitOpen, ServiceNotFound, ServiceRejected, ServiceUnavailable
from shema_cli.errors import InvalidUsage, NotConfigured
from tests.support.calls import SECRET, OpenWorld, admin, claims_of
from tests.support.http import Answer, HttpServer
from tests.support.world import NOW

STATS = "/api/users/stats"


async def test_every_header_of_the_contract(world: OpenWorld, server: HttpServer) -> None:
    server.on("GET", STATS, Answer(json={"student_count": 3}))
    opened = world(USER_SERVICE_URL=server.url, SERVICE_NAME="my-cli")
    opened.app.admin = admin("u1", "a@b.c")
    async with opened.client() as client:
        assert await client.get_json("user", STATS) == {"student_count": 3}
    headers = server.requests[0].headers
    assert headers["content-type"] == "application/json"
    assert headers["x-service-name"] == "my-cli"
    assert re.fullmatch(rf"req_{int(NOW.timestamp() * 1000)}_[a-z0-9]{{9}}", headers["x-request-id"])
    assert re.fullmatch(r"00-[0-9a-f]{32}-[0-9a-f]{16}-01", headers["traceparent"])
    scheme, token = headers["authorization"].split(" ")
    assert scheme == "Bearer"
    assert service_token.verify(token, SECRET, NOW).valid
    assert claims_of(token)["act"] == {"sub": "u1", "email": "a@b.c"}
    assert claims_of(token)["service"] == "my-cli"


async def test_nobody_acts_where_nobody_is_signed_in(world: OpenWorld, server: HttpServer) -> None:
    server.on("GET", STATS, Answer(json={}))
    async with world(USER_SERVICE_URL=server.url).client() as client:
        await client.get_json("user", STATS)
    assert "act" not in claims_of(server.requests[0].headers["authorization"].split(" ")[1])


async def test_a_long_lived_client_renews_its_token(world: OpenWorld, server: HttpServer) -> None:
    server.on("GET", STATS, Answer(json={}))
    opened = world(USER_SERVICE_URL=server.url)
    async with opened.client() as client:
        for seconds in (0, 200, 60):
            opened.clock.advance(seconds)
            await client.get_json("user", STATS)
    tokens = [request.headers["authorization"].split(" ")[1] for request in server.requests]
    assert tokens[0] == tokens[1] != tokens[2]
    assert service_token.verify(tokens[2], SECRET, opened.clock.now() + timedelta(seconds=299)).valid


async def test_query_and_body_arrive_as_they_are(world: OpenWorld, server: HttpServer) -> None:
    server.on("POST", "/echo", lambda request: Answer(body=request.body, headers={"content-type": "text/plain"}))
    server.on("GET", "/q", lambda request: Answer(json=dict(request.query)))
    async with world(USER_SERVICE_URL=server.url).client() as client:
        reply = await client.request(
            "user", "POST", "/echo", body=b"\x00\xff", headers={"content-type": "x/y", "If-Match": "1"}
        )
        assert (reply.status, reply.body, reply.content_type) == (200, b"\x00\xff", "text/plain")
        found = await client.get_json("user", "/q?a=1", params={"email": "a+b@c.d ä&", "z": ""})
    assert found == {"a": "1", "email": "a+b@c.d ä&", "z": ""}
    assert server.requests[0].headers["content-type"] == "x/y"
    assert server.requests[0].headers["if-match"] == "1"


@pytest.mark.parametrize(
    "name", ["Authorization", "X-Service-Name", "x-request-id", "Host", "Content-Length", "a b", "a\r\n"]
)
async def test_our_own_headers_cannot_be_replaced(world: OpenWorld, server: HttpServer, name: str) -> None:
    async with world(USER_SERVICE_URL=server.url).client() as client:
        with pytest.raises(InvalidUsage):
            await client.request("user", "GET", STATS, headers={name: "x"})
        with pytest.raises(InvalidUsage):
            await client.request("user", "GET", STATS, headers={"x-ok": "a\r\nb: c"})
    assert server.requests == []


@pytest.mark.parametrize("method", ["", "GET /", "GE T", "G\r\n"])
async def test_a_method_that_is_none_is_not_sent(world: OpenWorld, server: HttpServer, method: str) -> None:
    async with world(USER_SERVICE_URL=server.url).client() as client:
        with pytest.raises(InvalidUsage):
            await client.request("user", method, STATS)


@pytest.mark.parametrize("path", ["//evil.example/x", "http://evil.example/", "x", "/a b"])
async def test_a_path_that_is_none_is_not_sent(world: OpenWorld, server: HttpServer, path: str) -> None:
    async with world(USER_SERVICE_URL=server.url).client() as client:
        with pytest.raises(InvalidUsage):
            await client.request("user", "GET", path)
    assert server.requests == []


async def test_retries_keep_the_request_id_and_pause_as_the_seed_does(world: OpenWorld, server: HttpServer) -> None:
    server.on("GET", STATS, Answer(500), Answer(502), Answer(json={"student_count": 1}))
    opened = world(USER_SERVICE_URL=server.url)
    async with opened.client() as client:
        reply = await client.request("user", "GET", STATS)
    assert reply.json() == {"student_count": 1}
    assert opened.pauses.made == [0.2, 0.4]
    assert len({request.headers["x-request-id"] for request in server.requests}) == 1
    assert len({request.headers["traceparent"][:35] for request in server.requests}) == 1
    assert len({request.headers["traceparent"] for request in server.requests}) == 3
    assert [(call["attempt"], call["status"]) for call in opened.calls] == [(1, 500), (2, 502), (3, 200)]
    assert {call["request_id"] for call in opened.calls} == {reply.request_id}


async def test_three_attempts_and_no_pause_after_the_last(world: OpenWorld, server: HttpServer) -> None:
    server.on("GET", STATS, Answer(503, json={"error": "away"}))
    opened = world(USER_SERVICE_URL=server.url)
    async with opened.client() as client:
        with pytest.raises(ServiceUnavailable) as caught:
            await client.get_json("user", STATS)
    error = caught.value
    assert len(server.requests) == 3
    assert opened.pauses.made == [0.2, 0.4]
    assert (error.exit_code, error.status, error.service, error.circuit) == (3, 503, "user", "closed")
    assert error.request_id == server.requests[0].headers["x-request-id"]
    assert error.reply
    assert error.reply.json() == {"error": "away"}
    assert "3 attempts" in error.message


async def test_a_post_is_sent_once(world: OpenWorld, server: HttpServer) -> None:
    server.on("POST", "/x", Answer(503))
    opened = world(USER_SERVICE_URL=server.url)
    async with opened.client() as client:
        with pytest.raises(ServiceUnavailable):
            await client.request("user", "POST", "/x", body=b"{}")
    assert len(server.requests) == 1
    assert opened.pauses.made == []


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 429])
async def test_a_4xx_is_an_answer_and_is_not_tried_again(world: OpenWorld, server: HttpServer, status: int) -> None:
    server.on("GET", STATS, Answer(status, json={"error": "no"}))
    opened = world(USER_SERVICE_URL=server.url)
    async with opened.client() as client:
        for _ in range(6):
            assert (await client.request("user", "GET", STATS)).status == status
        with pytest.raises(ServiceNotFound if status == 404 else ServiceRejected) as caught:
            await client.get_json("user", STATS)
        assert client.breaker.state(server.url) == "closed"
    assert len(server.requests) == 7
    assert (caught.value.exit_code, caught.value.status) == (1, status)


async def test_a_4xx_between_failures_closes_the_count(world: OpenWorld, server: HttpServer) -> None:
    server.on("POST", STATS, *[Answer(500)] * 4, Answer(404), Answer(500))
    async with world(USER_SERVICE_URL=server.url).client() as client:
        for _ in range(8):
            try:
                await client.request("user", "POST", STATS)
            except ServiceUnavailable:
                continue
        assert client.breaker.state(server.url) == "closed"


@pytest.mark.parametrize("as_date", [False, True])
async def test_retry_after_is_honoured_up_to_ten_seconds(world: OpenWorld, server: HttpServer, as_date: bool) -> None:
    value = format_datetime(NOW + timedelta(seconds=10), usegmt=True) if as_date else "10"
    server.on("GET", STATS, Answer(503, headers={"Retry-After": value}), Answer(json={}))
    opened = world(USER_SERVICE_URL=server.url)
    async with opened.client() as client:
        await client.get_json("user", STATS)
    assert opened.pauses.made == [10.0]


@pytest.mark.parametrize("as_date", [False, True])
async def test_a_longer_retry_after_ends_the_call_at_once(world: OpenWorld, server: HttpServer, as_date: bool) -> None:
    value = format_datetime(NOW + timedelta(seconds=11), usegmt=True) if as_date else "11"
    server.on("GET", STATS, Answer(503, headers={"Retry-After": value}))
    opened = world(USER_SERVICE_URL=server.url)
    async with opened.client() as client:
        with pytest.raises(ServiceUnavailable, match="wait for 11 s"):
            await client.get_json("user", STATS)
    assert len(server.requests) == 1
    assert opened.pauses.made == []


async def test_a_status_may_be_an_answer_and_then_is_no_failure(world: OpenWorld, server: HttpServer) -> None:
    server.on("GET", STATS, *[Answer(501)] * 6, Answer(502))
    opened = world(USER_SERVICE_URL=server.url)
    async with opened.client() as client:
        replies = [await client.request("user", "GET", STATS, answers={404, 501}) for _ in range(6)]
        assert [(reply.status, reply.circuit) for reply in replies] == [(501, "closed")] * 6
        with pytest.raises(ServiceUnavailable):
            await client.request("user", "GET", STATS, answers={404, 501})
    assert len(server.requests) == 6 + 3


@pytest.mark.parametrize(("status", "value"), [(500, "60"), (503, "nonsense"), (503, "0")])
async def test_any_other_retry_after_changes_nothing(
    world: OpenWorld, server: HttpServer, status: int, value: str
) -> None:
    server.on("GET", STATS, Answer(status, headers={"Retry-After": value}), Answer(json={}))
    opened = world(USER_SERVICE_URL=server.url)
    async with opened.client() as client:
        await client.get_json("user", STATS)
    assert opened.pauses.made == [0.2]


# -- several instances -------------------------------------------------------------------------------------------


async def test_calls_take_turns_also_across_commands(
    world: OpenWorld, server: HttpServer, other_server: HttpServer
) -> None:
    for one in (server, other_server):
        one.on("GET", STATS, Answer(json={}))
    for _ in range(4):
        async with world(USER_SERVICE_URL=f"{server.url}, {other_server.url}/").client() as client:
            await client.get_json("user", STATS)
    assert (len(server.requests), len(other_server.requests)) == (2, 2)


async def test_a_retry_goes_to_the_next_instance(
    world: OpenWorld, server: HttpServer, other_server: HttpServer
) -> None:
    server.on("GET", STATS, Answer(500))
    other_server.on("GET", STATS, Answer(json={"student_count": 2}))
    opened = world(USER_SERVICE_URL=f"{server.url},{other_server.url}")
    async with opened.client() as client:
        reply = await client.request("user", "GET", STATS)
    assert reply.instance == other_server.url
    assert [call["instance"] for call in opened.calls] == [server.url, other_server.url]


async def test_an_instance_whose_circuit_is_open_is_passed_over(
    world: OpenWorld, server: HttpServer, other_server: HttpServer
) -> None:
    other_server.on("GET", STATS, Answer(json={}))
    opened = world(USER_SERVICE_URL=f"{server.url},{other_server.url}")
    async with opened.client() as client:
        for _ in range(5):
            client.breaker.failed(client.breaker.admit(server.url) or pytest.fail("not admitted"))
        for _ in range(3):
            await client.get_json("user", STATS)
    assert (len(server.requests), len(other_server.requests)) == (0, 3)


async def test_five_failed_attempts_open_the_circuit_for_the_next_command_too(
    world: OpenWorld, server: HttpServer
) -> None:
    server.on("GET", STATS, Answer(500))
    first = world(USER_SERVICE_URL=server.url)
    async with first.client() as client:
        for _ in range(2):
            with pytest.raises(ServiceUnavailable) as caught:
                await client.get_json("user", STATS)
    assert len(server.requests) == 5
    assert caught.value.circuit == "open"
    second = world(USER_SERVICE_URL=server.url)
    async with second.client() as client:
        with pytest.raises(CircuitOpen) as refused:
            await client.get_json("user", STATS)
    assert len(server.requests) == 5
    assert (refused.value.exit_code, refused.value.circuit, refused.value.status) == (3, "open", None)
    assert second.calls == []


async def test_the_trial_is_one_attempt_and_its_success_closes(world: OpenWorld, server: HttpServer) -> None:
    server.on("GET", STATS, *[Answer(500)] * 6, Answer(json={}))
    opened = world(USER_SERVICE_URL=server.url)
    async with opened.client() as client:
        for _ in range(2):
            with pytest.raises(ServiceUnavailable):
                await client.get_json("user", STATS)
        opened.clock.advance(61)
        with pytest.raises(ServiceUnavailable) as caught:
            await client.get_json("user", STATS)
        assert len(server.requests) == 6
        assert caught.value.circuit == "open"
        opened.clock.advance(61)
        assert (await client.request("user", "GET", STATS)).circuit == "closed"


# -- answers that are not what was asked for ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b'{"a":NaN}', "application/json"),
        (b"<html>" + b"x" * 500, "text/html"),
        (b"", "application/json"),
        (b'{"a":', "application/json"),
        (b"\xff\xfe", "x/y"),
    ],
)
async def test_what_is_not_json_is_told_with_its_beginning(
    world: OpenWorld, server: HttpServer, body: bytes, content_type: str
) -> None:
    server.on("GET", STATS, Answer(body=body, headers={"content-type": content_type}))
    opened = world(USER_SERVICE_URL=server.url)
    async with opened.client() as client:
        with pytest.raises(BadAnswer) as caught:
            await client.get_json("user", STATS)
    message = caught.value.message
    assert f"200 {content_type}" in message
    assert "x" * 75 not in message
    assert caught.value.exit_code == 1
    assert len(server.requests) == 1


async def test_json_with_another_content_type_is_json(world: OpenWorld, server: HttpServer) -> None:
    server.on("GET", STATS, Answer(body=b'{"a":1}', headers={"content-type": "text/plain"}))
    async with world(USER_SERVICE_URL=server.url).client() as client:
        assert await client.get_json("user", STATS) == {"a": 1}


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_told_and_not_followed(
    world: OpenWorld, server: HttpServer, other_server: HttpServer, status: int
) -> None:
    server.on("GET", STATS, Answer(status, headers={"location": f"{other_server.url}/stolen"}))
    async with world(USER_SERVICE_URL=server.url).client() as client:
        with pytest.raises(BadAnswer) as caught:
            await client.get_json("user", STATS)
    assert other_server.requests == []
    assert len(server.requests) == 1
    assert f"127.0.0.1:{other_server.port}" in caught.value.message
    assert (caught.value.code, caught.value.status) == ("redirected", status)


async def test_a_redirect_to_nowhere_is_no_answer_either(world: OpenWorld, server: HttpServer) -> None:
    server.on("GET", STATS, Answer(302)).on("GET", "/same", Answer(304))
    async with world(USER_SERVICE_URL=server.url).client() as client:
        with pytest.raises(BadAnswer, match="without saying where to"):
            await client.request("user", "GET", STATS)
        assert (await client.request("user", "GET", "/same")).status == 304


async def test_a_proxy_of_the_environment_never_sees_a_token(
    world: OpenWorld, server: HttpServer, other_server: HttpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, other_server.url)
    server.on("GET", STATS, Answer(json={}))
    async with world(USER_SERVICE_URL=server.url).client() as client:
        await client.get_json("user", STATS)
    assert other_server.requests == []


# -- what is not configured --------------------------------------------------------------------------------------


async def test_a_service_that_is_not_configured_names_its_variable(world: OpenWorld) -> None:
    async with world().client() as client:
        with pytest.raises(NotConfigured, match="SCHEDULE_SERVICE_URL"):
            await client.get_json("schedule", "/x")


async def test_a_name_nearly_right_is_guessed(world: OpenWorld) -> None:
    async with world(PAYMENT_SERVICE_URL="http://p:1").client() as client:
        for typed, meant in (("usr", "user"), ("paymen", "payment"), ("course-service", "course")):
            with pytest.raises(NotConfigured) as caught:
                await client.get_json(typed, "/x")
            assert f"did you mean {meant}?" in (caught.value.hint or "")


async def test_without_a_secret_no_call_is_made(world: OpenWorld, server: HttpServer) -> None:
    opened = world(USER_SERVICE_URL=server.url, SERVICE_JWT_SECRET="")
    async with opened.client() as client:
        with pytest.raises(NotConfigured, match="SERVICE_JWT_SECRET"):
            await client.get_json("user", STATS)
    assert server.requests == []


async def test_a_url_that_is_none_is_told_by_its_variable(world: OpenWorld) -> None:
    async with world(USER_SERVICE_URL="user-service:3002").client() as client:
        with pytest.raises(NotConfigured, match="USER_SERVICE_URL"):
            await client.get_json("user", STATS)


async def test_a_short_secret_is_warned_of_once(world: OpenWorld, server: HttpServer) -> None:
    server.on("GET", STATS, Answer(json={}))
    opened = world(USER_SERVICE_URL=server.url, SERVICE_JWT_SECRET="short")
    async with opened.client() as client:
        await client.get_json("user", STATS)
        await client.get_json("user", STATS)
    assert opened.stderr.count("warning") == 1
    assert "short" not in opened.stderr.replace("that short", "")
