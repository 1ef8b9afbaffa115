"""The services: their instances, how fast they answer, who listens to what, and what one of them missed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from rich.console import RenderableType
from rich.text import Text

from shema_cli.clock import iso_of_ms, parse_iso
from shema_cli.events.history.missed_events import Missed, MissedEvent
from shema_cli.events.results import Listening
from shema_cli.output.sanitize import safe_block
from shema_cli.results import counted
from shema_cli.services.results import HealthReport, InstanceHealth
from shema_cli.store.listeners import Listeners
from shema_cli.ui.latencies import Latencies
from shema_cli.ui.lines import Words
from shema_cli.ui.listing import Cell, Column, Row
from shema_cli.ui.page import Action, Page, Parts, arguments
from shema_cli.ui.pages import moments

STATES = {"healthy": "good", "degraded": "warn", "expired": "warn", "unhealthy": "fail", "unknown": "quiet"}
CIRCUITS = {"closed": "", "half_open": "warn", "open": "fail"}
SINCE = ("--since", "24h")
BARS = 60
"""Looks of the trend that a wide terminal has room for."""


def services(now: datetime) -> Parts:
    """Every instance of every service, and who hears each channel."""
    latencies = Latencies()
    return Parts("services", "services", (_instances(latencies, now), _channels()))


def _instances(latencies: Latencies, now: datetime) -> Page:
    return Page(
        name="services",
        title="Instances",
        words=("services", "health"),
        columns=(Column("SERVICE", 12), *_OF_AN_INSTANCE),
        rows=lambda report: _rows(report, latencies, named=True),
        said=HealthReport.summary,
        opens=lambda row: service(row.about, latencies, now),
        actions=(
            Action("m", "missed", lambda rows: ("events", "missed", rows[0].about, *SINCE), reads=True, one=True),
            Action("S", "resend", _resend, tried=True, one=True),
            Action("c", "close circuit", lambda rows: ("services", "reset", rows[0].about), one=True),
        ),
    )


_OF_AN_INSTANCE = (
    Column("STATE", 9),
    Column("LATENCY", 7, right=True),
    Column("TREND", 10, grows=True),
    Column("CIRCUIT", 10),
    Column("MEDIAN", 7, right=True),
    Column("URL", 26, grows=True, wide=True),
    Column("ERROR", 24, grows=True, wide=True),
)


def _resend(rows: Sequence[Row]) -> Words:
    return ("events", "resend", "--missed-by", rows[0].about, *SINCE)


def _rows(report: HealthReport, latencies: Latencies, *, named: bool) -> list[Row]:
    latencies.add(report)
    return [
        _instance(service.name, one, latencies, named=named) for service in report.services for one in service.instances
    ]


def _instance(service: str, one: InstanceHealth, latencies: Latencies, *, named: bool) -> Row:
    cells = (
        Cell(one.state.value, STATES[one.state.value]),
        _milliseconds(one.latency_ms),
        Cell(latencies.trend(one.url, BARS), newest_last=True),
        Cell(_circuit(one), CIRCUITS.get(one.circuit, "")),
        _milliseconds(latencies.median_ms(one.url)),
        Cell(one.url),
        Cell(one.error or ""),
    )
    return Row(one.url, (Cell(service), *cells) if named else cells, service, holds=one)


def _milliseconds(value: int | None) -> Cell:
    return Cell("-", "quiet", rank=-1.0) if value is None else Cell(f"{value} ms", rank=float(value))


def _circuit(one: InstanceHealth) -> str:
    return one.circuit.replace("_", "-") if one.open_for_s is None else f"open {one.open_for_s:.0f} s"


def _channels() -> Page:
    return Page(
        name="listeners",
        title="Who listens to what",
        words=("events", "listeners"),
        columns=(
            Column("CHANNEL", 20),
            Column("HEARS", 7, right=True),
            _NOT_THERE,
            Column("DECLARED BY", 30, grows=True),
        ),
        rows=lambda found: [_channel(name, heard) for name, heard in found.channels.items()],
        said=_said_of_channels,
        opens=_whole,
        every_s=10.0,
    )


_NOT_THERE = Column("NOT THERE", 14, grows=True)


def _channel(name: str, heard: Listeners) -> Row:
    count = Cell("nobody", "fail") if heard.unheard else Cell(heard.short)
    return Row(name, (Cell(name), count, _missing(heard), Cell(", ".join(heard.declared), "quiet")), holds=heard)


def _missing(heard: Listeners) -> Cell:
    if heard.missing is None:
        return Cell("not known", "warn")
    return Cell(", ".join(heard.missing), "fail") if heard.missing else Cell("-", "quiet")


def _said_of_channels(found: Listening) -> str:
    away = {name for heard in found.channels.values() for name in heard.missing or ()}
    parts = (counted(len(found.channels), "channel"), f"not there: {', '.join(sorted(away))}" if away else "")
    return " · ".join(filter(None, (*parts, f"{len(found.unheard)} that nobody hears" if found.unheard else "")))


def _whole(row: Row) -> RenderableType:
    heard = row.holds
    assert isinstance(heard, Listeners)
    lines = (
        row.id,
        "",
        heard.foretold,
        f"declared by: {', '.join(heard.declared) or 'no service'}",
        f"not there:   {_missing(heard).text}",
        f"our tails:   {heard.tails}",
    )
    return Text(safe_block("\n".join(lines)))


# -- one service, whole ------------------------------------------------------------------------------------------------


def service(name: str, latencies: Latencies, now: datetime) -> Parts:
    """Its instances with the course of their latencies, what it listens to, and what it missed in the last day."""
    parts = (_instances_of(name, latencies), _listened(name), _missed(name, now))
    return Parts("service", name, parts)


def _instances_of(name: str, latencies: Latencies) -> Page:
    return Page(
        name="instances",
        title="Instances",
        words=("services", "health", *arguments((name,))),
        columns=_OF_AN_INSTANCE,
        rows=lambda report: _rows(report, latencies, named=False),
        said=lambda report: _said_of_instances(report, latencies),
        opens=lambda row: _instance_whole(row, latencies),
        actions=(Action("c", "close circuit", lambda _: ("services", "reset", *arguments((name,)))),),
    )


def _said_of_instances(report: HealthReport, latencies: Latencies) -> str:
    latencies.add(report)
    urls = [one.url for service in report.services for one in service.instances]
    return latencies.told(urls[0]) if len(urls) == 1 else counted(len(urls), "instance")


def _instance_whole(row: Row, latencies: Latencies) -> RenderableType:
    one = row.holds
    assert isinstance(one, InstanceHealth)
    skew = f"{one.skew_s:+.0f} s" if one.skew_s else "as ours"
    lines = (
        one.url,
        "",
        f"state:    {one.state.value}" + (f" (answered {one.status})" if one.status is not None else ""),
        f"problem:  {one.error or 'none'}",
        f"latency:  {_milliseconds(one.latency_ms).text}, {latencies.told(one.url)}",
        f"          {latencies.trend(one.url, BARS)}",
        f"circuit:  {one.told_circuit}",
        f"known by: {one.source}",
        f"clock:    {skew}",
    )
    return Text(safe_block("\n".join(lines)))


def _listened(name: str) -> Page:
    return Page(
        name="listens",
        title="Listens to",
        words=("events", "listeners"),
        columns=(
            Column("CHANNEL", 20),
            Column("THERE", 10),
            Column("HEARS", 7, right=True),
            Column("ALSO DECLARED BY", 30, grows=True),
        ),
        rows=lambda found: [_heard_by(name, c, heard) for c, heard in found.channels.items() if name in heard.declared],
        said=lambda found: counted(sum(name in heard.declared for heard in found.channels.values()), "channel"),
        opens=_whole,
        every_s=10.0,
    )


def _heard_by(name: str, channel: str, heard: Listeners) -> Row:
    if heard.missing is None:
        there = Cell("not known", "warn")
    else:
        there = Cell("not there", "fail") if name in heard.missing else Cell("listens", "good")
    others = ", ".join(one for one in heard.declared if one != name)
    return Row(channel, (Cell(channel), there, Cell(heard.short), Cell(others, "quiet")), holds=heard)


def _missed(name: str, now: datetime) -> Page:
    return Page(
        name="missed",
        title="Missed in the last day",
        words=("events", "missed", *SINCE, *arguments((name,))),
        columns=(
            moments.column("AT", moments.DAY_AND_TIME, now),
            Column("CHANNEL", 20),
            Column("WHAT", 30, grows=True),
        ),
        rows=lambda found: [_missed_event(one) for one in found.events],
        said=_said_of_missed,
        opens=lambda row: ("trace", *arguments((row.copied,))),
        actions=(Action("S", "resend", lambda _: _resend_to(name), tried=True),),
        every_s=60.0,
    )


def _resend_to(name: str) -> Words:
    return ("events", "resend", "--missed-by", name, *SINCE)


def _missed_event(one: MissedEvent) -> Row:
    maybe = "perhaps: " if one.maybe else ""
    cells = (
        moments.cell(parse_iso(iso_of_ms(one.at_ms)), moments.DAY_AND_TIME),
        Cell(one.channel),
        Cell(f"{maybe}{one.what or one.event_type or '-'}"),
    )
    return Row(one.id, cells, copied=one.event_id or one.id)


def _said_of_missed(found: Missed) -> str:
    away = f"away {counted(len(found.away), 'time')}" if found.away else "never away"
    unknown = f" · {counted(len(found.unknown), 'time')} not recorded" if found.unknown else ""
    return f"{counted(len(found.events), 'event')} · {away}{unknown}"
