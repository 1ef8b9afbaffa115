"""The dead letters of the canned school."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from datetime import timedelta

from shema_cli.condition.facts import AckState
from shema_cli.condition.growth import HOUR_S, Growth, HourCounts, hours_ago
from shema_cli.dlq.families.acknowledged import Acknowledgement, Standing
from shema_cli.dlq.families.results import ErrorFamily, KnownFamilies, News
from shema_cli.dlq.letters.entry import Entry, parse_entry
from shema_cli.dlq.letters.selection import family_of
from shema_cli.dlq.results import Attempt, EntryListing, Publication, Row, ShownEntry, Stats, Times, ordered
from tests.ui.canned.school import ADMIN, HEARD, NAMES, NOW, ago

TIMEOUT = "Timeout: schedule-db did not answer within 5000 ms"
REFUSED = "connect ECONNREFUSED 10.0.3.17:5432"
MALFORMED = "ValidationError: data.courseId is missing (user-service/handlers/enrollment.ts:118)"
HOURS_AGO: Mapping[str, tuple[float, ...]] = {TIMEOUT: (0.3, 0.6, 0.9, 1.4, 51), REFUSED: (6, 7), MALFORMED: (29,)}
STUDENTS = ("stu-0101", "stu-0102", "stu-0103", "stu-0104", "stu-0105")


def _stored(number: int, error: str, hours: float) -> bytes:
    event = {
        "eventType": "ENROLLMENT_APPROVED",
        "eventId": f"evt_4f1d2c3b-0000-4000-8000-{number:012}",
        "timestamp": ago(hours=hours, seconds=2),
        "version": "1.0",
        "data": {
            "enrollmentId": f"enr-{290 + number:04}",
            "studentId": STUDENTS[number % len(STUDENTS)],
            "courseId": "crs-01",
        },
    }
    return json.dumps({"event": event, "error": error, "failedAt": ago(hours=hours)}).encode()


ENTRIES: tuple[Entry, ...] = (
    *(
        parse_entry(_stored(number, error, hours))
        for number, (error, hours) in enumerate(
            (error, hours) for error, all_hours in HOURS_AGO.items() for hours in all_hours
        )
    ),
    parse_entry(b'{"error": "Unexpected token < in JSON at position 0", "event": '),
)
STANDING = Standing(
    Acknowledgement(
        str(family_of(next(one for one in ENTRIES if one.error == MALFORMED))),
        NOW - timedelta(hours=28),
        ADMIN,
        "mended in the release of Thursday",
        count=1,
        example=MALFORMED,
    ),
    AckState.KNOWN,
)


def of_family(fingerprint: str) -> tuple[Entry, ...]:
    return tuple(one for one in ENTRIES if family_of(one) == fingerprint)


def families() -> Stats:
    times = Times(NOW, ago(hours=51), ago(hours=0.3), ENTRIES[4].event_id, _growth(*sum(HOURS_AGO.values(), ())))
    return Stats(
        len(ENTRIES),
        sum(not one.valid for one in ENTRIES),
        times,
        ordered(Counter(one.event_type or "(invalid)" for one in ENTRIES)),
        tuple(map(_family, HOURS_AGO)),
        len(ENTRIES),
        families=len(HOURS_AGO),
        known=KnownFamilies(1),
        news=News(3, 7200),
    )


def _family(error: str) -> ErrorFamily:
    hours = HOURS_AGO[error]
    fingerprint = str(family_of(next(one for one in ENTRIES if one.error == error)))
    return ErrorFamily(
        fingerprint,
        len(hours),
        error,
        ago(hours=max(hours)),
        ago(hours=min(hours)),
        STANDING if error == MALFORMED else None,
        3 if error == TIMEOUT else 0,
        _growth(*hours),
    )


def _growth(*hours: float) -> Growth:
    counts = HourCounts()
    for one in hours:
        counts.add(hours_ago(one * HOUR_S))
    return counts.growth()


def rows(entries: tuple[Entry, ...]) -> tuple[Row, ...]:
    return tuple(Row(one, index, 2 if index == 4 else 0, NOW) for index, one in enumerate(entries))


def entries(fingerprint: str) -> EntryListing:
    found = rows(of_family(fingerprint))
    return EntryListing(found, len(found), len(ENTRIES), names=NAMES)


def letter(id: str) -> ShownEntry:
    row = next(one for one in rows(ENTRIES) if one.entry.id == id)
    return ShownEntry(
        row,
        HEARD,
        1,
        3,
        (Attempt(ago(hours=20), ADMIN),),
        about=NAMES.of(*row.subject),
        published=(Publication(ago(hours=51), "1795226400000-0"),),
    )
