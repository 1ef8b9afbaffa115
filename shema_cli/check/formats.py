"""How a check is written for those that read it: a person, Nagios and its like, Prometheus, a program."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from shema_cli.check import CheckFormat
from shema_cli.check.figures import (
    ACKNOWLEDGED,
    ENTRIES,
    LATENCY,
    MEASURES,
    OLDEST,
    OLDEST_WAITING,
    SESSION,
    WAITING,
    Figure,
    Measure,
)
from shema_cli.check.verdict import AreaCheck, Checked, Level
from shema_cli.output.sanitize import bounded, safe_json, safe_line

MOST_SAID = 800
"""Characters of Nagios' one line before the performance data; some of its carriers cut at 1,024."""
MOST_PERFORMANCE = 40
INDENT = " " * 9
MOST_LINES = 20
_SEPARATOR = re.compile(r"[|\r\n]")
_IN_LABEL = re.compile(r"[|=\r\n\"]")


def written(checked: Checked, form: CheckFormat, width: int | None = None) -> str:
    """The whole of it, each line with its end. Foreign text in it is safe and opens no line of its own.

    `width`: the columns of the terminal that `text` is written for; None where it is none.
    """
    return text(checked, width) if form is CheckFormat.TEXT else _WRITERS[form](checked)


# -- for a person --------------------------------------------------------------------------------------------------


def text(checked: Checked, width: int | None = None) -> str:
    """The areas, the worst first: what was found there or, in its place, what is wrong, with its cause and command."""
    lines = [line for one in checked.worst_first for line in _area_lines(one, width)]
    return "".join(f"{line}\n" for line in lines)


def _area_lines(one: AreaCheck, width: int | None) -> Iterator[str]:
    head = f"{one.level.word:<8} {one.area}: "
    if not one.problems:
        yield from _paragraph(f"{head}{one.told}", width)
    for number, problem in enumerate(one.problems):
        yield from _paragraph(f"{INDENT if number else head}{problem.what}", width)
        ways = [f"{problem.cause}  → {problem.next}"] if width is None else [problem.cause, f"→ {problem.next}"]
        yield from (line for way in ways for line in _paragraph(f"{INDENT}{way}", width))
    if one.problems and one.lacking:
        yield from _paragraph(f"{INDENT}{one.lacking}", width)


def _paragraph(told: str, width: int | None) -> Iterator[str]:
    """On one line, or broken between words at `width`, all but the first line indented."""
    line = safe_line(told)
    if width is None:
        yield line
        return
    from shema_cli.output.wrap import wrapped

    head, rest = line[: len(INDENT)], line[len(INDENT) :]
    for number, part in enumerate(wrapped(rest, max(1, width - len(INDENT)), MOST_LINES)):
        yield f"{INDENT if number else head}{part}"


# -- for Nagios, Icinga and what reads their plugins ----------------------------------------------------------------


def nagios(checked: Checked) -> str:
    """One line: how it is, why, and after the bar the performance data."""
    said = "; ".join(_reasons(checked)) or f"{', '.join(one.area for one in checked.areas)} ok"
    line = f"SHEMA {checked.level.name} - {bounded(_plain(said), MOST_SAID)}"
    data = " ".join(list(_performance(checked))[:MOST_PERFORMANCE])
    return f"{line} | {data}\n" if data else f"{line}\n"


def _reasons(checked: Checked) -> Iterator[str]:
    """What is wrong, worst first; areas that are unknown for one reason are told together."""
    unknown: dict[str, list[str]] = {}
    for one in checked.worst_first:
        yield from (problem.what for problem in one.problems)
        if one.level is Level.UNKNOWN and not one.problems:
            unknown.setdefault(one.told, []).append(one.area)
    for told, areas in unknown.items():
        yield told if len(areas) == len(checked.areas) else f"{', '.join(areas)} unknown: {told}"


def _plain(told: str) -> str:
    """Foreign text without the bar that would begin the performance data."""
    return _SEPARATOR.sub("/", safe_line(told))


def _performance(checked: Checked) -> Iterator[str]:
    limits = checked.thresholds
    apart = any(one.measure is ACKNOWLEDGED and one.value for one in checked.measured)
    entries, oldest = (WAITING, OLDEST_WAITING) if apart else (ENTRIES, OLDEST)
    of = {
        entries: (limits.dlq_warn, limits.dlq_crit),
        oldest: (limits.oldest_warn_s, limits.oldest_crit_s),
    }
    shown = (ENTRIES, *((WAITING,) if apart else ()), OLDEST, *((OLDEST_WAITING,) if apart else ()), SESSION, LATENCY)
    for figure in sorted(
        (one for one in checked.measured if one.measure in shown), key=lambda one: shown.index(one.measure)
    ):
        warn, crit = of.get(figure.measure, (None, None))
        unit = "s" if figure.measure.name.endswith("_seconds") else ""
        tail = ";".join("" if limit is None else f"{limit:g}" for limit in (warn, crit))
        yield f"{_label(figure)}={_number(figure.value)}{unit};{tail};0"


def _label(figure: Figure) -> str:
    """Quoted, as labels with blanks must be; a quote within is doubled."""
    name = figure.measure.name.removeprefix("shema_").removesuffix("_seconds")
    words = " ".join([name, *figure.labels.values()])
    return "'" + _IN_LABEL.sub("_", safe_line(words)).replace("'", "''") + "'"


# -- for Prometheus -------------------------------------------------------------------------------------------------


def prometheus(checked: Checked) -> str:
    """The text exposition format 0.0.4: HELP and TYPE of each measure, then its figures."""
    return "".join(_exposed(measure, [f for f in checked.figures if f.measure is measure]) for measure in MEASURES)


def _exposed(measure: Measure, figures: list[Figure]) -> str:
    if not figures:
        return ""
    head = f"# HELP {measure.name} {measure.help}\n# TYPE {measure.name} {measure.kind}\n"
    return head + "".join(f"{measure.name}{_labels(one)} {_number(one.value)}\n" for one in figures)


def _labels(figure: Figure) -> str:
    told = ",".join(f'{name}="{_escaped(value)}"' for name, value in figure.labels.items())
    return f"{{{told}}}" if told else ""


def _escaped(value: str) -> str:
    """A label's value: what a terminal would obey is spelled out first, then the three signs of the format."""
    return safe_line(value).replace("\\", "\\\\").replace('"', '\\"')


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(value)


# -- for a program --------------------------------------------------------------------------------------------------


def json(checked: Checked) -> str:
    return safe_json(checked.document()) + "\n"


_WRITERS: dict[CheckFormat, Callable[[Checked], str]] = {
    CheckFormat.NAGIOS: nagios,
    CheckFormat.PROMETHEUS: prometheus,
    CheckFormat.JSON: json,
}
