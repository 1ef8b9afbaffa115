"""When an entry failed, in the words of clients in several languages."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shema_cli.moments import read_any_form, read_moment

FIVE = datetime(2026, 11, 26, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-26T05:00:00.000Z",
        "2026-11-26T12:00:00+0700",
        "2026-11-26T05:00:00.000000000Z",
        "2026-11-26 05:00:00",
        "20261126T050000Z",
        "20261126050000",
        "1795669200",
        "1795669200.000",
        "1795669200000",
        "1795669200000000",
        "1795669200000000000",
        "1.7956692e12",
        "Thu, 26 Nov 2026 05:00:00 GMT",
        "Thu, 26 Nov 2026 12:00:00 +0700",
        "26 Nov 2026 05:00:00 -0000",
        "Thu Nov 26 2026 12:00:00 GMT+0700 (Western Indonesia Time)",
        "Thu Nov 26 2026 05:00:00 GMT+0000",
        "Thu Nov 26 05:00:00 2026",
        "Thu Nov 26 05:00:00 UTC 2026",
        "2026-11-26 12:00:00 +0700",
        "2026-11-26 05:00:00.000 +0000 UTC m=+12.5",
        "2026-11-26 05:00:00 UTC",
    ],
)
def test_one_moment_in_many_words(text: str) -> None:
    assert read_moment(text) == FIVE
    assert read_moment(f" {text}\n") == FIVE


NO_MOMENT = (None, "", "yesterday", "11/26/2026, 5:00:00 AM", "1e99", "9" * 26, '{"$date":1}', "٢٠٢٦", "x" * 9999)
NO_ZONE = "Thu Nov 26 05:00:00 WIB 2026"
NO_DATE = ("Thu Foo 26 2026 05:00:00 GMT+0000", "Thu Nov 26 05:00:00 GMT", "Thu, 99 Nov 2026 05:00:00 GMT")


@pytest.mark.parametrize("text", [*NO_MOMENT, NO_ZONE, *NO_DATE])
def test_what_is_no_moment_is_none(text: str | None) -> None:
    assert read_moment(text) is None


@given(st.integers(631152000, 4102444800))  # 1990 to 2100
def test_seconds_and_milliseconds_are_told_apart(seconds: int) -> None:
    moment = datetime.fromtimestamp(seconds, UTC)
    assert read_moment(str(seconds)) == read_moment(str(seconds * 1000)) == moment
    assert read_moment(moment.isoformat()) == read_moment(f"{moment:%a, %d %b %Y %H:%M:%S} GMT") == moment
    assert read_moment(str(seconds + 0.5)) == moment + timedelta(milliseconds=500)


@given(st.text(max_size=40))
def test_any_text_is_a_moment_or_none(text: str) -> None:
    moment = read_moment(text)
    assert moment is None or moment.tzinfo is UTC


@given(
    text=st.text(alphabet="0129-+:.TZ eE, W", max_size=30)
    | st.from_regex(
        r"[012 ]{4}-[01]\d-[0-3]\d[T ,x]?([012]\d:?[0-5]\d(:[0-5]\d)?([.,]\d{0,90})?(Z|[+-]\d\d:?\d\d)?\s?)?"
    )
)
def test_what_is_quicker_for_most_reads_what_the_long_way_reads(text: str) -> None:
    assert read_moment(text) == read_any_form(text)


def test_moments_on_the_edges_of_what_is_quicker() -> None:
    for text in ("2026-01-02T03:04:05." + "0" * 79 + "Z", "2026-01-02T03:04:05." + "0" * 80 + "Z"):
        assert read_moment(text) == read_any_form(text)
        assert (read_moment(text) is None) == (len(text) > 100)
    for text in ("123e-5", "2026-W01-1", "2026-01-02 ", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"):
        assert read_moment(text) == read_any_form(text)
