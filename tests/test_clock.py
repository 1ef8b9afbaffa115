"""Moments and durations: as they are typed, and as they are shown."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from shema_cli.clock import (
    TIME_OF_DAY,
    SystemClock,
    age,
    iso,
    local_instant,
    local_time,
    parse_duration,
    parse_iso,
    parse_moment,
    parse_optional_duration,
    with_local_instants,
)
from shema_cli.errors import ExitCode, InvalidUsage
from tests.support.world import NOW
from tests.support.zone import in_zone

UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
LONGEST_S = 10_000 * 86400
OFFSETS = st.integers(-23 * 60, 23 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
MOMENTS = st.datetimes(datetime.fromisoformat("0002-01-01"), datetime.fromisoformat("9998-12-31"), timezones=OFFSETS)


# -- durations ---------------------------------------------------------------------------------------------------


@given(number=st.integers(0, 10_000), unit=st.sampled_from(["", *UNITS]))
def test_a_number_and_a_unit_are_that_many_seconds(number: int, unit: str) -> None:
    assert parse_duration(f"{number}{unit}", "--for") == pytest.approx(number * UNITS[unit or "s"])


@given(seconds=st.floats(0, LONGEST_S).map(lambda seconds: round(seconds, 3)))
def test_a_fraction_of_a_second_is_kept(seconds: float) -> None:
    assert parse_duration(f"{seconds:.3f}s", "--for") == pytest.approx(seconds)


@given(st.text(max_size=20))
def test_any_text_is_a_duration_of_a_sane_length_or_names_the_flag(text: str) -> None:
    said, seconds = "bad_duration --older-than", 0.0
    try:
        seconds = parse_duration(text, "--older-than")
    except InvalidUsage as error:
        said = f"{error.code} {error.message}"
    assert said.startswith("bad_duration")
    assert "--older-than" in said
    assert 0 <= seconds <= LONGEST_S


@pytest.mark.parametrize(
    "text",
    ["", " ", "-1", "+1", "1w", "1 m", "m", "1m30s", "1e3", ".5", "1.", "inf", "nan", "0x10", "1,5s", "1M"],
)
def test_what_is_no_duration_is_refused_with_how_to_write_one(text: str) -> None:
    with pytest.raises(InvalidUsage) as told:
        parse_duration(text, "--for")
    assert told.value.exit_code is ExitCode.USAGE
    assert told.value.hint is not None
    assert "90s, 15m, 2h, 3d" in told.value.hint


@pytest.mark.parametrize(("text", "fits"), [("10000d", True), ("10001d", False), (str(LONGEST_S + 1), False)])
def test_a_duration_ends_at_ten_thousand_days(text: str, fits: bool) -> None:
    if fits:
        assert parse_duration(text, "--for") == LONGEST_S
    else:
        with pytest.raises(InvalidUsage):
            parse_duration(text, "--for")


def test_a_number_with_hundreds_of_digits_is_no_duration() -> None:
    with pytest.raises(InvalidUsage):
        parse_duration("9" * 400, "--for")


def test_space_around_a_duration_is_passed_over() -> None:
    assert parse_duration("  15m\n", "--for") == 900


def test_an_option_that_was_not_given_has_no_duration() -> None:
    assert parse_optional_duration(None, "--for") is None
    assert parse_optional_duration("2h", "--for") == 7200
    with pytest.raises(InvalidUsage, match="--idle-exit"):
        parse_optional_duration("soon", "--idle-exit")


# -- moments -----------------------------------------------------------------------------------------------------


@given(MOMENTS)
def test_a_moment_that_is_written_is_read_back_to_the_millisecond(moment: datetime) -> None:
    cut = moment.replace(microsecond=moment.microsecond // 1000 * 1000)
    assert parse_iso(iso(moment)) == cut


@given(MOMENTS)
def test_a_moment_is_written_in_utc_with_milliseconds(moment: datetime) -> None:
    text = iso(moment)
    assert text.endswith("Z")
    assert len(text) == len("2026-01-31T08:00:00.000Z")


@given(MOMENTS, MOMENTS)
def test_written_moments_sort_like_the_moments(one: datetime, other: datetime) -> None:
    assume(abs(one - other) >= timedelta(milliseconds=1))
    assert (iso(one) < iso(other)) is (one < other)


@given(st.text(max_size=30))
def test_any_text_is_a_moment_in_utc_or_none(text: str) -> None:
    found = parse_iso(text)
    assert found is None or found.tzinfo is UTC


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-03-01T08:00:00Z", NOW),
        ("2026-03-01T08:00:00", NOW),
        ("2026-03-01T15:00:00+07:00", NOW),
        ("2026-03-01 08:00", NOW),
        ("2026-03-01", NOW.replace(hour=0)),
        ("yesterday", None),
        ("", None),
        ("2026-02-30T00:00:00Z", None),
        ("0001-01-01T00:00:00+14:00", None),
        ("9999-12-31T23:59:59-14:00", None),
    ],
)
def test_iso_moments(text: str, moment: datetime | None) -> None:
    assert parse_iso(text) == moment


@pytest.mark.parametrize("foreign", [None, 7, b"2026-03-01", ["2026-03-01"]])
def test_what_is_no_text_is_no_moment(foreign: object) -> None:
    assert parse_iso(foreign) is None  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("15m", NOW - timedelta(minutes=15)),
        ("2h", NOW - timedelta(hours=2)),
        ("90", NOW - timedelta(seconds=90)),
        ("20260301", NOW - timedelta(seconds=20260301)),  # digits alone are seconds, whatever ISO makes of them
        ("2026-02-28T08:00:00Z", NOW - timedelta(days=1)),
        ("2026-03-02", NOW.replace(hour=0) + timedelta(days=1)),
    ],
)
def test_a_time_is_so_long_ago_or_a_moment(text: str, moment: datetime) -> None:
    assert parse_moment(text, "--since", NOW) == moment


@pytest.mark.parametrize("text", ["", "yesterday", "-5m", "2026-13-01", "99999d"])
def test_what_is_no_time_names_the_flag_and_both_ways(text: str) -> None:
    with pytest.raises(InvalidUsage, match="--until") as told:
        parse_moment(text, "--until", NOW)
    assert told.value.code == "bad_time"
    assert told.value.hint is not None
    assert "15m" in told.value.hint
    assert "2026-01-31T08:00:00Z" in told.value.hint


@given(st.floats(0, LONGEST_S).map(int))
def test_a_duration_ago_is_never_ahead(seconds: int) -> None:
    assert parse_moment(f"{seconds}s", "--since", NOW) == NOW - timedelta(seconds=seconds)


# -- in this machine's time zone ----------------------------------------------------------------------------------

ZONES = ["UTC", "Asia/Jakarta", "America/St_Johns", "Europe/Berlin", "Pacific/Kiritimati", "Asia/Kathmandu"]


@pytest.mark.parametrize(
    ("zone", "moment", "told"),
    [
        ("Asia/Jakarta", "2026-11-25T22:00:00Z", "2026-11-26 05:00:00 +07:00"),
        ("America/St_Johns", "2026-01-31T08:00:00Z", "2026-01-31 04:30:00 -03:30"),
        ("America/St_Johns", "2026-07-31T08:00:00Z", "2026-07-31 05:30:00 -02:30"),
        ("Europe/Berlin", "2026-10-25T00:30:00Z", "2026-10-25 02:30:00 +02:00"),
        ("Europe/Berlin", "2026-10-25T01:30:00Z", "2026-10-25 02:30:00 +01:00"),
        ("UTC", "2026-01-31T08:00:00Z", "2026-01-31 08:00:00 +00:00"),
    ],
)
def test_a_moment_is_shown_in_local_time_with_the_offset_of_that_moment(zone: str, moment: str, told: str) -> None:
    found = parse_iso(moment)
    assert found
    with in_zone(zone):
        assert local_time(found) == told
        assert local_time(found, TIME_OF_DAY) == told.partition(" ")[2]
        assert local_instant(moment) == told
        assert with_local_instants(f"approved at {moment}, by ana") == f"approved at {told}, by ana"


@pytest.mark.parametrize(
    "text", ["", "2026-01-31", "2026-01-31T08:00:00", "at 2026-01-31T08:00:00Z", "2026-99-99T08:00:00Z"]
)
def test_what_is_no_instant_alone_is_told_as_it_is(text: str) -> None:
    with in_zone("Asia/Jakarta"):
        assert local_instant(text) == text


@given(st.sampled_from(ZONES), st.datetimes(datetime.fromisoformat("1972-01-01"), timezones=OFFSETS))
def test_whatever_is_shown_names_the_same_moment(zone: str, moment: datetime) -> None:
    with in_zone(zone):
        shown = local_time(moment, "%Y-%m-%dT%H:%M:%S")
    read = parse_iso(f"{shown[:-7].rjust(19, '0')}{shown[-6:]}")
    assert read is None or read == moment.replace(microsecond=0)


@pytest.mark.parametrize(
    ("zone", "typed", "meant"),
    [
        ("Asia/Jakarta", "2026-11-26T05:00:00", "2026-11-25T22:00:00Z"),
        ("Asia/Jakarta", "2026-11-26", "2026-11-25T17:00:00Z"),
        ("Asia/Jakarta", "2026-11-26T05:00:00Z", "2026-11-26T05:00:00Z"),
        ("Asia/Jakarta", "2026-11-26 05:00:00+07:00", "2026-11-25T22:00:00Z"),
        ("America/St_Johns", "2026-07-31 05:30", "2026-07-31T08:00:00Z"),
        ("Europe/Berlin", "2026-10-25T02:30", "2026-10-25T00:30:00Z"),  # twice there: the first of them
        ("Europe/Berlin", "2026-03-29T03:30", "2026-03-29T01:30:00Z"),
    ],
)
def test_a_time_read_off_the_wall_is_local(zone: str, typed: str, meant: str) -> None:
    with in_zone(zone):
        assert parse_moment(typed, "--since", NOW) == parse_iso(meant)


# -- ages --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (None, "-"),
        (-3.0, "0s"),
        (0.0, "0s"),
        (59.9, "59s"),
        (60.0, "1m"),
        (3599.0, "59m"),
        (3600.0, "1h"),
        (86399.0, "23h"),
        (86400.0, "1d"),
        (9.5 * 86400, "9d"),
    ],
)
def test_an_age_fits_a_cell(seconds: float | None, shown: str) -> None:
    assert age(seconds) == shown


@given(st.floats(0, LONGEST_S))
def test_an_age_is_cut_and_never_rounded_up(seconds: float) -> None:
    shown = age(seconds)
    unit = UNITS[shown[-1]]
    told = parse_duration(shown, "--age")
    assert told <= seconds < told + unit


def test_the_systems_clock_is_aware_and_runs_forward() -> None:
    clock = SystemClock()
    first, second = clock.monotonic(), clock.monotonic()
    assert first <= second
    assert clock.now().tzinfo is UTC
