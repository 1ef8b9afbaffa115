"""A triage on a terminal: one screen a family, what matters most first; what its keys do; what was done."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import lru_cache

from rich.cells import cell_len, chop_cells
from rich.console import Group, RenderableType
from rich.text import Text

from shema_cli.clock import TO_THE_MINUTE, age, local_time
from shema_cli.condition.facts import HEALTHY, UNKNOWN, InstanceFacts, ServiceFacts
from shema_cli.dlq.letters.entry import Entry
from shema_cli.dlq.results import entries_and_events, none_of
from shema_cli.json_text import dumps, loads, set_out
from shema_cli.output.sanitize import bounded, safe_block, safe_line
from shema_cli.output.sparkline import sparkline_of_counts
from shema_cli.output.tables import LONGEST_NAME, shortened
from shema_cli.output.wrap import wrapped
from shema_cli.people.shown import Subject
from shema_cli.results import counted
from shema_cli.triage.families import Family
from shema_cli.triage.known import Concerned, FamilyFacts
from shema_cli.triage.results import Triaged
from shema_cli.triage.screen import TriageScreen
from shema_cli.triage.tour import Stage, Wish

LABEL = 10
DAY_S = 86400
MOST_NAMED = 5
MOST_TYPES = 4
MOST_SERVICES = 4
MOST_OF_A_SAMPLE = 200_000
"""Characters of an entry that are shown."""
_KEYS = ("n next", "b back", "i whole", "e edit", "k acknowledge", "u again", "? keys", "q summary")
_DANGEROUS = ("R replay, a canary first", "D discard, exported first")
_HELP = (
    ("n ↓  b ↑", "the next family, the one before; worst first, acknowledged ones last"),
    ("i", "the oldest entry whole; ↑ ↓ and the space bar move, Esc goes back"),
    ("u", "look again: count the list, ask the services anew"),
    ("e", "edit the oldest event in $VISUAL or $EDITOR and replay it: dlq replay ID --edit"),
    ("k", "acknowledge the family, with a note, or take that back: dlq ack, dlq unack"),
    ("q", "the summary; there b goes back, q leaves"),
    ("R", "replay the family: a dry run, the question, a canary that is watched, the rest: dlq replay"),
    ("D", "discard the family; what goes is exported first: dlq discard"),
)


def triage(screen: TriageScreen, width: int) -> RenderableType:
    """One frame."""
    tour = screen.tour
    if tour.stage is Stage.COUNTING:
        counted = f"{screen.counted:,}" if screen.counted else ""
        return Group(
            _head(screen, width), Text(f"Reading the dead letters … {counted}"), Text("q leaves", style="cyan")
        )
    if tour.stage is Stage.SUMMARY:
        keys = Text("b back  q leave", style="cyan")
        return Group(_head(screen, width), keys, Text(""), *_summary(screen, width))
    if tour.stage is Stage.KEYS:
        return Group(_head(screen, width), Text("any key goes back", style="cyan"), Text(""), *_help(width))
    if tour.stage is Stage.SAMPLE:
        return Group(_head(screen, width), Text("↑ ↓ space move  Esc back", style="cyan"), *_sample(screen, width))
    family = tour.current
    drawn = [_head(screen, width), *_key_lines(screen, width)]
    drawn += _family(screen, family, width, screen.height - len(drawn)) if family else []
    return Group(*drawn)


def _head(screen: TriageScreen, width: int) -> Text:
    tour = screen.tour
    where = {
        Stage.COUNTING: "",
        Stage.SUMMARY: " summary",
        Stage.KEYS: " keys",
    }.get(tour.stage, f" {tour.at + 1:,} of {len(tour.families):,}")
    left = "" if tour.stage is Stage.COUNTING else f" · {counted(screen.found.total, 'dead letter')}"
    again = " · counting again …" if screen.counted is not None and tour.stage is not Stage.COUNTING else ""
    read_only = " · READ-ONLY" if tour.why_not else ""
    told = f"Triage{where}{left}{again}"
    head = Text(told, style="bold", no_wrap=True, overflow="ellipsis")
    return head.append(f"  {safe_line(screen.target[0])}{read_only}", style="yellow" if tour.why_not else "dim")


def _key_lines(screen: TriageScreen, width: int) -> list[Text]:
    family, may = screen.tour.current, not screen.tour.why_not
    keys = [key.replace("acknowledge", "not acknowledged") if family and family.known else key for key in _KEYS]
    lines = [Text(line, style="cyan") for line in _joined(keys, width)]
    lines += [Text(line, style="red bold" if may else "dim") for line in _joined(_DANGEROUS, width)]
    said = screen.tour.said
    return [*lines, Text(safe_line(f"! {said}") if said else "", style="yellow", no_wrap=True, overflow="ellipsis")]


def _joined(keys: list[str] | tuple[str, ...], width: int) -> list[str]:
    """Side by side, in as many lines as that takes."""
    lines = [keys[0]]
    for key in keys[1:]:
        if cell_len(f"{lines[-1]}  {key}") <= width:
            lines[-1] += f"  {key}"
        else:
            lines.append(key)
    return lines


def _family(screen: TriageScreen, family: Family, width: int, height: int) -> list[Text]:
    """As much as there is room for; the sample gets what is left."""
    lines: list[Text] = []
    facts = screen.seen.facts
    for label, told, style, most in _rows(screen, family, facts):
        lines += _row(label, told, style, width, most)
    room = height - len(lines)
    if facts and facts.sample and family.count and room > 0:
        lines += _row("sample", _sample_line(facts), "dim", width, 2)
        if (room := height - len(lines)) > 0:
            lines += _row("", _content(facts.sample.entry), "", width, room)
    return lines[:height]


def _row(label: str, told: str, style: str, width: int, most: int) -> list[Text]:
    lines = wrapped(safe_line(bounded(told)), max(10, width - LABEL), most)
    labels = [label, *[""] * len(lines)]
    return [
        Text.assemble((f"{name:<{LABEL}}", "bold"), (line, style)) for name, line in zip(labels, lines, strict=False)
    ]


def _rows(screen: TriageScreen, family: Family, facts: FamilyFacts | None) -> Iterator[tuple[str, str, str, int]]:
    """(label, what is told, style, how many lines at most)."""
    if screen.tour.problem:
        yield "!", f"not counted again: {screen.tour.problem.message}; u tries again", "yellow", 2
    yield from (("!", warning, "yellow", 2) for warning in screen.found.warnings)
    yield "error", _error(family), "bold", 3
    yield "family", _numbers(family, facts), "yellow" if family.growth.rising or family.returned else "", 2
    if family.first and family.last:
        now = screen.now
        first, last = ((now - moment).total_seconds() for moment in (family.first, family.last))
        when = f" ({local_time(family.last, TO_THE_MINUTE)})" if last >= DAY_S else ""
        yield "failed", f"first {age(first)} ago, last {age(last)} ago{when}", "", 2
    if family.growth.of_a_day:
        yield "24 hours", f"{sparkline_of_counts(family.growth.per_hour)}  {family.growth.told}".rstrip(), "", 1
    if family.standing:
        yield "returned" if family.returned else "known", family.standing.told, "yellow", 2
    for done in screen.done[-2:]:
        yield "done", done.told, "green" if done.code == 0 else "red", 2
    if not family.count:
        yield "", "nothing of it is left", "dim", 1
    elif screen.seen.problem:
        yield "!", f"{screen.seen.problem.message}; u tries again", "yellow", 3
    elif facts is None:
        yield "", "looking at its entries …", "dim", 1
    else:
        yield from _of_facts(screen, facts)


def _of_facts(screen: TriageScreen, facts: FamilyFacts) -> Iterator[tuple[str, str, str, int]]:
    for number, (kind, count) in enumerate(list(facts.types.items())[:MOST_TYPES]):
        channel = next((name for name in facts.listeners if name.upper().replace(".", "_") == kind.upper()), None)
        heard = f": {facts.listeners[channel].foretold}" if channel else ""
        unheard = channel is not None and facts.listeners[channel].unheard
        yield "" if number else "events", f"{count:,} {kind}{heard}", "yellow" if unheard else "", 1
    if (more := len(facts.types) - MOST_TYPES) > 0:
        yield "", f"and {counted(more, 'more type')}", "dim", 1
    if who := _about(screen, facts):
        yield "about", who, "", 2
    yield from _services(screen)
    if before := _before(screen, facts):
        yield "before", before, "yellow" if facts.replayed else "", 2


def _error(family: Family) -> str:
    if family.fingerprint is None:
        return "no events: they cannot be replayed"
    return family.example or "no error told"


def _numbers(family: Family, facts: FamilyFacts | None) -> str:
    parts = [family.name, counted(family.count, "entry", "entries")]
    if facts and facts.looked:
        if facts.looked >= family.count:
            parts[1] = entries_and_events(family.count, facts.events) if facts.events else parts[1]
        else:
            parts.append(f"looked at: the oldest {entries_and_events(facts.looked, facts.events)}")
    if family.new:
        parts.append(f"{family.new:,} new since your last look")
    return " · ".join(parts)


def _about(screen: TriageScreen, facts: FamilyFacts) -> str:
    """The first of the students, how many more, and the courses."""
    students = list(dict.fromkeys(one.student_id for one in facts.subjects if one.student_id))
    courses = list(dict.fromkeys(one.course_id for one in facts.subjects if one.course_id))
    people = [_called(screen, Subject(id)) for id in students]
    titles = [_titled(screen, Subject(None, id)) for id in courses]
    return " · ".join(part for part in (_first_of(people), _first_of(titles)) if part)


def _first_of(names: list[str]) -> str:
    more = len(names) - MOST_NAMED
    return ", ".join(names[:MOST_NAMED]) + (f" and {more:,} more" if more > 0 else "")


def _called(screen: TriageScreen, subject: Subject) -> str:
    name = screen.names.of(*subject).student_name
    return shortened(name, LONGEST_NAME) if name else str(subject.student_id)


def _titled(screen: TriageScreen, subject: Subject) -> str:
    title = screen.names.of(*subject).course_title
    return shortened(title, LONGEST_NAME) if title else str(subject.course_id)


def _services(screen: TriageScreen) -> Iterator[tuple[str, str, str, int]]:
    for number, one in enumerate(screen.concerned[:MOST_SERVICES]):
        well = bool(one.facts and not one.facts.down) and not one.missing
        told = f"{one.name}{' (named in the error)' if one.named else ''}: {_state(screen, one)}"
        yield "" if number else "services", told, "green" if well else "yellow", 2
    if (more := len(screen.concerned) - MOST_SERVICES) > 0:
        yield "", f"and {counted(more, 'more service')}", "dim", 1


def _state(screen: TriageScreen, one: Concerned) -> str:
    parts = [f"does not listen to {', '.join(one.missing[:3])}"] if one.missing else []
    parts += ["listens"] if one.listens else []
    return "; ".join([*parts, _health(screen, one.facts)])


def _health(screen: TriageScreen, facts: ServiceFacts | None) -> str:
    if facts is not None and facts.instances:
        return ", ".join(_instance(one) for one in facts.instances[:2])
    if screen.services.problem:
        return f"health not known ({screen.services.problem})"
    return "health …" if screen.services.asked else "not configured"


def _instance(one: InstanceFacts) -> str:
    state = one.state if one.state in (HEALTHY, UNKNOWN) or not one.error else f"{one.state} ({one.error})"
    circuit = "" if one.circuit == "closed" else f", circuit {one.circuit.replace('_', '-')}"
    still = f" for {one.open_for_s:.0f} s more" if one.open_for_s else ""
    return f"{state}{circuit}{still}"


def _before(screen: TriageScreen, facts: FamilyFacts) -> str:
    parts = []
    if facts.replayed:
        parts.append(f"{facts.replayed:,} of {facts.looked:,} looked at were replayed and came back")
    if past := facts.past:
        back = f", {past.bounced:,} came back" if past.bounced else ""
        parts.append(f"{_since(screen, past.at_ms)} {past.who or 'somebody'} {past.told}{back}")
    elif facts.attempt:
        parts.append(f"last {_since(screen, facts.attempt[0])} by {facts.attempt[1] or 'somebody'}")
    if facts.published:
        parts.append(f"the sample was published {counted(facts.published, 'time')}")
    return "; ".join(parts)


def _since(screen: TriageScreen, milliseconds: int) -> str:
    return f"{age(screen.now.timestamp() - milliseconds / 1000)} ago"


def _sample_line(facts: FamilyFacts) -> str:
    assert facts.sample is not None
    entry = facts.sample.entry
    when = "" if facts.sample.age_s is None else f"failed {age(facts.sample.age_s)} ago"
    parts = [entry.id, entry.event_id or "", entry.reason or "", when]
    return " · ".join(part for part in parts if part)


@lru_cache(maxsize=4)
def _content(entry: Entry) -> str:
    """What the event says, on one line; what is no event as it stands there."""
    if not entry.valid:
        return entry.raw.decode("utf-8", "backslashreplace")
    event = loads(entry.event)
    data = event.get("data", event) if isinstance(event, Mapping) else event
    return bounded(dumps(data, spaced=True))


def _sample(screen: TriageScreen, width: int) -> list[Text]:
    facts = screen.seen.facts
    if facts is None or facts.sample is None:
        return [Text("nothing of it was looked at by now", style="dim")]
    lines = _whole(facts.sample.entry.raw, width)
    room = max(1, screen.height - 3)
    screen.tour.top = max(0, min(screen.tour.top, len(lines) - room))
    head = Text(safe_line(_sample_line(facts)), style="dim", no_wrap=True, overflow="ellipsis")
    return [head, *(Text(line, no_wrap=True) for line in lines[screen.tour.top : screen.tour.top + room])]


@lru_cache(maxsize=2)
def _whole(raw: bytes, width: int) -> tuple[str, ...]:
    """An entry in lines of a terminal."""
    told = raw.decode("utf-8", "backslashreplace")
    with suppress(ValueError):
        told = set_out(dumps(loads(raw)))
    lines = safe_block(told[:MOST_OF_A_SAMPLE]).expandtabs(4).split("\n")
    return tuple(piece for line in lines for piece in chop_cells(line, width) or [""])


def _help(width: int) -> Iterator[Text]:
    for key, told in _HELP:
        danger = key in (Wish.REPLAY.value, Wish.DISCARD.value)
        if key == Wish.REPLAY.value:
            yield Text("")
        for number, line in enumerate(wrapped(told, width - LABEL, 3)):
            yield Text.assemble(("" if number else key).ljust(LABEL), line, style="red" if danger else "")
    yield Text("")
    yield Text("Each is the command that it shows before it asks.", style="dim")


def _summary(screen: TriageScreen, width: int) -> Iterator[Text]:
    tour = screen.tour
    room = max(1, screen.height - 5)
    touched = [one for one in tour.families if one.name in tour.done]
    rest = [one for one in tour.families if one.count and one.name not in tour.done]
    shown = [*touched, *rest]
    for one in shown[:room]:
        yield _line(one, tour.done[one.name][-1].told if one.name in tour.done else "", width)
    if (more := len(shown) - room) > 0:
        yield Text(f"and {counted(more, 'more family', 'more families')}", style="dim")


def _line(family: Family, told: str, width: int) -> Text:
    left = counted(family.count, "entry left", "entries left") if family.count else "nothing left"
    done = f"{told}; {left}" if told else left
    line = Text.assemble((f"{family.name:<12}", "cyan"), (safe_line(done), "green" if told else ""))
    line.append(f"  {safe_line(bounded(_error(family), width))}", style="dim")
    line.no_wrap, line.overflow = True, "ellipsis"
    return line


def triaged(result: Triaged, width: int) -> RenderableType:
    """What was done, family by family, and the first of those that are left."""
    if not result.families:
        return Text(none_of(result.listed), style="dim") if result.ended is None else Text("")
    touched = [one for one in result.families if one.name in result.done]
    rest = [one for one in result.left if one.name not in result.done]
    lines: list[Text] = []
    for one in touched:
        lines.append(_line(one, "; ".join(done.told for done in result.done[one.name]), width))
        lines += [Text(f"  $ {safe_line(done.line)}", style="dim", overflow="fold") for done in result.done[one.name]]
    lines += [_line(one, "", width) for one in rest[:10]]
    if (more := len(rest) - 10) > 0:
        lines.append(Text(f"and {counted(more, 'more family', 'more families')}", style="dim"))
    return Group(*lines)
