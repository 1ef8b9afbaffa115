"""What is sent and what comes of it, taken apart without a network (contract 1.2)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from datetime import timedelta
from email.utils import format_datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shema_cli.calls.client import JITTER, attempts_for, pause_after
from shema_cli.calls.discovery import Instance
from shema_cli.calls.health import NOTICEABLE_SKEW_S, TRUSTED_FOR_S, HealthChecker
from shema_cli.calls.registry import Registration
from shema_cli.calls.reply import (
    AttemptFailed,
    BadAnswer,
    Received,
    Reply,
    ServiceNotFound,
    ServiceRejected,
    Unacceptable,
    parse_http_date,
    retry_after_s,
)
from shema_cli.calls.request import OWN_HEADERS, CallerHeaders, Outgoing, caller_name
from shema_cli.calls.tokens import LIFETIME_S
from shema_cli.errors import ExitCode, InvalidUsage, NotConfigured, ShemaError
from shema_cli.settings.values import Setting
from tests.support.calls import SECRET, admin, claims_of
from tests.support.store import settings_for
from tests.support.world import NOW, StillClock

WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)


def reply(status: int = 200, body: bytes = b"{}", content_type: str = "application/json") -> Reply:
    return Reply("user", status, {}, body, content_type, "req_1", 12, "http://u:1", "closed")


# -- the answer --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [200, 201, 204, 299])
def test_a_2xx_is_the_answer(status: int) -> None:
    one = reply(status)
    assert one.raise_for_status() is one


@pytest.mark.parametrize(
    ("status", "kind", "code"),
    [
        (404, ServiceNotFound, "not_found"),
        (400, ServiceRejected, "service_rejected"),
        (401, ServiceRejected, "service_rejected"),
        (403, ServiceRejected, "service_rejected"),
        (429, ServiceRejected, "service_rejected"),
        (304, ServiceRejected, "service_rejected"),
    ],
)
def test_any_other_status_is_told_with_its_facts(status: int, kind: type[ShemaError], code: str) -> None:
    with pytest.raises(kind, match=f"user answered {status}: 'no'") as told:
        reply(status, b"no").raise_for_status()
    error: Any = told.value
    assert (error.code, error.exit_code) == (code, ExitCode.FAILED)
    assert (error.service, error.status, error.request_id, error.duration_ms) == ("user", status, "req_1", 12)
    assert (error.circuit, error.reply.body) == ("closed", b"no")
    assert ("SERVICE_JWT_SECRET" in str(error.hint)) is (status in (401, 403))


@given(st.binary(max_size=60) | st.sampled_from([b"[" * 9000, b"1" * 5000, b"[NaN]", b"\xff"]))
def test_whatever_a_body_is_it_is_json_or_a_bad_answer(body: bytes) -> None:
    said, decoded = "", None
    try:
        decoded = reply(body=body).json()
    except BadAnswer as error:
        said = error.message
    if said:
        assert "the body is not JSON: 200 application/json" in said
        assert len(said) < 600
        assert Received(200, {}, body).json() is None
    else:
        assert Received(200, {}, body).json() == decoded


@given(st.text(max_size=200))
def test_the_beginning_of_a_body_is_at_most_eighty_characters(text: str) -> None:
    body = text.encode("utf-8", "surrogatepass")
    shown = reply(body=body).beginning()
    assert len(shown) <= 80
    if all(not 0xD800 <= ord(char) <= 0xDFFF for char in text):
        assert shown == text[:80]


def test_a_body_without_a_type_says_so() -> None:
    assert "200 without a content type" in reply(content_type="").bad_answer("odd").message


# -- dates and waits ---------------------------------------------------------------------------------------------


@given(st.integers(0, 10**9))
def test_a_wait_in_seconds_and_the_same_as_a_date_are_one(seconds: int) -> None:
    date = format_datetime(NOW + timedelta(seconds=seconds), usegmt=True)
    assert retry_after_s(str(seconds), NOW) == retry_after_s(date, NOW) == seconds


@given(st.integers(1, 10**9))
def test_a_date_that_has_passed_is_no_wait(seconds: int) -> None:
    assert retry_after_s(format_datetime(NOW - timedelta(seconds=seconds), usegmt=True), NOW) == 0


@given(st.text(max_size=40))
def test_any_text_is_a_date_that_knows_its_offset_or_none(text: str) -> None:
    found = parse_http_date(text)
    assert found is None or found.tzinfo is not None


@given(st.integers(1, 10), st.floats(0, 1, exclude_max=True))
def test_a_pause_is_at_least_its_step_and_at_most_half_more(attempt: int, chance: float) -> None:
    step = 0.1 * 2**attempt
    assert step <= pause_after(attempt, lambda: chance) < step * (1 + JITTER) + 1e-9


@given(st.integers(1, 10), st.floats(0, 1), st.floats(0, 1))
def test_the_next_pause_is_longer_whatever_chance_says(attempt: int, one: float, other: float) -> None:
    assert pause_after(attempt + 1, lambda: one) > pause_after(attempt, lambda: other)


@pytest.mark.parametrize("method", ["CONNECT", "PROPFIND", "post", "x"])
def test_what_is_not_known_to_be_repeatable_is_not_repeated(method: str) -> None:
    assert attempts_for(method) == 1


# -- the request -------------------------------------------------------------------------------------------------


@given(st.dictionaries(WORDS, WORDS, min_size=1, max_size=4), st.sampled_from(["/p", "/p?x=1"]))
def test_parameters_arrive_as_they_are_beside_those_of_the_path(params: dict[str, str], path: str) -> None:
    url = Outgoing("GET", path, {}, params).url("http://u:1")
    assert url.isascii()
    assert not set(" +") & set(url), "a space is %20, which every server reads"
    found = parse_qs(urlsplit(url).query, keep_blank_values=True, strict_parsing=True)
    own = {"x": ["1"]} if "?" in path else {}
    for name, value in params.items():
        assert found[name] == [*(own.get(name, [])), value]


def test_without_parameters_the_path_is_the_path() -> None:
    assert Outgoing("GET", "/p?x=1", {}).url("http://u:1/base") == "http://u:1/base/p?x=1"


def test_json_and_forms_say_what_they_are() -> None:
    posted = Outgoing.of_json("/p", {"a": "é"}, {"key": "k"}, {"X": "y"})
    assert (posted.method, posted.headers["Content-Type"], posted.headers["X"]) == ("POST", "application/json", "y")
    assert json.loads(posted.body or b"") == {"a": "é"}
    form = Outgoing.of_form("/p", {"a": "b c&d"})
    assert parse_qs((form.body or b"").decode()) == {"a": ["b c&d"]}
    assert form.headers["Content-Type"] == "application/x-www-form-urlencoded"


def test_each_attempt_has_the_trace_of_its_call_and_a_span_of_its_own() -> None:
    headers = caller().of_call("req_1")
    attempts = [Outgoing("GET", "/p", headers).as_attempt(n) for n in (1, 2, 3)]
    traces, spans = zip(*(one.headers["traceparent"].split("-")[1:3] for one in attempts), strict=True)
    assert len(set(traces)) == 1
    assert len(set(spans)) == 3
    assert [one.attempt for one in attempts] == [1, 2, 3]
    assert {one.request_id for one in attempts} == {"req_1"}
    assert Outgoing("GET", "/p", {}).as_attempt(2).headers == {}


def test_neither_headers_nor_body_are_in_the_repr_of_a_request() -> None:
    request = Outgoing("POST", "/p", {"Authorization": "sesame"}, {"key": "sesame"}, b"sesame")
    assert "sesame" not in repr(request)


# -- who calls ---------------------------------------------------------------------------------------------------


def caller(name: str = "shema-cli", secret: str | None = SECRET, clock: StillClock | None = None) -> CallerHeaders:
    return CallerHeaders(name, secret, admin(), clock or StillClock())


@given(st.lists(st.floats(0, 200), min_size=2, max_size=6))
def test_a_token_is_kept_until_a_minute_before_its_end_and_never_sent_later(pauses: list[float]) -> None:
    clock = StillClock()
    headers, issued = caller(clock=clock), set()
    for pause in pauses:
        token = headers.of_call("r")["Authorization"].removeprefix("Bearer ")
        left = claims_of(token)["exp"] - clock.now().timestamp()
        assert left + 1 >= 60
        assert left <= LIFETIME_S
        issued.add(token)
        clock.advance(pause)
    assert len(issued) <= 1 + sum(pauses[:-1]) / (LIFETIME_S - 61)


@pytest.mark.parametrize("name", sorted(OWN_HEADERS))
def test_a_header_of_our_own_is_refused_in_any_case(name: str) -> None:
    for spelled in (name, name.upper(), name.title()):
        with pytest.raises(InvalidUsage, match="is set by shema itself"):
            caller().of_call("r", {spelled: "x"})


@given(st.text(max_size=10), st.text(max_size=10))
def test_any_header_can_be_sent_or_is_refused(name: str, value: str) -> None:
    try:
        sent = caller().of_call("r", {name: value})
    except InvalidUsage as error:
        assert error.code == "bad_header"  # noqa: PT017 - both are fine, and each is looked at
        return
    assert sent[name.lower()] == value.strip()
    assert not set("\r\n\0") & set("".join([*sent, *sent.values()]))


def test_a_content_type_can_be_chosen_and_is_sent_once() -> None:
    sent = caller().of_call("r", {"CONTENT-TYPE": " text/plain "})
    assert [value for name, value in sent.items() if name.lower() == "content-type"] == ["text/plain"]


def test_without_a_secret_only_health_is_asked_and_without_a_token() -> None:
    with pytest.raises(NotConfigured, match="SERVICE_JWT_SECRET"):
        caller(secret=None).of_call("r")
    assert "Authorization" not in caller(secret=None).of_health_check("r")


@pytest.mark.parametrize("name", ["é", "a\r\nX: y", "\x00"])
def test_a_name_that_is_no_header_is_an_error_of_the_settings(name: str) -> None:
    with pytest.raises(NotConfigured, match="SERVICE_NAME"):
        caller(name).of_health_check("r")


def test_the_secret_is_in_no_repr_and_the_name_is_the_settings() -> None:
    assert SECRET not in repr(caller())
    settings = settings_for("redis://h")
    assert caller_name(settings) == "shema-cli"
    assert isinstance(settings.entries, dict)
    settings.entries["SERVICE_NAME"] = Setting("SERVICE_NAME", "console", "test")
    assert caller_name(settings) == "console"


# -- health ------------------------------------------------------------------------------------------------------


class Instances:
    """Stands in for the transport: what it answers, and what it was asked."""

    def __init__(self, clock: StillClock, *, took_s: float = 0.0) -> None:
        self.clock = clock
        self.took_s = took_s
        self.asked: list[str] = []
        self.answer: Received | Exception = Received(200, {}, b"")

    async def ready(self, base: str) -> None:
        """Nothing is to be loaded."""

    async def send(self, base: str, request: Outgoing, limit_s: float) -> Received:
        self.asked.append(f"{base}{request.path}")
        await asyncio.sleep(0)  # others get their turn here
        self.clock.advance(self.took_s)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def checker(instances: Instances) -> HealthChecker:
    return HealthChecker(instances, caller(), None, instances.clock)  # type: ignore[arg-type]


def registered(last_check_s_ago: float | None = None) -> Instance:
    last = None if last_check_s_ago is None else NOW - timedelta(seconds=last_check_s_ago)
    registration = Registration("pay", "http://p:1", "/ok", NOW, last, None, b"http://p:1", b"{}")
    return Instance("pay", "http://p:1", "registry", "/ok", registration)


@pytest.mark.parametrize(
    ("answer", "healthy", "status", "error"),
    [
        (Received(200, {}, b""), True, 200, None),
        (Received(204, {}, b""), True, 204, None),
        (Received(404, {}, b""), False, 404, "answered 404"),
        (AttemptFailed("refused", "nothing listens"), False, None, "nothing listens"),
        (AttemptFailed("server_error", "answered 503", Received(503, {}, b"")), False, 503, "answered 503"),
        (Unacceptable("redirected", "answered 302", 302), False, 302, "answered 302"),
    ],
)
def test_any_2xx_is_well_and_nothing_else_raises(
    answer: Received | Exception, healthy: bool, status: int | None, error: str | None
) -> None:
    instances = Instances(StillClock(), took_s=0.25)
    instances.answer = answer
    check = asyncio.run(checker(instances).check(registered()))
    assert (check.healthy, check.status, check.error, check.latency_ms) == (healthy, status, error, 250)
    assert instances.asked == ["http://p:1/ok"]


@pytest.mark.parametrize("ago", [None, -31.0, 31.0])
def test_a_check_that_is_old_or_of_another_clock_is_made_again_and_then_trusted(ago: float | None) -> None:
    instances = Instances(StillClock())
    health, instance = checker(instances), registered(ago)

    async def three() -> None:
        assert await health.fit_for_use(instance) is None
        assert await health.fit_for_use(instance) is None
        assert len(instances.asked) == 1
        instances.clock.advance(TRUSTED_FOR_S + 61)
        await health.fit_for_use(instance)
        assert len(instances.asked) == 2

    asyncio.run(three())


@pytest.mark.parametrize("instance", [registered(30.0), registered(-30.0), Instance("pay", "http://p:1", "config")])
def test_what_was_checked_lately_or_is_configured_is_not_checked(instance: Instance) -> None:
    instances = Instances(StillClock())
    assert asyncio.run(checker(instances).fit_for_use(instance)) is None
    assert instances.asked == []


def test_calls_that_come_meanwhile_wait_for_the_same_check_and_a_sick_instance_is_told_to_all() -> None:
    instances = Instances(StillClock())
    instances.answer = AttemptFailed("refused", "nothing listens")
    health = checker(instances)

    async def together() -> list[Any]:
        return await asyncio.gather(*(health.fit_for_use(registered()) for _ in range(5)))

    checks = asyncio.run(together())
    assert {check.error for check in checks} == {"nothing listens"}
    assert len(instances.asked) == 1


@given(st.floats(-1e6, 1e6), st.floats(0, 10))
def test_a_clock_is_told_to_be_off_only_by_what_can_be_noticed(skew: float, took: float) -> None:
    instances = Instances(StillClock(), took_s=took)
    told = NOW + timedelta(seconds=skew + took / 2)
    instances.answer = Received(200, {"date": format_datetime(told, usegmt=True)}, b"")
    found = asyncio.run(checker(instances).check(registered())).skew_s
    assert found is not None
    if abs(skew) < NOTICEABLE_SKEW_S - 1:
        assert found == 0
    elif abs(skew) > NOTICEABLE_SKEW_S + took + 1:
        assert found == pytest.approx(skew, abs=0.6)


@pytest.mark.parametrize("headers", [{}, {"date": "soon"}])
def test_an_instance_that_does_not_tell_the_time_has_no_skew(headers: Mapping[str, str]) -> None:
    instances = Instances(StillClock())
    instances.answer = Received(200, headers, b"")
    assert asyncio.run(checker(instances).check(registered())).skew_s is None
