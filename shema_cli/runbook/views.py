"""The runbook on a terminal."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from shema_cli.cases.book import ANSWERED_BY, Fit
from shema_cli.condition.problems import Problem, Severity
from shema_cli.output.sanitize import safe_line
from shema_cli.runbook.results import CaseList, CaseText, Closed, Opened, Ran, Screen, StepShown
from shema_cli.shell import quoted

MARKS = {None: ("✓", "green"), Severity.WARN: ("!", "yellow bold"), Severity.FAIL: ("✗", "red bold")}
INDENT = 2
ROOM_FOR_THE_QUESTION = 2
MOST_OTHERS = 3
BETWEEN = "  "
_MARKUP = re.compile(r"(?P<code>`[^`]*`)|\*\*(?P<strong>[^*]+)\*\*|\*(?P<stressed>[^*]+)\*")
_STYLES = {"code": "cyan", "strong": "bold", "stressed": "italic"}


def screen(shown: Screen, width: int) -> RenderableType:
    """Whatever the runbook shows."""
    match shown:
        case CaseList():
            return _list(shown, width)
        case CaseText():
            return _text(shown)
        case Opened():
            return Group(*_head(shown.fit))
        case StepShown():
            return _step(shown)
        case Ran():
            return _ran(shown)
        case Closed():
            return _closed(shown)


def said(text: str, style: str = "") -> Text:
    """A text of a case: `code`, which keeps its marks for where there is no colour, **strong** and *stressed*."""
    drawn, done = Text(style=style), 0
    for found in _MARKUP.finditer(text):
        kind = found.lastgroup or ""
        drawn.append(text[done : found.start()]).append(found[kind], _STYLES[kind])
        done = found.end()
    return drawn.append(text[done:])


# -- the cases ----------------------------------------------------------------------------------------------------


def _list(shown: CaseList, width: int) -> RenderableType:
    """Those that fit with the problem that they answer; the others on a line each, or where they do not fit on the
    screen, by their names."""
    severity = shown.first_line.severity
    fitting = [fit for fit in shown.fits if fit.problems]
    widest = max(len(fit.case.name) for fit in shown.fits)
    drawn: list[RenderableType] = [_marked(severity, f"{shown.first_line.said}."), Text()]
    for number, fit in enumerate(fitting, start=1):
        drawn.append(_line(number, fit, widest, "bold"))
        drawn.append(Padding(_one_line(_why(fit), width - 5, "dim"), (0, 0, 0, 5)))
    if fitting:
        drawn += [Text(), Text("What fits nothing that was seen:", style="dim")]
    others = list(enumerate(shown.fits, start=1))[len(fitting) :]
    if shown.height is not None and len(drawn) + len(others) + ROOM_FOR_THE_QUESTION > shown.height:
        names = [Text.assemble((f"{number} ", "dim"), (fit.case.name, "cyan")) for number, fit in others]
        drawn += [Padding(line, (0, 0, 0, INDENT)) for line in _run_on(names, width - INDENT)]
    else:
        drawn += [_line(number, fit, widest) for number, fit in others]
    return Group(*drawn)


def _run_on(names: Sequence[Text], room: int) -> Iterator[Text]:
    """One after the other in lines of `room` columns, none of them broken."""
    line = Text()
    for name in names:
        if line and line.cell_len + len(BETWEEN) + name.cell_len > room:
            yield line
            line = Text()
        line = Text.assemble(line, BETWEEN if line else "", name)
    yield line


def _line(number: int, fit: Fit, widest: int, style: str = "") -> Text:
    name = fit.case.name.ljust(widest)
    words = ((f"{number:>3}  ", "dim"), (f"{name}  ", "cyan"), (fit.case.title, style))
    return Text.assemble(*words, no_wrap=True, overflow="ellipsis")


def _why(fit: Fit) -> str:
    first, more = fit.problems[0], len(fit.problems) - 1
    return f"{first.what}: {first.cause}" + (f" (and {more} more)" if more else "")


def _one_line(text: str, room: int, style: str) -> Text:
    drawn = Text(safe_line(text), style=style)
    drawn.truncate(max(1, room), overflow="ellipsis")
    return drawn


# -- one case -----------------------------------------------------------------------------------------------------


def _head(fit: Fit) -> Iterator[RenderableType]:
    yield Text(f"\n{fit.case.title}", style="bold")
    if fit.problems:
        for one in fit.problems:
            yield _marked(one.severity, f"{one.what}: {one.cause}")
    else:
        yield said(fit.case.looks_like, "dim")
    if fit.case.meanwhile:
        yield _beneath("Meanwhile", [fit.case.meanwhile])
    if fit.case.never:
        yield _beneath("Do not", fit.case.never)


def _beneath(title: str, texts: Sequence[str]) -> RenderableType:
    if len(texts) == 1:
        return Text.assemble((f"{title}: ", "bold"), said(texts[0]))
    return Group(Text(f"{title}:", style="bold"), *(Padding(said(text), (0, 0, 0, INDENT)) for text in texts))


def _text(shown: CaseText) -> RenderableType:
    drawn: list[RenderableType] = list(_head(shown.fit))
    for number, (step, line) in enumerate(shown.lines(), start=1):
        drawn += _of_step(StepShown(step, number, len(shown.fit.case.steps), line))
        if step.look_for:
            drawn.append(_indented(Text.assemble(("Look for: ", "bold"), said(step.look_for))))
    if shown.fit.case.practise:
        drawn += [Text(), Text.assemble(("Practise: ", "bold"), said(shown.fit.case.practise))]
    return Group(*drawn)


def _step(shown: StepShown) -> RenderableType:
    return Group(*_of_step(shown))


def _of_step(shown: StepShown) -> Iterator[RenderableType]:
    step = shown.step
    only_if = said(f"If {step.only_if}: ", "yellow") if step.only_if else Text()
    yield Text()
    yield Text.assemble((f"{shown.number}/{shown.of}  ", "bold cyan"), only_if, said(step.says))
    if shown.line:
        yield _indented(Text.assemble(("$ ", "dim"), Text(safe_line(shown.line), style="bold", overflow="fold")))


def _ran(shown: Ran) -> RenderableType:
    ended = shown.told if shown.code < 0 else f"exit code {shown.code}: {shown.told}"
    style = "dim" if shown.code == 0 else "yellow"
    drawn: list[RenderableType] = [_indented(Text(safe_line(ended), style=style))]
    if shown.step.look_for:
        drawn.append(_indented(Text.assemble(("Look for: ", "bold"), said(shown.step.look_for))))
    if shown.next:
        drawn.append(_indented(Text(f"→ {safe_line(shown.next)}", style="cyan", overflow="fold")))
    return Group(*drawn)


def _closed(shown: Closed) -> RenderableType:
    drawn: list[RenderableType] = [Text()]
    if shown.remaining:
        drawn += [_marked(one.severity, f"still: {one.what}: {one.cause}") for one in shown.remaining]
    elif shown.fit.problems:
        drawn.append(_marked(None, "Solved: what this case is about is seen no more."))
    else:
        drawn.append(_marked(None, "Nothing that this case is about is seen."))
    if shown.others:
        drawn += [Text(), Text("Besides:", style="dim")]
        drawn += [line for one in shown.others[:MOST_OTHERS] for line in _besides(one)]
    if left := len(shown.others) - MOST_OTHERS:
        drawn += [Text(f"  … and {left} more: shema status", style="dim")] if left > 0 else []
    return Group(*drawn)


def _besides(one: Problem) -> Iterator[RenderableType]:
    yield _marked(one.severity, one.what)
    yield _indented(Text(f"→ shema runbook {quoted(ANSWERED_BY[one.kind].name)}", style="cyan"))


def _marked(severity: Severity | None, text: str) -> Text:
    mark, style = MARKS[severity]
    return Text.assemble((f"{mark} ", style), safe_line(text))


def _indented(drawn: Text) -> RenderableType:
    return Padding(drawn, (0, 0, 0, INDENT + 3))
