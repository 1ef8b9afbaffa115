"""Services and their health on a terminal."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.text import Text

from shema_cli.calls.discovery import Instance
from shema_cli.clock import age
from shema_cli.output.tables import NARROW, new_table, text
from shema_cli.services.results import (
    HealthReport,
    HealthState,
    InstanceHealth,
    ServiceHealth,
    ServiceList,
    expires_in_s,
)
from shema_cli.settings.values import service_variable

WIDE = 100
_GAP = 3
_MARKS = {
    HealthState.HEALTHY: ("●", "green"),
    HealthState.DEGRADED: ("◐", "yellow"),
    HealthState.UNHEALTHY: ("○", "red"),
    HealthState.EXPIRED: ("·", "dim"),
    HealthState.UNKNOWN: ("?", "yellow"),
}
_CIRCUITS = {"closed": "green", "open": "red", "half_open": "yellow"}


def listing(result: ServiceList, width: int) -> RenderableType:
    """Every service with its instances; what is not configured names its variable."""
    if width < NARROW:
        return Group(*(line for name in result.names for line in _listed(result, name)))
    table = new_table("service", "instance", "source", "expires")
    for column in (0, 2, 3):
        table.columns[column].no_wrap = True
    for name in result.names:
        found = result.instances.get(name, ())
        for position, instance in enumerate(found):
            shown = text(name, "bold") if position == 0 else Text("")
            table.add_row(shown, text(instance.url), text(instance.source, "dim"), _expiry(instance, result))
        if not found:
            table.add_row(text(name, "dim"), _unset(name), Text(""), Text(""))
    return table


def _listed(result: ServiceList, name: str) -> Iterator[Text]:
    found: Sequence[Instance] = result.instances.get(name, ())
    yield text(name, "bold" if found else "dim")
    for instance in found:
        registered = (" ", text(instance.source, "dim"), " ", _expiry(instance, result))
        yield Text.assemble("  ", text(instance.url), *(registered if instance.source == "registry" else ()))
    if not found:
        yield Text.assemble("  ", _unset(name))


def _unset(name: str) -> Text:
    return Text(f"not configured: {service_variable(name)}", style="dim")


def _expiry(instance: Instance, result: ServiceList) -> Text:
    left = expires_in_s(instance, result.now)
    if left is None:
        return Text("")
    return Text(f"in {age(left)}") if left > 0 else Text(f"expired {age(-left)} ago", style="yellow")


def health(result: HealthReport, width: int) -> RenderableType:
    """The verdict, then every instance: in a table where no URL is broken in it."""
    if width < max(NARROW, _for_a_table(result)):
        return Group(_verdict(result), *(line for service in result.services for line in _stacked(service)))
    table = new_table("service", "", "instance")
    table.add_column("latency", justify="right", no_wrap=True)
    table.add_column("circuit", no_wrap=True)
    table.columns[0].no_wrap = table.columns[1].no_wrap = True
    if width >= WIDE:
        table.add_column("source", no_wrap=True)
        table.add_column("problem", overflow="fold")
    for service in result.services:
        for position, instance in enumerate(service.instances):
            name = text(service.name, "bold") if position == 0 else Text("")
            table.add_row(name, *_cells(instance, wide=width >= WIDE))
    return Group(_verdict(result), Text(""), table)


def _for_a_table(result: HealthReport) -> int:
    """The columns that it takes with its URLs whole."""
    cells = [
        (text(service.name), text(one.url), _latency(one), _circuit(one))
        for service in result.services
        for one in service.instances
    ]
    heads = tuple(Text(head) for head in ("service", "instance", "latency", "circuit"))
    widest: list[int] = [max(cell.cell_len for cell in column) for column in zip(heads, *cells, strict=True)]
    return 1 + sum(widest) + _GAP * len(widest)


def _cells(instance: InstanceHealth, *, wide: bool) -> list[Text]:
    """The cells of one instance; where there is no room for a column of problems, they stand below the URL."""
    url, problem = text(instance.url), _problem(instance)
    if wide:
        return [
            _mark(instance.state),
            url,
            _latency(instance),
            _circuit(instance),
            text(instance.source, "dim"),
            problem,
        ]
    return [
        _mark(instance.state),
        Text("\n").join([url, problem] if problem else [url]),
        _latency(instance),
        _circuit(instance),
    ]


def _verdict(result: HealthReport) -> Text:
    bad = (HealthState.UNHEALTHY, HealthState.DEGRADED, HealthState.UNKNOWN)
    worst = next((state for state in bad if result.count(state)), HealthState.HEALTHY)
    return _mark(worst if result.error is None else HealthState.UNHEALTHY, result.summary())


def _stacked(service: ServiceHealth) -> Iterator[Text]:
    yield Text.assemble(_mark(service.state), " ", text(service.name, "bold"), f" {service.state}")
    for instance in service.instances:
        circuit = (" circuit ", _circuit(instance)) if instance.circuit != "closed" else ()
        yield Text.assemble("  ", text(instance.url), " ", _latency(instance), *circuit)
        if instance.error:
            yield Text.assemble("    ", _problem(instance))


def _mark(state: HealthState, words: str = "") -> Text:
    mark, style = _MARKS[state]
    return Text.assemble((mark, style), *((" ", (words, "bold")) if words else ()))


def _latency(instance: InstanceHealth) -> Text:
    return text(None) if instance.latency_ms is None else Text(f"{instance.latency_ms} ms")


def _circuit(instance: InstanceHealth) -> Text:
    return Text(instance.told_circuit, style=_CIRCUITS[instance.circuit])


def _problem(instance: InstanceHealth) -> Text:
    if instance.error:
        return text(instance.error, "red" if instance.state == HealthState.UNHEALTHY else "dim")
    return Text(f"clock {instance.skew_s:+.0f} s", style="yellow") if instance.skew_s else Text("")


@contextlib.contextmanager
def in_place(
    console: Console,
    width: Callable[[], int],
    diverted: Callable[[Callable[[str], object]], AbstractContextManager[None]],
) -> Iterator[Callable[[HealthReport], None]]:
    """Draw report over report, at the width that the terminal has at that moment; warnings go above."""
    with Live(console=console, auto_refresh=False, vertical_overflow="visible") as live, diverted(console.print):
        console.show_cursor(True)  # a SIGTERM or a Ctrl-Z gives nobody the time to bring it back

        def show(report: HealthReport) -> None:
            console.width = width()
            live.update(health(report, console.width), refresh=True)

        yield show
