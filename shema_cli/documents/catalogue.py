"""Which command prints which document, in the order of the command tree (contract 2.3)."""

from __future__ import annotations

from typing import Any

from shema_cli.documents import base, dead_letters, events, machine, records, school, system
from shema_cli.frozen import dataclass


@dataclass(frozen=True)
class Document:
    """What these command lines print; with `a_line`, one such object a line, flushed as it comes."""

    names: tuple[str, ...]
    model: Any
    about: str = ""
    a_line: bool = False


DOCUMENTS = (
    Document(("any error",), base.Error, "Whatever the command. `hint` is the next command to try."),
    Document(("dashboard",), school.Dashboard, "A number is `null` only where its source is `unavailable`."),
    Document(("dashboard --watch",), school.Dashboard, a_line=True),
    Document(("enrollments list",), school.Enrollments, "`decision` stands where one was made here."),
    Document(
        ("enrollments show",), school.Enrollment, "As its service gave it, with the decision on it and the names in it."
    ),
    Document(
        ("enrollments approve", "enrollments reject"),
        school.Decisions,
        "A result for each enrollment, in the order asked for; `summary` names only outcomes that occur. `stopped`: "
        "why the run did not come to its end.",
    ),
    Document(
        ("courses list",),
        school.Courses,
        "A figure is `null` where it is not known, because its source did not tell; the exit code is then 1. "
        "Where the course service offers no list, they are those that enrollments name.",
    ),
    Document(("courses show",), school.CourseShown, "As the course service gave it, with seats and who waits."),
    Document(
        ("find",),
        school.Found,
        "Best first. `match`: by what a person was found; `service`: by something that the user service does not tell. "
        "`more`: the lists of which a limit left something out. The sources are `user`, `enrollment`, `chat`, "
        "`decisions`, `audit` and `dead_letters`; and `history` for what looks like the id of an event.",
    ),
    Document(
        ("chat tail", "events tail"),
        events.TailLine,
        "`supported` is there for a version or type that is not known, `duplicate` for an `eventId` seen before. The "
        "payload of `invalid` is its JSON, or its text with `\\xNN` for bytes that are not UTF-8. `from_history`: read "
        "in the history, where `id` is its entry; `filled`: so many of these follow. A gap with `id` is the history's.",
        a_line=True,
    ),
    Document(
        ("events history",),
        events.HistoryLine,
        "As of `events tail`, oldest first; `received_at` is when it was recorded. A `gap` is a time that nobody "
        "recorded, or that is not kept any more: `from` is null where it was always so, `id` where no entry tells it.",
        a_line=True,
    ),
    Document(("users show",), school.User, "The user as the user service gave it."),
    Document(("events types",), events.EventTypes),
    Document(("events schema",), events.EventSchema, "JSON Schema 2020-12 of envelope and data, whatever `-o` says."),
    Document(("events schema --asyncapi",), events.AsyncApi, "An AsyncAPI document, whatever `-o` says."),
    Document(
        ("events publish", "events publish --dry-run"),
        events.Published,
        "`receivers`: the services that heard it (of a dry run: that surely would); `null` where Redis was lost. "
        "`at_most`, of a dry run alone: what it comes to if every pattern of others matches, `null` where unknown.",
    ),
    Document(
        ("events listeners",),
        events.Listeners,
        "`listeners` surely hear it, `at_most` (`null`: not told) if every pattern of others matches. `declared`: the "
        "services that say they listen; `missing`: those of them that do not, `null` where nobody may be told who is "
        "there. A pattern that a service has declared stands for what it matches.",
    ),
    Document(
        ("events missed",),
        events.Missed,
        "Oldest first. `maybe`: published between two looks of the recorder, at one of which it was there. `unknown`: "
        "nobody recorded, or the server did not tell names; then `fewer` says when less than usual listened. "
        "`never_seen`: no client of its name was ever seen, so perhaps its clients have none.",
    ),
    Document(
        ("dlq list",),
        dead_letters.DeadLetters,
        "Newest first; `total` counts what the filters let through. `acknowledged` is absent where it is not known. "
        "`new`: failed since this admin's last look at a terminal.",
    ),
    Document(
        ("dlq show",),
        dead_letters.ShownDeadLetter,
        "`entry` is the decoded JSON; what is not JSON is in `raw`, as text. `copies` counts the entries with the same "
        "event, and `others` names the first 100 of them. `attempts` are earlier replays, "
        "`published` what the history has of its event.",
    ),
    Document(
        ("dlq stats",),
        dead_letters.DeadLetterStats,
        "Most frequent first. `per_hour`: how many failed in each of the last 24 hours, the last hour last; `rising`: "
        "more in it than in the one before. `undated` do not say when they failed. `acknowledged`: how many entries "
        "are of known families, and which acknowledged families have none; null where it is not known. `new` as in "
        "`dlq list`.",
    ),
    Document(
        ("dlq ack", "dlq unack"),
        dead_letters.FamilyAcknowledged,
        "`entries` of that family are in the list, for `unack` those that were when it was acknowledged. `already`: it "
        "was known, and neither `--note` nor `--until` said anything new; then `by` is who had said so.",
    ),
    Document(
        ("dlq replay",),
        dead_letters.Replay,
        "`replayed` counts entries, `events` publications. `gone`: others took them out meanwhile. `remaining` is what "
        "the list holds now. `original` is the file that keeps an edited event as it was. At most 1,000 `problems`; "
        "the rest is counted. `stopped`: why the run did not come to its end; what it did not come to is `not_done`.",
    ),
    Document(("dlq replay --dry-run",), dead_letters.ReplayPlanned),
    Document(
        ("events resend",),
        events.Resend,
        "As of `dlq replay`: `resent` stands for its `replayed`. `skipped` was resent before. `gone`: trimmed from the "
        "history meanwhile. `remaining` is what was selected and has not gone out. `invalid`: an id of no message.",
    ),
    Document(
        ("events resend --dry-run",),
        events.ResendPlanned,
        "`again`: who has declared the channel and hears it a second time, and how many connections `more`, at most "
        "(null: that is not told).",
    ),
    Document(("dlq discard",), dead_letters.Discard),
    Document(("dlq discard --dry-run",), dead_letters.DiscardPlanned),
    Document(("dlq export FILE",), dead_letters.Exported),
    Document(
        ("dlq export -",),
        dead_letters.ExportedLine,
        "The lines of the file, whatever `-o` says, oldest first: `raw`, or `raw_b64` for bytes that are not UTF-8. "
        "`copy` (2, 3, …) tells identical entries apart.",
        a_line=True,
    ),
    Document(("dlq import",), dead_letters.Imported),
    Document(("dlq recover",), dead_letters.Recovered),
    Document(
        ("dlq runs",),
        dead_letters.Runs,
        "The oldest first. `of`: how many it is about; `done`: how many it published or took out, `rate` a second. "
        "`preparing` has changed nothing yet. `abandoned`: entries in flight that no live run holds.",
    ),
    Document(
        ("dlq runs stop",),
        dead_letters.RunStopped,
        "`stopped`: it has ended. `stopping`: it does nothing more, and has not ended yet. `abandoned`: it died before "
        "that. `done` is what it had done when it was told, `stopped_by` who was the first to tell it.",
    ),
    Document(
        ("trace",),
        records.Trace,
        "Oldest first, what has no time last. `subject`: the id that was given, or that of the person who is meant. "
        "`id`: what it has where it was found. `total` where a source had more than is shown, the newest 500. "
        "`not_recorded`: no history is kept. A service that is not configured is unavailable, which is no failure. "
        'Several people: `{"error": {"code": "ambiguous", …}, "candidates": [{"id", "name", "email"}]}`, exit 1.',
    ),
    Document(
        ("events record",),
        events.Recorder,
        "One object for each change of its role. `entries` and `size` (bytes): what the history has, as this recorder "
        "last wrote it.",
        a_line=True,
    ),
    Document(
        ("trace --follow",),
        records.FollowedLine,
        "First the subject and its sources, then what is known, then what comes: `live`, or `history` where it was "
        "recorded in between.",
        a_line=True,
    ),
    Document(("services list",), system.Services),
    Document(
        ("services health",),
        system.Health,
        "`degraded`: some instances are down. `unknown`: this machine could not ask (no network, too few open files). "
        "`open_for_s`: until an open circuit lets a trial through.",
    ),
    Document(("services health --watch",), system.Health, a_line=True),
    Document(("services reset",), system.Reset),
    Document(("services resolve",), system.Resolved),
    Document(("services register",), system.Registered),
    Document(("services deregister",), system.Deregistered),
    Document(("api --dry-run",), system.CallPlanned),
    Document(("tokens issue",), system.Issued),
    Document(("tokens verify",), system.Verified, "`claims` are there when the signature holds."),
    Document(
        ("audit list",),
        records.AuditTrail,
        "Newest first; all of them unless `--limit` says how many. `total` counts what the filters let through.",
    ),
    Document(("audit list --follow",), records.AuditEntry, "Oldest first.", a_line=True),
    Document(
        ("audit verify",),
        records.Verification,
        "`entry` is the stream id of the entry that is wrong, or names the record or run that has none. `keyed` counts "
        "the entries that bear a seal, one that holds where `key_set` says that a key is set here.",
    ),
    Document(
        ("setup",),
        machine.SetUp,
        "Secrets are masked. `unknown`: it could not be tried now, which says nothing of the value; a `value` of null "
        "is taken away. `problems` are the lines of the file that cannot be taken. `error` where nothing was written.",
    ),
    Document(
        ("auth login", "auth status"), machine.SignedIn, "`storage`: where the session is kept, or `SHEMA_ID_TOKEN`."
    ),
    Document(("auth token",), machine.IdToken),
    Document(("auth logout",), machine.SignedOut),
    Document(("admins list",), machine.Admins),
    Document(("admins grant", "admins revoke"), machine.AdminChange, "`admin` is how things stand now."),
    Document(("config show",), machine.Config, "Secrets are masked."),
    Document(("config path",), machine.ConfigPaths),
    Document(("config profiles",), machine.Profiles),
    Document(("config use", "config set"), machine.ConfigChange),
    Document(
        ("completions install",),
        machine.Installed,
        "`written` is false where the file was up to date, and on a dry run.",
    ),
    Document(
        ("status",),
        system.Status,
        "Worst first. What could not be looked at is in `unknown`; `next` is a command, or what to do, and `case` "
        "a case of the runbook.",
    ),
    Document(("runbook",), system.Cases, "Those that fit first; `fits` are the problems that a case answers."),
    Document(
        ("runbook CASE",),
        system.CaseShown,
        "`command` is null for what is done by hand; `missing` was not seen and stands in it in capitals.",
    ),
    Document(("check",), system.Checked, "Figures as `--format prometheus` has them; what is unknown has none."),
    Document(("doctor",), system.Diagnosis),
    Document(("sandbox start",), machine.Started),
    Document(("sandbox stop",), machine.Stopped, "`swept`: remains of sandboxes that were killed."),
    Document(("sandbox status",), machine.SandboxStatus),
    Document(("sandbox env",), machine.Environment),
    Document(("sandbox reset", "sandbox fault"), machine.FaultSet, "Only faults that are set."),
    Document(("sandbox traffic",), machine.Tally, a_line=True),
    Document(("sandbox tour",), machine.Tour),
    Document(("sandbox drill",), machine.Drills),
    Document(
        ("sandbox drill NAME",),
        machine.DrillStaged,
        "`folder`: where to type, if that matters. Of one that is staged already and not solved: as `--check`.",
    ),
    Document(("sandbox drill --check",), machine.DrillChecked, "Exit 1: not yet."),
    Document(("sandbox drill --hint",), machine.DrillHint),
    Document(("sandbox drill --stop",), machine.DrillStopped, "The drill that was staged."),
    Document(("help",), machine.Topics),
    Document(("help TOPIC",), machine.TopicText),
    Document(("help json",), machine.DocumentsListed, "`a_line`: one such object a line."),
    Document(
        ("help json COMMAND",),
        machine.DocumentSchema,
        "JSON Schema 2020-12, whatever `-o` says: of all that the command prints with `-o json`, or of one call that "
        "has a document of its own (`dlq replay --dry-run`).",
    ),
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
