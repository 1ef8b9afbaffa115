"""What each command prints under `-o json` (contract 2.3): the tests hold it, and `docs/contract.md` shows it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from shema_cli.cases.book import NAMED as CASES
from shema_cli.cases.model import PLACEHOLDERS
from shema_cli.check import AREAS as CHECKED_AREAS
from shema_cli.check.verdict import Level
from shema_cli.condition.problems import AREAS
from tests.contract.shapes import ANY, ISO, NUMBER, AtLeast, Each, OneOf, Part, Text, may, maybe

HEX_64 = Text("64 hex digits", re.compile(r"[0-9a-f]{64}"))
ENTRY_ID = Text("12 hex digits", re.compile(r"[0-9a-f]{12}"))
EVENT_ID = Text("event id", re.compile(r"evt_[0-9a-f-]{36}"))
REQUEST_ID = Text("request id", re.compile(r"req_\d{13}_[a-z0-9]{9}"))
STREAM_ID = Text("stream id", re.compile(r"\d+-\d+"))

CIRCUIT = OneOf("closed", "open", "half_open")
FROM = OneOf("config", "registry")

ERROR = {"error": {"code": str, "message": str, "hint": maybe(str)}}

SOURCE = Part(
    "source",
    {
        "state": OneOf("live", "stale", "unavailable"),
        "as_of": maybe(ISO),
        "age_s": maybe(NUMBER),
        "duration_ms": maybe(NUMBER),
        "request_id": maybe(REQUEST_ID),
        "circuit": CIRCUIT,
        "error": maybe({"code": str, "message": str}),
    },
)
DASHBOARD = {
    "stats": dict.fromkeys(
        ("total_students", "pending_enrollments", "active_chats", "total_courses", "upcoming_classes"), maybe(int)
    ),
    "timestamp": ISO,
    "sources": dict.fromkeys(("user", "enrollment", "chat", "course", "schedule"), SOURCE),
}

DECISION = Part("decision", dict.fromkeys(("decision", "eventId", "actor", "actorEmail", "at", "reason"), str))
NAMED: dict[str, Any] = {
    "student": maybe(Part("student", {"id": str, "name": maybe(str), "email": maybe(str)})),
    "course": maybe(Part("course named", {"id": str, "title": maybe(str), "level": maybe(str)})),
}
ENROLLMENT = AtLeast(
    {
        "id": str,
        "student_id": str,
        "course_id": str,
        "status": OneOf("pending", "approved", "rejected"),
        may("decision"): DECISION,
        **NAMED,
    }
)
ENROLLMENTS = {"enrollments": [Part("enrollment", ENROLLMENT)], "next_cursor": maybe(str)}
OUTCOME = OneOf(
    *("approved", "rejected", "planned", "already", "conflict", "course_full", "not_pending"),
    *("not_found", "unheard", "unconfirmed", "failed"),
)
STOPPED = Part("why", {"code": str, "message": str, "hint": maybe(str)})
ENDED: dict[str, Any] = {may("not_done"): int, may("stopped"): STOPPED}

MISSING: dict[str, Any] = {may("missing"): maybe([str])}

DECISIONS = {
    "results": [
        {
            "enrollment_id": str,
            "outcome": Part("outcome", OUTCOME),
            "event_id": maybe(EVENT_ID),
            "receivers": maybe(int),
            "message": str,
            **MISSING,
            **NAMED,
        }
    ],
    "summary": Each(int, "outcome"),
    may("stopped"): STOPPED,
}

USER = AtLeast({"_cache": {"hit": bool, "expires_in_s": maybe(NUMBER)}})

ENVELOPE = Part(
    "event", {"eventType": str, "eventId": EVENT_ID, "timestamp": ISO, "version": OneOf("1.0", "1.1"), "data": dict}
)
CHAT_MESSAGE = Part(
    "chat message",
    {"type": OneOf("new_message"), "sessionId": str, "senderId": str, "senderRole": str, "senderName": str}
    | {"message": str, "timestamp": str},
)
PUBLISHED = {
    "event": (ENVELOPE, CHAT_MESSAGE),
    "channel": str,
    "receivers": maybe(int),
    may("at_most"): maybe(int),
    **MISSING,
}
EVENT_TYPES = {"events": [{"channel": str, "event_type": str, "versions": [str], "fields": [str]}]}
LISTENING = {
    "channels": [
        {
            "channel": str,
            "listeners": int,
            "at_most": maybe(int),
            "declared": [str],
            "missing": maybe([str]),
        }
    ]
}
SPAN = Part("span", {"from": ISO, "to": ISO})
MISSED_EVENT = {"id": STREAM_ID, "at": ISO, "channel": str, "event_id": maybe(str), "event_type": maybe(str)}
MISSED = {
    "service": str,
    "away": [SPAN],
    "unknown": [SPAN],
    "events": [MISSED_EVENT | {may("maybe"): OneOf(True)}],
    "total": int,
    may("fewer"): [{"channel": str, "from": ISO, "to": ISO, "listeners": int, "usual": int}],
    may("never_seen"): OneOf(True),
}
SCHEMA = AtLeast({"$schema": str, "title": str, "type": OneOf("object"), "properties": dict})

MESSAGE_HEAD: dict[Any, object] = {"received_at": ISO, "channel": str, "pattern": str}
MESSAGE_TAIL: dict[Any, object] = {may("duplicate"): OneOf(True)}
EVENT_LINE = {"kind": OneOf("event"), **MESSAGE_HEAD, "payload": dict, may("supported"): OneOf(False), **MESSAGE_TAIL}
CHAT_LINE = {"kind": OneOf("chat"), **MESSAGE_HEAD, "payload": dict, **MESSAGE_TAIL}
INVALID_LINE = {"kind": OneOf("invalid"), **MESSAGE_HEAD, "payload": ANY, **MESSAGE_TAIL}
GAP_LINE = {"kind": OneOf("gap"), "from": ISO, "to": ISO, "seconds": NUMBER, "cause": str, may("filled"): int}
SKIPPED_LINE = {"kind": OneOf("skipped"), "count": int, "since": ISO}
RECORDED: dict[Any, object] = {"id": STREAM_ID}
RECORDED_GAP = {
    "kind": OneOf("gap"),
    "received_at": ISO,
    "from": maybe(ISO),
    "to": ISO,
    "seconds": maybe(NUMBER),
    "cause": str,
    "id": maybe(STREAM_ID),
}
OUT_OF_HISTORY: dict[Any, object] = {may("id"): STREAM_ID, may("from_history"): OneOf(True)}
TAIL_LINE = (
    EVENT_LINE | OUT_OF_HISTORY,
    CHAT_LINE | OUT_OF_HISTORY,
    INVALID_LINE | OUT_OF_HISTORY,
    GAP_LINE,
    RECORDED_GAP,
    SKIPPED_LINE,
)
HISTORY_LINE = (EVENT_LINE | RECORDED, CHAT_LINE | RECORDED, INVALID_LINE | RECORDED, RECORDED_GAP)

FINGERPRINT = Text("10 hex digits", re.compile(r"[0-9a-f]{10}"))
STANDING = {
    "state": OneOf("known", "returned", "expired"),
    "by": str,
    "at": ISO,
    "note": maybe(str),
    "until": maybe(ISO),
    "silent_since": maybe(ISO),
    "back_since": maybe(ISO),
}
ACKNOWLEDGED = Part("acknowledged", STANDING)
DEAD_LETTER = {
    "id": ENTRY_ID,
    "index": int,
    "event_type": maybe(str),
    "event_id": maybe(str),
    "channel": maybe(str),
    "error": maybe(str),
    "failed_at": maybe(str),
    "age_s": maybe(NUMBER),
    "replays": int,
    "valid": bool,
    "reason": maybe(str),
    "fingerprint": maybe(FINGERPRINT),
    may("acknowledged"): maybe(ACKNOWLEDGED),
}
DEAD_LETTERS = {"entries": [DEAD_LETTER | {may("new"): bool}], "total": int, "shown": int, may("new"): int}
DEAD_LETTER_SHOWN = DEAD_LETTER | {
    may("entry"): ANY,
    may("raw"): str,
    "listeners": maybe(int),
    may("at_most"): maybe(int),
    **MISSING,
    "copies": int,
    "others": [{"id": ENTRY_ID, "error": maybe(str), "failed_at": maybe(str)}],
    "attempts": [{"at": str, "by": str}],
    "published": [{"at": ISO, "id": str}],
}
FAMILY_ACK = {
    "fingerprint": FINGERPRINT,
    "outcome": OneOf("acknowledged", "renewed", "already", "unacknowledged", "planned"),
    "entries": int,
    "example": maybe(str),
    "by": str,
    "at": ISO,
    "note": maybe(str),
    "until": maybe(ISO),
}
GROWTH = {"oldest_at": maybe(ISO), "per_hour": [int], "rising": bool}
DLQ_STATS = {
    "total": int,
    "invalid": int,
    "oldest": maybe(str),
    "newest": maybe(str),
    **GROWTH,
    "undated": int,
    "by_type": Each(int, "event type"),
    "by_error": [
        {
            "fingerprint": str,
            "count": int,
            "example": maybe(str),
            "first": maybe(str),
            "last": maybe(str),
            **GROWTH,
            may("acknowledged"): maybe(ACKNOWLEDGED),
            may("new"): int,
        }
    ],
    "acknowledged": maybe({"entries": int, "quiet": [{"fingerprint": FINGERPRINT, "example": maybe(str), **STANDING}]}),
    may("new"): int,
}
RUN = Part(
    "run",
    {
        "run": str,
        "state": OneOf("preparing", "running", "stopping", "abandoned"),
        "action": str,
        "by": str,
        "command": maybe(str),
        "selection": str,
        "started_at": maybe(ISO),
        "began_at": maybe(ISO),
        "done": int,
        "of": maybe(int),
        "rate": maybe(NUMBER),
        "stopped_by": maybe(str),
    },
)
REPLAY_PLAN = {
    "replay": int,
    "events": int,
    "unheard": int,
    "invalid": int,
    "at_limit": int,
    "types": Each(int, "event type"),
    "channels": Each({"entries": int, "listeners": int, may("at_most"): maybe(int), **MISSING}, "channel"),
    "oldest": maybe(str),
    "oldest_age_s": maybe(NUMBER),
}
PROBLEM_OUTCOME = OneOf("unheard", "skipped", "invalid", "failed", "not_found", "bounced", "not_done", "replayed")
RESENT_OUTCOME = OneOf("unheard", "skipped", "invalid", "failed", "not_found", "bounced", "not_done", "resent")
REPLAY = {
    **dict.fromkeys(("replayed", "events", "unheard", "skipped", "invalid", "failed", "bounced"), int),
    **dict.fromkeys(("gone", "remaining"), int),
    "problems": [{"id": str, "outcome": PROBLEM_OUTCOME, "message": str, **MISSING}],
    may("problems_omitted"): int,
    may("original"): str,
    **ENDED,
}
RESEND = {
    **dict.fromkeys(("resent", "events", "unheard", "skipped", "invalid", "failed", "bounced"), int),
    **dict.fromkeys(("gone", "remaining"), int),
    "problems": [{"id": str, "outcome": RESENT_OUTCOME, "message": str, **MISSING}],
    may("problems_omitted"): int,
    **ENDED,
}
RESEND_PLAN = {
    "resend": int,
    "service": maybe(str),
    "unheard": int,
    "invalid": int,
    "already": int,
    "channels": Each(
        {
            "entries": int,
            "listeners": int,
            may("at_most"): maybe(int),
            **MISSING,
            "again": {"services": [str], "more": maybe(int)},
        },
        "channel",
    ),
    "oldest": maybe(str),
    "oldest_age_s": maybe(NUMBER),
}
DISCARD = {"discarded": int, "export": maybe(str), may("not_found"): [str], may("gone"): int, **ENDED}
DISCARD_PLAN = {"discard": int, "events": int, "types": Each(int, "event type")}
EXPORT_LINE = {"id": ENTRY_ID, may("copy"): int, may("raw"): str, may("raw_b64"): str}

SOURCE_STATE = OneOf("answered", "unavailable", "not_offered", "not_configured")
CAPACITY = Part("capacity", {"has_capacity": bool, "current_students": int, "max_students": int})
COURSE_FIGURES = {"capacity": maybe(CAPACITY), "pending": maybe(int)}
COURSE_SOURCES = {"course": Part("source", SOURCE_STATE), "enrollment": Part("source", SOURCE_STATE)}
COURSES = {
    "courses": [{"id": str, "title": maybe(str), "level": maybe(str), **COURSE_FIGURES}],
    "named_by": OneOf("course", "enrollment"),
    "sources": COURSE_SOURCES,
}
COURSE_SHOWN = AtLeast({"id": str, **COURSE_FIGURES, "sources": COURSE_SOURCES})

AREA = OneOf(*AREAS)
PROBLEM = {"severity": OneOf("fail", "warn"), "area": AREA, "what": str, "cause": str, "next": str}
CASE = Text("name of a case", re.compile("|".join(CASES)))
CASE_HEAD = {"name": CASE, "title": str, "looks_like": str, "fits": [str]}
CASE_STEP = {
    "says": str,
    "command": maybe(str),
    "missing": [OneOf(*PLACEHOLDERS)],
    "look_for": maybe(str),
    "only_if": maybe(str),
}
CASE_SHOWN = {
    **CASE_HEAD,
    "steps": [Part("step", CASE_STEP)],
    "meanwhile": maybe(str),
    "never": [str],
    "practise": maybe(str),
    "pages": [str],
}
STATUS = {
    "ok": bool,
    "problems": [PROBLEM | {"case": CASE}],
    "looked_at": [{"area": OneOf(*AREAS[:-1], "circuits"), "told": str}],
    "unknown": [{"area": AREA, "why": str, "next": str}],
}
MATCH = OneOf("id", "email", "name", "phone", "registration", "beginning", "words", "part", "service")
FOUND = {
    "people": [{"id": str, "name": maybe(str), "email": maybe(str), "phone": maybe(str), "match": MATCH}],
    "enrollments": [Part("enrollment", ENROLLMENT)],
    "others": [
        {
            "kind": OneOf("chat_session", "decision", "audit", "dead_letter"),
            "id": str,
            "at": maybe(str),
            "summary": str,
            "event_id": maybe(str),
        }
    ],
    "more": [OneOf("people", "enrollments", "others")],
    "sources": Each(Part("source", SOURCE_STATE), "name"),
}
LEVEL = OneOf(*(level.word for level in Level))
CHECKED = {
    "status": LEVEL,
    "areas": [{"area": OneOf(*CHECKED_AREAS), "status": LEVEL, "told": str, "problems": [PROBLEM]}],
    "figures": [{"name": str, "labels": Each(str, "label"), "value": NUMBER}],
}

TRACE_SOURCES = {
    name: OneOf("answered", "unavailable", "not_recorded")
    for name in ("user", "enrollment", "course", "decisions", "audit", "dead_letters", "history")
}
TRACE_EVENT = Part(
    "happening",
    {
        "at": maybe(str),
        "source": OneOf("user", "enrollment", "course", "decisions", "audit", "dead_letters", "history", "live"),
        "kind": OneOf(
            "person",
            "enrollment",
            "course",
            "decision",
            "audit",
            "replay",
            "discard",
            "import",
            "resend",
            "dead_letter",
            "event",
            "chat",
            "invalid",
        ),
        "summary": str,
        "actor": maybe(str),
        "event_id": maybe(str),
        "id": maybe(str),
    },
)
TRACE_OPENING = {"subject": str, "sources": TRACE_SOURCES}
TRACE = {
    "subject": str,
    "events": [TRACE_EVENT],
    "sources": TRACE_SOURCES,
    may("total"): int,
}

SERVICES = {
    "services": [
        {
            "name": str,
            "configured": bool,
            "variable": str,
            "instances": [{"url": str, "source": FROM, "expires_in_s": maybe(NUMBER)}],
        }
    ]
}
INSTANCE = {
    "url": str,
    "state": OneOf("healthy", "unhealthy", "expired", "unknown"),
    "status": maybe(int),
    "latency_ms": maybe(NUMBER),
    "circuit": CIRCUIT,
    "source": FROM,
    "error": maybe(str),
    "open_for_s": maybe(NUMBER),
}
HEALTH = {
    "healthy": bool,
    "services": [
        {
            "name": str,
            "state": OneOf("healthy", "degraded", "unhealthy", "unknown"),
            "instances": [Part("instance", INSTANCE)],
        }
    ],
}
REGISTERED = {
    "name": str,
    "url": str,
    "outcome": OneOf("registered", "renewed", "planned"),
    "healthCheck": str,
    "ttl": maybe(NUMBER),
}
API_PLAN = {
    "dry_run": OneOf(True),
    "request": {"service": str, "method": str, "path": str, "headers": Each(str, "header"), "body": maybe(str)},
}

CLAIMS = AtLeast(
    {
        "service": str,
        "scope": OneOf("internal"),
        "iat": int,
        "exp": int,
        may("act"): {"sub": str, "email": maybe(str)},
    }
)
VERIFIED = {"valid": bool, "claims": maybe(dict), "status": OneOf(200, 401, 403), "error": maybe(str)}

AUDIT_ENTRY = Part(
    "audit entry",
    {
        "id": STREAM_ID,
        **dict.fromkeys(
            (
                *("at", "actor", "actorEmail", "profile", "command", "action"),
                *("target", "eventId", "reason", "requestId", "project", "redis"),
            ),
            str,
        ),
        "prev": HEX_64,
        "hash": HEX_64,
        may("emulator"): OneOf("true"),
        may("receivers"): (int, str),
        may("missing"): [str],
        may("details"): ANY,
    },
)
VERIFICATION = {
    "ok": bool,
    "checked": int,
    "keyed": int,
    "key_set": bool,
    "problems": [{"entry": str, "problem": str}],
}

AUTH_STATUS = {
    "signed_in": bool,
    "email": maybe(str),
    "uid": maybe(str),
    "admin": bool,
    "project": maybe(str),
    "emulator": bool,
    "expires_at": maybe(ISO),
    "storage": maybe(str),
}
ADMINS = {"admins": [{"uid": str, "email": maybe(str), "disabled": bool, "last_sign_in": maybe(ISO)}]}
ADMIN_CHANGE = {
    "uid": str,
    "email": str,
    "admin": bool,
    "outcome": OneOf("granted", "revoked", "already", "planned"),
}

CONFIG = {
    "profile": maybe(str),
    "settings": [{"name": str, "value": maybe(str), "source": maybe(str), "about": str}],
    "target": {
        "profile": str,
        "redis": maybe(str),
        "project": maybe(str),
        "emulator": bool,
        "read_only": bool,
        "mixed": [{"name": str, "value": str, "source": str}],
    },
}
PROFILES = {"profiles": [{"name": str, "active": bool, "default": bool}]}
CONFIG_CHANGE = {"path": str, "key": str, "value": str}

SET_UP = {
    may("error"): ERROR["error"],
    "profile": str,
    "path": str,
    "written": bool,
    "default": bool,
    "values": [
        {
            "name": str,
            "value": maybe(str),
            "source": str,
            "change": OneOf("added", "changed", "removed", "kept"),
            "tried": maybe(OneOf("ok", "failed", "unknown")),
            "why": maybe(str),
            "hint": maybe(str),
        }
    ],
    "problems": [{"line": maybe(int), "name": maybe(str), "problem": str}],
    "signed_in": maybe(str),
}

INSTALLED = {"shell": OneOf("bash", "zsh", "fish", "powershell"), "path": str, "written": bool, "next_step": str}
DIAGNOSIS = {
    "ok": bool,
    "summary": {"ok": int, "warn": int, "fail": int},
    "checks": [{"area": str, "check": str, "state": OneOf("ok", "warn", "fail"), "message": str, "advice": maybe(str)}],
}

FAULT = Part(
    "fault",
    {
        **{may(name): OneOf(True) for name in ("down", "deaf", "hang", "garbage", "no_lists")},
        may("latency_ms"): int,
        may("error_rate"): NUMBER,
        may("poison"): [str],
    },
)
PLACE = {"url": str, "up": bool, "fault": FAULT}
RUNNING = {"running": OneOf(True), "pid": int, "profile": OneOf("sandbox"), "started_at": ISO}
SANDBOX = {
    **RUNNING,
    "services": [{"name": str, **PLACE, "published": int, "handled": int, "dead_letters": int, "problems": int}],
    "redis": PLACE,
    "firebase": PLACE,
    "history": {**PLACE, "state": str, "entries": int},
    "channels": Each(int, "channel"),
    "problems": [str],
    "begun_at": ISO,
}
TALLY = {
    "kind": OneOf("second", "total"),
    "seconds": NUMBER,
    "events": int,
    "refused": int,
    "failed": int,
    "by_kind": Each(int, "kind"),
}
TOUR = {
    "steps": [{"title": str, "commands": [{"command": str, "exit_code": int}], "as_expected": bool}],
}
DRILL = {
    "name": str,
    "practises": str,
    "minutes": int,
    "state": OneOf("never tried", "staged", "broken off", "tried", "solved"),
}

RECORDER = {
    "kind": OneOf("recorder"),
    "at": ISO,
    "state": OneOf("recording", "standing_by", "deaf", "waiting", "blocked", "ended"),
    "why": maybe(str),
    "entries": int,
    "size": int,
}


@dataclass(frozen=True)
class Document:
    """What these command lines print; with `a_line`, one such object a line, flushed as it comes."""

    names: tuple[str, ...]
    shape: Any
    about: str = ""
    a_line: bool = False


DOCUMENTS = (
    Document(("any error",), ERROR, "Whatever the command. `hint` is the next command to try."),
    Document(("dashboard",), DASHBOARD, "A number is `null` only where its source is `unavailable`."),
    Document(("dashboard --watch",), DASHBOARD, a_line=True),
    Document(("enrollments list",), ENROLLMENTS, "`decision` stands where one was made here."),
    Document(("enrollments show",), ENROLLMENT, "As its service gave it, with the decision on it and the names in it."),
    Document(
        ("enrollments approve", "enrollments reject"),
        DECISIONS,
        "A result for each enrollment, in the order asked for; `summary` names only outcomes that occur. `stopped`: "
        "why the run did not come to its end.",
    ),
    Document(
        ("courses list",),
        COURSES,
        "A figure is `null` where it is not known, because its source did not tell; the exit code is then 1. "
        "Where the course service offers no list, they are those that enrollments name.",
    ),
    Document(("courses show",), COURSE_SHOWN, "As the course service gave it, with seats and who waits."),
    Document(
        ("find",),
        FOUND,
        "Best first. `match`: by what a person was found; `service`: by something that the user service does not tell. "
        "`more`: the lists of which a limit left something out. The sources are `user`, `enrollment`, `chat`, "
        "`decisions`, `audit` and `dead_letters`; and `history` for what looks like the id of an event.",
    ),
    Document(
        ("chat tail", "events tail"),
        TAIL_LINE,
        "`supported` is there for a version or type that is not known, `duplicate` for an `eventId` seen before. The "
        "payload of `invalid` is its JSON, or its text with `\\xNN` for bytes that are not UTF-8. `from_history`: read "
        "in the history, where `id` is its entry; `filled`: so many of these follow. A gap with `id` is the history's.",
        a_line=True,
    ),
    Document(
        ("events history",),
        HISTORY_LINE,
        "As of `events tail`, oldest first; `received_at` is when it was recorded. A `gap` is a time that nobody "
        "recorded, or that is not kept any more: `from` is null where it was always so, `id` where no entry tells it.",
        a_line=True,
    ),
    Document(("users show",), USER, "The user as the user service gave it."),
    Document(("events types",), EVENT_TYPES),
    Document(("events schema",), SCHEMA, "JSON Schema 2020-12 of envelope and data, whatever `-o` says."),
    Document(
        ("events publish", "events publish --dry-run"),
        PUBLISHED,
        "`receivers`: the services that heard it (of a dry run: that surely would); `null` where Redis was lost. "
        "`at_most`, of a dry run alone: what it comes to if every pattern of others matches, `null` where unknown.",
    ),
    Document(
        ("events listeners",),
        LISTENING,
        "`listeners` surely hear it, `at_most` (`null`: not told) if every pattern of others matches. `declared`: the "
        "services that say they listen; `missing`: those of them that do not, `null` where nobody may be told who is "
        "there. A pattern that a service has declared stands for what it matches.",
    ),
    Document(
        ("events missed",),
        MISSED,
        "Oldest first. `maybe`: published between two looks of the recorder, at one of which it was there. `unknown`: "
        "nobody recorded, or the server did not tell names; then `fewer` says when less than usual listened. "
        "`never_seen`: no client of its name was ever seen, so perhaps its clients have none.",
    ),
    Document(
        ("dlq list",),
        DEAD_LETTERS,
        "Newest first; `total` counts what the filters let through. `acknowledged` is absent where it is not known. "
        "`new`: failed since this admin's last look at a terminal.",
    ),
    Document(
        ("dlq show",),
        DEAD_LETTER_SHOWN,
        "`entry` is the decoded JSON; what is not JSON is in `raw`, as text. `copies` counts the entries with the same "
        "event, and `others` names the first 100 of them. `attempts` are earlier replays, "
        "`published` what the history has of its event.",
    ),
    Document(
        ("dlq stats",),
        DLQ_STATS,
        "Most frequent first. `per_hour`: how many failed in each of the last 24 hours, the last hour last; `rising`: "
        "more in it than in the one before. `undated` do not say when they failed. `acknowledged`: how many entries "
        "are of known families, and which acknowledged families have none; null where it is not known. `new` as in "
        "`dlq list`.",
    ),
    Document(
        ("dlq ack", "dlq unack"),
        FAMILY_ACK,
        "`entries` of that family are in the list, for `unack` those that were when it was acknowledged. `already`: it "
        "was known, and neither `--note` nor `--until` said anything new; then `by` is who had said so.",
    ),
    Document(
        ("dlq replay",),
        REPLAY,
        "`replayed` counts entries, `events` publications. `gone`: others took them out meanwhile. `remaining` is what "
        "the list holds now. `original` is the file that keeps an edited event as it was. At most 1,000 `problems`; "
        "the rest is counted. `stopped`: why the run did not come to its end; what it did not come to is `not_done`.",
    ),
    Document(("dlq replay --dry-run",), REPLAY | {"plan": REPLAY_PLAN}),
    Document(
        ("events resend",),
        RESEND,
        "As of `dlq replay`: `resent` stands for its `replayed`. `skipped` was resent before. `gone`: trimmed from the "
        "history meanwhile. `remaining` is what was selected and has not gone out. `invalid`: an id of no message.",
    ),
    Document(
        ("events resend --dry-run",),
        RESEND | {"plan": RESEND_PLAN},
        "`again`: who has declared the channel and hears it a second time, and how many connections `more`, at most "
        "(null: that is not told).",
    ),
    Document(("dlq discard",), DISCARD),
    Document(("dlq discard --dry-run",), DISCARD | {"plan": DISCARD_PLAN}),
    Document(("dlq export FILE",), {"exported": int, "file": str}),
    Document(
        ("dlq export -",),
        EXPORT_LINE,
        "The lines of the file, whatever `-o` says, oldest first: `raw`, or `raw_b64` for bytes that are not UTF-8. "
        "`copy` (2, 3, …) tells identical entries apart.",
        a_line=True,
    ),
    Document(("dlq import",), {"imported": int, "duplicates": int, **ENDED}),
    Document(("dlq recover",), {"recovered": int}),
    Document(
        ("dlq runs",),
        {"runs": [RUN], "in_flight": int, "abandoned": int},
        "The oldest first. `of`: how many it is about; `done`: how many it published or took out, `rate` a second. "
        "`preparing` has changed nothing yet. `abandoned`: entries in flight that no live run holds.",
    ),
    Document(
        ("dlq runs stop",),
        {
            "run": str,
            "outcome": OneOf("stopped", "stopping", "abandoned", "planned"),
            **{name: RUN.shape[name] for name in ("action", "by", "done", "of", "stopped_by")},
        },
        "`stopped`: it has ended. `stopping`: it does nothing more, and has not ended yet. `abandoned`: it died before "
        "that. `done` is what it had done when it was told, `stopped_by` who was the first to tell it.",
    ),
    Document(
        ("trace",),
        TRACE,
        "Oldest first, what has no time last. `subject`: the id that was given, or that of the person who is meant. "
        "`id`: what it has where it was found. `total` where a source had more than is shown, the newest 500. "
        "`not_recorded`: no history is kept. A service that is not configured is unavailable, which is no failure. "
        'Several people: `{"error": {"code": "ambiguous", …}, "candidates": [{"id", "name", "email"}]}`, exit 1.',
    ),
    Document(
        ("events record",),
        RECORDER,
        "One object for each change of its role. `entries` and `size` (bytes): what the history has, as this recorder "
        "last wrote it.",
        a_line=True,
    ),
    Document(
        ("trace --follow",),
        (TRACE_OPENING, TRACE_EVENT, Part("a gap of events tail", TAIL_LINE)),
        "First the subject and its sources, then what is known, then what comes: `live`, or `history` where it was "
        "recorded in between.",
        a_line=True,
    ),
    Document(("services list",), SERVICES),
    Document(
        ("services health",),
        HEALTH,
        "`degraded`: some instances are down. `unknown`: this machine could not ask (no network, too few open files). "
        "`open_for_s`: until an open circuit lets a trial through.",
    ),
    Document(("services health --watch",), HEALTH, a_line=True),
    Document(("services reset",), {"name": str, "instances": [{"url": str, "was": CIRCUIT}]}),
    Document(("services resolve",), {"name": str, "url": str, "source": FROM}),
    Document(("services register",), REGISTERED),
    Document(("services deregister",), {"name": str, "url": str, "outcome": OneOf("deregistered", "planned")}),
    Document(("api --dry-run",), API_PLAN),
    Document(("tokens issue",), {"token": str, "claims": CLAIMS}),
    Document(("tokens verify",), VERIFIED, "`claims` are there when the signature holds."),
    Document(
        ("audit list",),
        {"entries": [AUDIT_ENTRY], "total": int},
        "Newest first; all of them unless `--limit` says how many. `total` counts what the filters let through.",
    ),
    Document(("audit list --follow",), AUDIT_ENTRY, "Oldest first.", a_line=True),
    Document(
        ("audit verify",),
        VERIFICATION,
        "`entry` is the stream id of the entry that is wrong, or names the record or run that has none. `keyed` counts "
        "the entries that bear a seal, one that holds where `key_set` says that a key is set here.",
    ),
    Document(
        ("setup",),
        SET_UP,
        "Secrets are masked. `unknown`: it could not be tried now, which says nothing of the value; a `value` of null "
        "is taken away. `problems` are the lines of the file that cannot be taken. `error` where nothing was written.",
    ),
    Document(("auth login", "auth status"), AUTH_STATUS, "`storage`: where the session is kept, or `SHEMA_ID_TOKEN`."),
    Document(("auth token",), {"token": str, "expires_at": ISO}),
    Document(("auth logout",), {"signed_out": bool, "everywhere": bool}),
    Document(("admins list",), ADMINS),
    Document(("admins grant", "admins revoke"), ADMIN_CHANGE, "`admin` is how things stand now."),
    Document(("config show",), CONFIG, "Secrets are masked."),
    Document(("config path",), {"config": str, "state": str}),
    Document(("config profiles",), PROFILES),
    Document(("config use", "config set"), CONFIG_CHANGE),
    Document(
        ("completions install",), INSTALLED, "`written` is false where the file was up to date, and on a dry run."
    ),
    Document(
        ("status",),
        STATUS,
        "Worst first. What could not be looked at is in `unknown`; `next` is a command, or what to do, and `case` "
        "a case of the runbook.",
    ),
    Document(
        ("runbook",), {"cases": [CASE_HEAD]}, "Those that fit first; `fits` are the problems that a case answers."
    ),
    Document(
        ("runbook CASE",),
        CASE_SHOWN,
        "`command` is null for what is done by hand; `missing` was not seen and stands in it in capitals.",
    ),
    Document(("check",), CHECKED, "Figures as `--format prometheus` has them; what is unknown has none."),
    Document(("doctor",), DIAGNOSIS),
    Document(("sandbox start",), RUNNING | {"environment": Each(str, "variable")}),
    Document(("sandbox stop",), {"stopped": bool, "swept": int}, "`swept`: remains of sandboxes that were killed."),
    Document(("sandbox status",), (SANDBOX, {"running": OneOf(False)})),
    Document(("sandbox env",), Each(str, "variable")),
    Document(("sandbox reset", "sandbox fault"), {"target": str, "fault": FAULT}, "Only faults that are set."),
    Document(("sandbox traffic",), TALLY, a_line=True),
    Document(("sandbox tour",), TOUR),
    Document(("sandbox drill",), {"drills": [DRILL]}),
    Document(
        ("sandbox drill NAME",),
        {"drill": str, "story": [str], "folder": maybe(str), "begin": [str]},
        "`folder`: where to type, if that matters. Of one that is staged already and not solved: as `--check`.",
    ),
    Document(("sandbox drill --check",), {"drill": str, "solved": bool, "remaining": [str]}, "Exit 1: not yet."),
    Document(("sandbox drill --hint",), {"drill": str, "solved": bool, "what": maybe(str), "hint": maybe(str)}),
    Document(("sandbox drill --stop",), {"stopped": maybe(str)}, "The drill that was staged."),
    Document(("help",), {"topics": [{"name": str, "about": str}]}),
    Document(("help TOPIC",), {"topic": str, "text": str}),
)
"""In the order of the command tree."""

AS_IT_COMES = {
    "api": "the body of the answer, byte for byte (with `--dry-run` the document above)",
    "completions show": "the script",
    "dlq triage": "a screen, and what was done as a table; without a terminal, or with another format, exit 2",
    "enrollments review": "a screen, and the outcomes as a table; without a terminal, or with another format, exit 2",
    "events tail --raw": "the bytes of each message and a line break; `chat tail --raw` and `events history --raw` too",
    "ui": "a screen; without a terminal, or with another format, exit 2",
    "sandbox run": "what the command prints that is run",
}
"""What these print whatever `-o` says."""

SHAPES: dict[str, Any] = {name: document.shape for document in DOCUMENTS for name in document.names}
