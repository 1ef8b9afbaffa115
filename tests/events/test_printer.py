"""From the buffer to stdout, in whichever form was asked for, without a server (contract 2.3, 2.4)."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from shema_cli.errors import AccessDenied, Failed
from shema_cli.events import views
from shema_cli.events.buffer import Batch, Buffer, Gap, Item, Lost, Skipped
from shema_cli.events.catalogue import event_kinds
from shema_cli.events.filters import Recorded, build_filter
from shema_cli.events.history.entries import RecordedGap
from shema_cli.events.messages import read_message
from shema_cli.events.printer import Layout, MessageLines, NoticeLine, StdoutPrinter
from shema_cli.events.reader import Reader
from shema_cli.events.results import EventTypes, Published
from shema_cli.events.tail import Tail, TailOptions
from shema_cli.output.sanitize import Lines
from shema_cli.output.sink import Format, Output
from shema_cli.output.streams import Streams
from shema_cli.people.results import Named, Person
from shema_cli.people.shown import Subject
from shema_cli.store.listeners import Listeners
from tests.support.cli import CapturedStream
from tests.support.drawing import drawn, flat
from tests.support.world import StillClock
from tests.support.zone import in_zone

NOW = datetime(2026, 1, 31, 8, tzinfo=UTC)
GAP = Gap(NOW, NOW + timedelta(seconds=2.25), 2.25, "connection reset")
WIDTHS = [40, 60, 80, 120]
Reply = list[bytes]


def event(number: int, kind: str = "ENROLLMENT_APPROVED") -> bytes:
    data = {"enrollmentId": f"e{number}", "studentId": "s"}
    return json.dumps({"eventType": kind, "eventId": f"evt_{number}", "data": data}, separators=(",", ":")).encode()


def batch(*payloads: bytes, channel: bytes = b"enrollment.approved") -> Batch:
    replies: Any = [[b"pmessage", b"*", channel, payload] for payload in payloads]
    return Batch(replies, NOW, sum(map(len, payloads)))


@dataclass
class Printed:
    """A printer and the streams that it prints to."""

    format: Format = Format.JSON
    terminal: bool = False
    options: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        environ = {"NO_COLOR": "1", "TERM": "xterm", "COLUMNS": "100"}
        stdin, stdout, stderr = (CapturedStream(terminal=self.terminal) for _ in range(3))
        self.streams = Streams(stdin, stdout, stderr, environ)
        options = TailOptions((b"*",), **self.options)
        self.printer = StdoutPrinter(Output(self.streams, self.format), options, views.lines)

    @property
    def out(self) -> str:
        return cast(CapturedStream, self.streams.stdout).bytes.decode()

    @property
    def err(self) -> str:
        return cast(CapturedStream, self.streams.stderr).bytes.decode()


def test_json_is_a_line_for_each_and_duplicates_are_marked() -> None:
    printed = Printed()
    assert printed.printer.batch(batch(event(1), event(2), event(1)), None) == 3
    lines = [json.loads(line) for line in printed.out.splitlines()]
    assert [line["payload"]["eventId"] for line in lines] == ["evt_1", "evt_2", "evt_1"]
    assert ["duplicate" in line for line in lines] == [False, False, True]


@pytest.mark.parametrize("format", [Format.JSON, Format.CSV, Format.TABLE])
@pytest.mark.parametrize("raw", [False, True])
def test_there_is_room_for_so_many_and_no_more(format: Format, raw: bool) -> None:
    printed = Printed(format, options={"raw": raw})
    assert printed.printer.batch(batch(*(event(n) for n in range(5))), 2) == 2
    assert "evt_1" in printed.out
    assert "evt_2" not in printed.out


def test_raw_is_the_payload_byte_for_byte() -> None:
    printed = Printed(Format.TABLE, options={"raw": True, "filter": build_filter(grep="x")})
    printed.printer.batch(batch(b"x\xff\x1b[2J"), None)
    printed.printer.batch(batch(b"nothing"), None)
    assert cast(CapturedStream, printed.streams.stdout).bytes == b"x\xff\x1b[2J\n"


def test_rows_have_one_head_however_many_batches_come() -> None:
    printed = Printed(Format.CSV)
    printed.printer.batch(batch(event(1)), None)
    printed.printer.notice(Skipped(7, NOW))
    printed.printer.batch(batch(event(2)), None)
    rows = list(csv.DictReader(io.StringIO(printed.out)))
    assert [(row["kind"], row["event_id"]) for row in rows] == [("event", "evt_1"), ("skipped", ""), ("event", "evt_2")]


def test_chat_has_columns_of_its_own() -> None:
    printed = Printed(Format.CSV, options={"as_chat": True})
    said = b'{"type":"new_message","senderId":"u1","senderRole":"student","message":"hai"}'
    printed.printer.batch(batch(said, channel=b"chat:session:s1"), None)
    printed.printer.notice(GAP)
    first, gap = csv.DictReader(io.StringIO(printed.out))
    assert (first["session"], first["role"], first["name"], first["message"]) == ("s1", "student", "u1", "hai")
    assert (gap["name"], gap["message"]) == ("gap", "2.2 s missed: connection reset; what was published then is lost")


@pytest.mark.parametrize(
    ("notice", "document"),
    [
        (
            GAP,
            {
                "kind": "gap",
                "from": "2026-01-31T08:00:00.000Z",
                "to": "2026-01-31T08:00:02.250Z",
                "seconds": 2.25,
                "cause": "connection reset",
            },
        ),
        (Skipped(1200, NOW), {"kind": "skipped", "count": 1200, "since": "2026-01-31T08:00:00.000Z"}),
    ],
)
def test_what_was_missed_is_told_where_the_data_goes(notice: Gap | Skipped, document: dict[str, Any]) -> None:
    printed = Printed()
    printed.printer.notice(notice)
    assert json.loads(printed.out) == document
    raw = Printed(options={"raw": True})
    raw.printer.notice(notice)
    assert raw.out == ""
    assert NoticeLine(notice).words in raw.err


@pytest.mark.parametrize("raw", [False, True])
def test_a_connection_that_was_lost_is_told_aside(raw: bool) -> None:
    printed = Printed(options={"raw": raw})
    printed.printer.notice(Lost("timed out"))
    assert printed.out == ""
    assert "the connection to Redis was lost (timed out); trying again" in printed.err


def test_only_what_is_drawn_for_a_person_takes_its_time() -> None:
    assert Printed(Format.TABLE, terminal=True).printer.draws
    assert not Printed(Format.TABLE, terminal=True, options={"raw": True}).printer.draws
    assert not Printed(Format.JSON, terminal=True).printer.draws
    assert not Printed(Format.TABLE).printer.draws


def test_a_stream_that_is_no_file_is_not_asked_whether_it_is_read() -> None:
    Printed().printer.check_is_read()


# -- the loop --------------------------------------------------------------------------------------------------------


@dataclass
class Keeping:
    """A printer that keeps what it is given."""

    draws: bool = False
    got: list[Item] = field(default_factory=list)
    checked: int = 0
    shows: Callable[[int], int] = lambda count: count

    def batch(self, batch: Batch | Recorded, room: int | None) -> int:
        assert isinstance(batch, Batch)
        shown = self.shows(len(batch.messages[:room]))
        self.got.append(batch)
        return shown

    def count(self, batch: Recorded) -> int:
        raise AssertionError(batch)

    def notice(self, notice: Gap | Skipped | Lost | RecordedGap) -> None:
        assert not isinstance(notice, RecordedGap)
        self.got.append(notice)

    def note(self, said: Lines) -> None:
        raise AssertionError(said)

    def warn(self, text: str) -> None:
        raise AssertionError(text)

    def check_is_read(self) -> None:
        self.checked += 1


@dataclass
class Feeding:
    """Stands in for the thread that reads the socket, and for the buffer: a wait of the loop passes its time."""

    clock: StillClock
    items: list[Item | None] = field(default_factory=list)
    alive: bool = True
    stopped: int = 0

    def take(self, timeout: float) -> Item | None:
        item = self.items.pop(0) if self.items else None
        if item is None:
            self.clock.advance(timeout)
        return item

    def is_alive(self) -> bool:
        return self.alive

    def stop(self) -> None:
        self.stopped += 1


def followed(
    items: list[Item | None], printer: Keeping, still_admin: Callable[[], None] = lambda: None, **options: Any
) -> tuple[Feeding, float]:
    """The seconds that it took on its own clock."""
    clock = StillClock()
    feeding = Feeding(clock, items, alive=options.pop("alive", True))
    tail = Tail(TailOptions((b"*",), **options), printer, cast(Buffer, feeding), clock, still_admin)
    tail.follow(cast(Reader, feeding))
    return feeding, clock.passed - StillClock().passed


def test_it_ends_with_the_limit_and_what_stands_behind_it_is_not_shown() -> None:
    printer = Keeping()
    feeding, _ = followed([batch(event(1)), batch(event(2), event(3)), batch(event(4)), GAP], printer, limit=2)
    assert [len(item.messages) if isinstance(item, Batch) else item for item in printer.got] == [1, 2, GAP]
    assert feeding.stopped == 1


def test_it_ends_when_its_time_is_over_and_shows_what_has_come_by_then() -> None:
    printer = Keeping()
    _, passed = followed([None, batch(event(1)), None, None, None, None, batch(event(2))], printer, duration=2.2)
    assert passed == pytest.approx(2.2)
    assert len(printer.got) == 2


def test_it_ends_when_nothing_was_shown_for_so_long() -> None:
    items: list[Item | None] = [None, None, batch(event(1)), *[None] * 9]
    assert followed(items, Keeping(), idle=1.2)[1] == pytest.approx(1.0 + 1.2)
    hidden = Keeping(shows=lambda count: 0)  # a filter lets nothing through: that is nothing shown
    assert followed([None, batch(event(1)), *[None] * 9], hidden, idle=1.2)[1] == pytest.approx(1.2)


def test_while_it_waits_it_looks_whether_anybody_reads() -> None:
    printer = Keeping()
    followed([], printer, duration=2)
    assert printer.checked == 4


def test_a_reader_that_died_is_an_error() -> None:
    with pytest.raises(Failed, match="not read any more"):
        followed([batch(event(1)), None], Keeping(), alive=False)


def test_somebody_who_is_no_admin_any_more_sees_nothing_more() -> None:
    asked: list[int] = []

    def still_admin() -> None:
        asked.append(len(asked))
        if len(asked) == 2:
            raise AccessDenied("not_admin", "not an admin", "shema auth login")

    printer = Keeping()
    items: list[Item | None] = [None if n % 2 else batch(event(n)) for n in range(500)]
    with pytest.raises(AccessDenied):
        followed(items, printer, still_admin)
    assert 0 < len(printer.got) < 250


# -- what is drawn ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("width", WIDTHS)
def test_the_catalogue_names_every_event_and_field_at_every_width(width: int) -> None:
    shown = flat(views.catalogue(EventTypes(event_kinds()), width), width)
    for kind in event_kinds():
        assert kind.channel in shown
    for word in ("registrationNumber", "experienceLevel", "closedBy"):
        assert word in shown


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize(
    ("receivers", "foretold", "said"),
    [
        (2, None, "Publishedonenrollment.approved,heardby2services"),
        (0, None, "Publishedonenrollment.approved{"),
        (None, None, "Publishedonenrollment.approved{"),
        (2, Listeners(2), "Wouldbepublishedonenrollment.approved{"),
    ],
)
def test_what_was_published_is_shown(width: int, receivers: int | None, foretold: Listeners | None, said: str) -> None:
    event = {"eventId": "evt_1", "data": {"x": "\x9b"}}
    result = Published("enrollment.approved", event, receivers, foretold, planned=foretold is not None)
    shown = flat(views.published(result, width), width)
    assert shown.startswith(said)
    assert '"eventId":"evt_1"' in shown


@pytest.mark.parametrize(
    ("receivers", "foretold", "said"),
    [
        (0, Listeners(0), "dry run: nothing was published; nobody listens"),
        (1, Listeners(1), "nothing was published; 1 listener"),
        (1, Listeners(1, 2), "1 to 3 listeners"),
        (0, Listeners(0, 1), "nobody for sure; 1 pattern of others may match"),
        (0, Listeners(0, None), "not known whether anybody listens"),
        (0, None, "no service heard it"),
        (None, None, "Redis went away"),
        (1, None, None),
    ],
)
def test_what_came_of_it_is_noted(receivers: int | None, foretold: Listeners | None, said: str | None) -> None:
    notes = list(Published("c", {}, receivers, foretold, planned=foretold is not None).notes())
    assert [said in note for note in notes] == [True] if said else notes == []


@pytest.mark.parametrize("width", WIDTHS)
def test_each_message_is_a_line_at_every_width(width: int) -> None:
    found = [read_message(b"enrollment.approved", b"*", event(1), NOW), read_message(b"x", b"*", b"junk", NOW)]
    found[0].duplicate = True
    shown = flat(views.lines(MessageLines(tuple(found)), width), width)
    for word in ("enrollment.approved", "enrollmente1ofstudentsapproved", "seenbefore", "notanevent:junk"):
        assert word in shown, word
    assert ("evt_1" in shown) is (width >= views.WIDE)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("view", [views.lines, views.chat_lines])
def test_a_notice_is_a_line_of_its_own(width: int, view: Callable[[NoticeLine, int], Any]) -> None:
    assert "──2.2smissed:connectionreset" in flat(view(NoticeLine(GAP), width), width)
    assert "──1,200messagespassedover" in flat(view(NoticeLine(Skipped(1200, NOW)), width), width)


@pytest.mark.parametrize("width", WIDTHS)
def test_a_conversation_reads_as_one(width: int) -> None:
    said = b'{"type":"new_message","senderName":"Sari","senderRole":"student","message":"line 1\\nline 2"}'
    message = read_message(b"chat:session:s1", b"*", said, NOW)
    lines = drawn(views.chat_lines(MessageLines((message,), Layout(as_chat=True)), width), width)
    assert any("Sari student" in line for line in lines)
    assert any(line.endswith("line 1") for line in lines)
    assert any(line.strip().endswith("line 2") for line in lines)


def test_domains_have_a_colour_and_what_is_unknown_has_one_too() -> None:
    assert views.domain_colour("chat:session:s1") == views.domain_colour("chat.message") == "green"
    assert views.domain_colour("something.else") == "white"


def test_a_class_starts_at_local_time_and_what_people_wrote_stays_as_it_is() -> None:
    starts = "2026-07-31T08:00:00.000Z"
    created = {"scheduleId": "sch-1", "enrollmentId": "e1", "courseId": "c1", "startsAt": starts}
    event = {
        "eventType": "SCHEDULE_CREATED",
        "eventId": "evt_1",
        "timestamp": starts,
        "version": "1.0",
        "data": created,
    }
    chat = {"type": "new_message", "senderName": "Sari", "message": f"see you at {starts}"}
    messages = (
        read_message(b"schedule.created", b"*", json.dumps(event).encode(), NOW),
        read_message(b"chat:session:s1", b"*", json.dumps(chat).encode(), NOW),
    )
    with in_zone("Asia/Jakarta"):
        shown = "\n".join(drawn(views.lines(MessageLines(messages), 200), 200))
    assert "starts 2026-07-31 15:00:00 +07:00" in shown
    assert f"see you at {starts}" in shown
    assert "15:00:00 +07:00  schedule.created" in shown


@dataclass
class Known:
    """Names of a stream, and when they were asked for."""

    out: Callable[[], str]
    asked: list[str] = field(default_factory=list)

    def of(self, subject: Subject) -> Named:
        return Named(Person("s", "Budi\x1b[2J Santoso", None) if subject.student_id == "s" else None)

    def ask(self) -> None:
        self.asked.append(self.out())


@pytest.mark.parametrize("terminal", [True, False])
def test_names_are_those_that_are_known_and_the_others_are_asked_for_when_the_line_is_out(terminal: bool) -> None:
    printed = Printed(Format.TABLE, terminal=terminal)
    known = Known(lambda: printed.out)
    printed.printer = StdoutPrinter(Output(printed.streams, Format.TABLE), TailOptions((b"*",)), views.lines, known)  # type: ignore[arg-type]
    printed.printer.batch(batch(event(1)), None)
    assert "Budi\\x1b[2J Santoso" in printed.out
    assert known.asked == [printed.out]
    assert printed.out.endswith("\tBudi\\x1b[2J Santoso\t\n") is not terminal


def test_documents_have_no_names_and_ask_nobody() -> None:
    printed = Printed(Format.JSON)
    known = Known(lambda: printed.out)
    printed.printer = StdoutPrinter(Output(printed.streams, Format.JSON), TailOptions((b"*",)), views.lines, known)  # type: ignore[arg-type]
    printed.printer.batch(batch(event(1)), None)
    assert (known.asked, "Budi" in printed.out) == ([], False)
