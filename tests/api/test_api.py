"""`shema api`: any call, checked before anything goes over the network (contract 2.3)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from hypothesis import given
from hypothesis import strategies as st

from shema_cli.api.call import parse_call
from shema_cli.api.run import readable, without_secrets
from shema_cli.errors import InvalidUsage
from shema_cli.json_text import set_out
from shema_cli.store import keys
from tests.support.cli import Run, shema
from tests.support.http import Answer, HttpServer
from tests.support.proxy import Fault, FaultProxy
from tests.support.signed_in import serve_identity, signed_in
from tests.support.terminal import Terminal
from tests.support.trail import audited
from tests.support.valkey import Valkey, free_port

BODY = b'{"b": 1.50, "a": [ ],\n"n":12345678901234567890123, "u":"\xc3\xa9\\u00e9"}'


@pytest.fixture
def course() -> Iterator[HttpServer]:
    with HttpServer() as server:
        server.on("GET", "/thing", Answer(body=BODY, headers={"content-type": "application/json"}))
        server.on("POST", "/thing", lambda request: Answer(201, body=request.body))
        yield server


@pytest.fixture
def identity() -> Iterator[HttpServer]:
    with HttpServer() as server:
        yield serve_identity(server)


@pytest.fixture
def env(base_env: dict[str, str], course: HttpServer, identity: HttpServer, valkey: Valkey) -> dict[str, str]:
    own = {"SERVICE_JWT_SECRET": "s" * 40, "COURSE_SERVICE_URL": course.url, "REDIS_URL": valkey.url}
    return {**base_env, **signed_in(identity.url.removeprefix("http://")), **own}


def api(env: dict[str, str], *argv: str, stdin: bytes = b"", terminal: bool = False) -> Run:
    return shema("api", *argv, env=env, stdin=stdin, terminal=terminal)


# -- the answer -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("output", [[], ["-o", "json"], ["-o", "csv"], ["-o", "table"]])
def test_the_body_byte_for_byte(env: dict[str, str], output: list[str]) -> None:
    run = api(env, "course", "/thing", *output)
    assert run.code == 0
    assert run.out.encode() == BODY


def test_set_out_on_a_terminal(env: dict[str, str]) -> None:
    run = api({**env, "NO_COLOR": "1"}, "course", "/thing", terminal=True)
    assert run.out == ('{\n  "b": 1.50,\n  "a": [],\n  "n": 12345678901234567890123,\n  "u": "é\\u00e9"\n}\n')
    painted = api({**env, "TERM": "xterm"}, "course", "/thing", terminal=True).out
    assert '\x1b[34;1m"b"\x1b[0m: 1.50,' in painted
    assert re.sub(r"\x1b\[[0-9;]*m", "", painted) == run.out


@pytest.mark.parametrize("status", [400, 404, 409, 500, 503])
def test_an_error_shows_its_body_and_exits_1(env: dict[str, str], course: HttpServer, status: int) -> None:
    headers = {"retry-after": "60"} if status == 503 else {}
    course.on("PUT", "/thing", Answer(status, body=b'{"error": "full" }', headers=headers))
    run = api(env, "course", "/thing", "-X", "PUT", "--yes", "-o", "json")
    assert run.code == 1
    assert run.out == '{"error": "full" }'
    assert str(status) in run.err


def test_out_of_reach_exits_3(env: dict[str, str]) -> None:
    run = api({**env, "COURSE_SERVICE_URL": f"http://127.0.0.1:{free_port()}"}, "course", "/thing")
    assert run.code == 3
    assert run.out == ""


def test_a_redirect_is_told_and_not_followed(env: dict[str, str], course: HttpServer) -> None:
    with HttpServer() as elsewhere:
        course.on("GET", "/moved", Answer(302, headers={"location": f"{elsewhere.url}/thing"}))
        run = api(env, "course", "/moved")
        assert elsewhere.requests == []
    assert run.code == 1
    assert elsewhere.url in run.err


def test_bytes_that_are_no_text(env: dict[str, str], course: HttpServer) -> None:
    course.on("GET", "/thing", Answer(body=b"\xff\x00\x1b[2J", headers={"content-type": "image/png"}))
    assert "\x1b" not in api(env, "course", "/thing", terminal=True).out


def test_head_has_no_body(env: dict[str, str], course: HttpServer) -> None:
    course.on("HEAD", "/thing", Answer(200))
    run = api(env, "course", "/thing", "-X", "HEAD")
    assert (run.code, run.out) == (0, "")
    assert "200" in run.err


# -- the request ----------------------------------------------------------------------------------------------------


def test_query_headers_and_token_are_sent(env: dict[str, str], course: HttpServer) -> None:
    api(env, "course", "/thing?a=1&b=%20x", "-H", "X-Mine: yes", "-H", "Accept:application/json")
    sent = course.requests[0]
    assert sent.query == {"a": "1", "b": " x"}
    assert sent.headers["x-mine"] == "yes"
    assert sent.headers["accept"] == "application/json"
    assert sent.headers["authorization"].startswith("Bearer ")


@pytest.mark.parametrize("how", ["text", "file", "stdin"])
def test_a_body_makes_it_a_post_and_is_sent_as_it_is(
    env: dict[str, str], course: HttpServer, tmp_path: Path, how: str
) -> None:
    (tmp_path / "body.json").write_bytes(BODY)
    given_as = {"text": BODY.decode(), "file": f"@{tmp_path / 'body.json'}", "stdin": "-"}[how]
    run = api(env, "course", "/thing", "-d", given_as, "--yes", stdin=BODY)
    assert run.code == 0
    assert run.out.encode() == BODY
    assert course.requests[-1].method == "POST"
    assert course.requests[-1].headers["content-type"] == "application/json"


def test_another_content_type_needs_no_json(env: dict[str, str], course: HttpServer) -> None:
    run = api(env, "course", "/thing", "-d", "a=1", "-H", "Content-Type: text/plain", "--yes")
    assert (run.code, run.out) == (0, "a=1")
    assert course.requests[-1].headers["content-type"] == "text/plain"


REFUSED = [
    ["course", "thing"],
    ["course", ""],
    ["course", "//evil.example/x"],
    ["course", "http://evil.example/x"],
    ["course", "/\\evil.example/x"],
    ["course", "\\/evil"],
    ["course", "/x\r\nHost: evil.example"],
    ["course", "/x\x00"],
    ["course", "/x\x85"],
    ["course", "/a b"],
    ["course", "/x#y"],
    ["http://evil.example", "/x"],
    ["../x", "/x"],
    ["course", "/x", "-X", "GET /evil HTTP/1.1"],
    ["course", "/x", "-X", "TRACE"],
    ["course", "/x", "-X", "CONNECT"],
    ["course", "/x", "-X", ""],
    ["course", "/x", "-H", "Authorization: Bearer mine"],
    ["course", "/x", "-H", "authorization : Bearer mine"],
    ["course", "/x", "-H", "X-Service-Name: user-service"],
    ["course", "/x", "-H", "X-Request-ID: mine"],
    ["course", "/x", "-H", "Host: evil.example"],
    ["course", "/x", "-H", "Content-Length: 3"],
    ["course", "/x", "-H", "Transfer-Encoding: chunked"],
    ["course", "/x", "-H", "X-A: b\r\nAuthorization: c"],
    ["course", "/x", "-H", "X-A: b\nX-B: c"],
    ["course", "/x", "-H", "X-A\r\nX-B: c"],
    ["course", "/x", "-H", "no colon"],
    ["course", "/x", "-H", ": no name"],
    ["course", "/x", "-d", "{not json", "--yes"],
    ["course", "/x", "-d", "@/no/such/file", "--yes"],
]


@pytest.mark.parametrize("argv", REFUSED, ids=repr)
def test_what_cannot_be_sent_is_refused_before_anything_is(
    env: dict[str, str], course: HttpServer, redis_client: redis.Redis, argv: list[str]
) -> None:
    run = api(env, *argv)
    assert run.code == 2, run.err
    assert run.out == ""
    assert course.requests == []
    assert audited(redis_client) == []


@pytest.mark.parametrize("argv", [argv for argv in REFUSED if "-d" not in argv], ids=repr)
def test_a_refused_change_does_not_even_ask_firebase(
    env: dict[str, str], identity: HttpServer, argv: list[str]
) -> None:
    assert api(env, *argv, "-d", "{}", "--yes").code == 2
    assert identity.requests == []


@given(st.text(max_size=30))
def test_a_path_never_leaves_its_host(text: str) -> None:
    try:
        call = parse_call("course", text, None, (), has_data=False)
    except InvalidUsage:
        return
    from httpx2 import URL

    assert URL(f"http://course-service:3003{call.path}").host == "course-service"
    assert call.path.startswith("/")
    assert not call.path.startswith("//")


# -- changes --------------------------------------------------------------------------------------------------------


def test_a_change_is_audited_under_the_id_that_the_service_gets(
    env: dict[str, str], course: HttpServer, redis_client: redis.Redis
) -> None:
    assert api(env, "course", "/thing?x=1", "-d", '{"secret": "s"}', "--yes").code == 0
    entry, answered = audited(redis_client)
    assert (entry["action"], answered["action"]) == ("api.post", "api.post.answered")
    assert entry["target"] == answered["target"] == "course /thing?x=1"
    assert entry["requestId"] == answered["requestId"] == course.requests[-1].headers["x-request-id"]
    assert entry["actorEmail"] == "admin@shema.test"
    assert json.loads(answered["details"]) == {"status": 201}
    assert "secret" not in json.dumps(entry)


@pytest.mark.parametrize("fault", [Fault.RESET, Fault.HALF_BODY])
def test_a_change_whose_answer_is_lost_may_or_may_not_have_been_made(
    env: dict[str, str], course: HttpServer, fault: Fault
) -> None:
    with FaultProxy(course.port) as proxy:
        proxy.fault, proxy.cut_after = fault, 5
        lossy = {**env, "COURSE_SERVICE_URL": proxy.url}
        changing = api(lossy, "-X", "POST", "course", "/thing", "-d", "{}", "--yes")
        reading = api(lossy, "course", "/thing")
    assert (changing.code, "may or may not have been carried out" in changing.err) == (3, True)
    assert (reading.code, "may or may not" in reading.err) == (3, False)


def test_a_change_without_an_answer_is_told_as_that(env: dict[str, str], redis_client: redis.Redis) -> None:
    nowhere = {**env, "COURSE_SERVICE_URL": f"http://127.0.0.1:{free_port()}"}
    assert api(nowhere, "course", "/thing", "-X", "DELETE", "--yes").code == 3
    announced, answered = audited(redis_client)
    assert (announced["action"], answered["action"]) == ("api.delete", "api.delete.answered")
    assert json.loads(answered["details"])["error"]["code"]


def test_a_service_finds_the_call_in_the_trail_already(
    env: dict[str, str], course: HttpServer, redis_client: redis.Redis
) -> None:
    redis_client.set(keys.AUDIT, "x")
    run = api(env, "course", "/thing", "-d", "{}", "--yes", "--json")
    assert (run.code, run.json["error"]["code"]) == (1, "audit_unwritable")
    assert course.requests == []


@pytest.mark.parametrize(
    ("path", "kept"),
    [
        ("/a?token=t0p&x=1", "/a?token=********&x=1"),
        ("/a?x=1&apiKey=abc;Password=p%26q", "/a?x=1&apiKey=********;Password=********"),
        ("/a?to%6Ben=abc", "/a?to%6Ben=********"),
        ("/a?x=eyJhbGciOi.eyJ.s", "/a?x=********"),
        ("/a?code=1&postcode=2&token=", "/a?code=********&postcode=2&token="),
        ("/a?status=pending&limit=2", "/a?status=pending&limit=2"),
        ("/token=a", "/token=a"),
    ],
)
def test_a_secret_in_the_query_is_not_kept(path: str, kept: str) -> None:
    assert without_secrets(path) == kept


def test_a_query_of_any_length_is_read_once() -> None:
    """Looked for from each of its letters, the end of a name takes minutes to be missed."""
    path = f"/a?{'x' * 500_000}"
    assert without_secrets(path) == path


@pytest.mark.parametrize("method", ["GET", "HEAD", "get"])
def test_reading_asks_nothing_and_is_not_audited(
    env: dict[str, str], identity: HttpServer, redis_client: redis.Redis, course: HttpServer, method: str
) -> None:
    course.on("HEAD", "/thing", Answer(200))
    assert api(env, "course", "/thing", "-X", method).code == 0
    assert identity.requests == []
    assert audited(redis_client) == []


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "delete", "PURGE", "OPTIONS"])
def test_without_a_terminal_a_change_needs_yes(env: dict[str, str], course: HttpServer, method: str) -> None:
    run = api(env, "course", "/thing", "-X", method)
    assert run.code == 2
    assert "--yes" in run.err
    assert course.requests == []


def test_an_admin_no_more_changes_nothing(env: dict[str, str], course: HttpServer, identity: HttpServer) -> None:
    serve_identity(identity, admin=False)
    assert api(env, "course", "/thing", "-d", "{}", "--yes").code == 4
    assert course.requests == []


def test_without_an_audit_trail_nothing_is_changed(env: dict[str, str], course: HttpServer) -> None:
    run = api({**env, "REDIS_URL": f"redis://127.0.0.1:{free_port()}"}, "course", "/thing", "-d", "{}", "--yes")
    assert run.code == 3
    assert "nothing else was done" in run.err
    assert course.requests == []


@pytest.mark.parametrize("output", [[], ["-o", "json"]])
def test_a_dry_run_sends_nothing(
    env: dict[str, str], course: HttpServer, redis_client: redis.Redis, output: list[str]
) -> None:
    run = api(env, "course", "/thing", "-d", '{"a":1}', "-H", "X-A: b", "--dry-run", *output)
    assert run.code == 0
    for text in ("POST", "/thing", "course", "X-A", "a"):
        assert text in run.out
    assert course.requests == []
    assert audited(redis_client) == []


def test_a_person_is_asked(env: dict[str, str], course: HttpServer) -> None:
    with Terminal("api", "course", "/thing", "-d", '{"a":1}', env=env) as terminal:
        terminal.wait("1 call: POST /thing to course", "Target: default", "Go on?")
        terminal.keys("n\r")
        assert terminal.end() == 5
    assert course.requests == []
    with Terminal("api", "course", "/thing", "-d", '{"a":1}', env=env) as terminal:
        terminal.wait("Go on?")
        terminal.keys("y\r")
        assert terminal.end() == 0
        assert '"a": 1' in terminal.text
    assert len(course.requests) == 1


# -- JSON set out ---------------------------------------------------------------------------------------------------

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(JSON, st.booleans())
def test_set_out_as_python_would(value: Any, ascii_only: bool) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only)
    assert set_out(text) == json.dumps(value, ensure_ascii=ascii_only, indent=2)


@given(st.binary())
def test_anything_becomes_readable(body: bytes) -> None:
    assert "\x1b" not in readable(body)
