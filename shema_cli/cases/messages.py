"""Cases of events and dead letters."""

from __future__ import annotations

from shema_cli.cases.model import Case, Step
from shema_cli.condition.problems import Kind

DEAD_LETTERS = Case(
    "dead-letters",
    "Dead letters pile up",
    "`shema status` says that dead letters wait, or rise; the dashboard counts them.",
    (
        Step(
            "See what fails, grouped by error.",
            "shema dlq stats",
            "Usually one fingerprint is the whole story.",
        ),
        Step(
            "Go through them one after another: each is replayed, edited, acknowledged or discarded by a key, as the "
            "steps below do one by one.",
            "shema dlq triage",
            "What became of each family; those whose cause is not mended are left.",
            "there are several families",
        ),
        Step(
            "See the newest of that family.",
            "shema dlq list --fingerprint FINGERPRINT --limit 5",
            "What they have in common: one student, one course, one time.",
        ),
        Step(
            "Look at one: the event, the error, who listens there now, and the copies.",
            "shema dlq show ID",
            "An event that failed in five services stands five times, and goes out once.",
        ),
        Step(
            "**Mend the cause first**, in the service that fails. A replay into a service that still fails brings "
            "every entry back.",
        ),
        Step(
            "Say that the family is known, until it is mended: it is left out of `status` and `check`, and stands "
            "in every list. After a day of silence it counts again.",
            "shema dlq ack --until 1d FINGERPRINT",
            "A note for the others: `--note TEXT`.",
            "mending it takes longer",
        ),
        Step(
            "Go through the families, worst first: whom each is about, how the service is that failed, what was tried "
            "before. The keys replay, edit, acknowledge and discard, in place of the steps that follow.",
            "shema dlq triage",
            "Of what was replayed, how many came back.",
            only_if="you sit at a terminal",
        ),
        Step(
            "See what a replay would come to.",
            "shema dlq replay --fingerprint FINGERPRINT --dry-run",
            "How many events go out for how many entries, what nobody hears, and what has come back three times and "
            "is passed over.",
        ),
        Step(
            "Replay five, and the rest only if none of them comes back. A service just restarted may need sparing: "
            "`--rate 50`.",
            "shema dlq replay --fingerprint FINGERPRINT --canary 5 --verify 30",
            "All replayed, exit code 0. What came back is in the list again: the cause is not mended.",
        ),
        Step(
            "See who replays now, and how far they are. One that does harm is ended with `shema dlq runs stop RUN`.",
            "shema dlq runs",
        ),
        Step(
            "See who replayed what.",
            "shema audit list --action dlq.replay --limit 5",
        ),
    ),
    (Kind.DEAD_LETTERS,),
    never=(
        (
            "Empty the list by hand in Redis. What is of no use: `shema dlq discard --invalid`, which writes an export "
            "first."
        ),
        "Pass `--force` for an event that has come back three times before you have looked at it.",
    ),
    read=("dead-letters.md",),
)

FAMILY_RETURNED = Case(
    "family-returned",
    "A known family is back",
    "`shema status` says that a family of errors has returned: somebody had acknowledged it as known, none came for "
    "a day, and now some come again. What was mended then does not hold, or it is another cause with the same "
    "error.",
    (
        Step(
            "See how many came back, since when, and what was noted when it was acknowledged.",
            "shema dlq stats --fingerprint FINGERPRINT --limit 1",
            "The note, and who wrote it: ask them first.",
        ),
        Step(
            "See who has acknowledged and replayed it.",
            "shema audit list --since 7d --limit 20",
            "`dlq.ack` and `dlq.replay` with this fingerprint.",
        ),
        Step(
            "See the newest of it.",
            "shema dlq list --fingerprint FINGERPRINT --limit 5",
            "What they have in common: one student, one course, one time.",
        ),
        Step(
            "Look at one: the event, the error, who listens there now, and the copies.",
            "shema dlq show ID",
            "Whether it is the same cause as then.",
        ),
        Step("**Mend the cause**, in the service that fails."),
        Step(
            "Replay five, and the rest only if none of them comes back.",
            "shema dlq replay --fingerprint FINGERPRINT --canary 5 --verify 30",
            "All replayed, exit code 0.",
        ),
        Step(
            "Say that it is known once more, until it is mended: it is left out of `status` and `check` until then, "
            "and stands in every list.",
            "shema dlq ack --until 1d FINGERPRINT",
            "A note for the others: `--note TEXT`.",
            "mending it takes longer",
        ),
        Step(
            "Take the acknowledgement back, so that it counts like any other.",
            "shema dlq unack FINGERPRINT",
            only_if="it is mended, or was another cause",
        ),
    ),
    (Kind.FAMILY_RETURNED,),
    never=("Acknowledge it again without an end only to have it quiet: nobody is told then how many come.",),
    read=("dead-letters.md",),
)

RUN_ABANDONED = Case(
    "run-abandoned",
    "A run died, or does harm",
    "`shema status` says that dead letters are in flight, held by nobody: a replay or a discard was killed, or its "
    "machine died in the middle of it. Or one that is under way fills the list again.",
    (
        Step(
            "See which runs are under way and which were abandoned: whose, since when, how far.",
            "shema dlq runs",
            "`abandoned`, and how many entries it holds.",
        ),
        Step(
            "End one from here: it finishes what is in hand and stops before its next batch.",
            "shema dlq runs stop RUN",
            "It has ended, and says how far it came.",
            "one that is under way does harm",
        ),
        Step(
            "See what would be taken back.",
            "shema dlq recover --dry-run",
            "How many entries. What a live run holds is never among them.",
        ),
        Step(
            "Take it back into the list. A plain `shema dlq replay` does so first by itself.",
            "shema dlq recover",
            "Nothing is in flight any more.",
        ),
        Step(
            "See how far the run had got: what was published is in the trail.",
            "shema audit list --since 1d --limit 20",
            "Its `dlq.replay` or `dlq.discard`, and who ran it.",
        ),
        Step(
            "See what is left to do.",
            "shema dlq stats",
            "The case `dead-letters`.",
        ),
    ),
    (Kind.RUN_ABANDONED,),
    never=(
        (
            "Move entries by hand in Redis: what is in flight is found by its run, and only `recover` knows which run "
            "lives."
        ),
    ),
    read=("dead-letters.md",),
)

NOBODY_HEARS = Case(
    "nobody-hears",
    "Nobody hears",
    "Outcome `unheard`, exit code 5, and nothing was changed; or `shema status` says that nobody hears a channel.",
    (
        Step(
            "See who listens.",
            "shema doctor",
            "The line `messages: listeners`.",
        ),
        Step(
            "See whether the services that should listen are up. One may answer HTTP and have lost its subscription.",
            "shema services health",
            "One is down: the case `service-down`.",
        ),
        Step(
            "See whether it is the right Redis.",
            "shema config show",
            "`REDIS_URL` and where it came from. The services have to be connected to the same one.",
        ),
        Step(
            "See whether anything is published at all. A tail hears everything and counts as nobody.",
            "shema events tail --for 20s --limit 5",
        ),
        Step("Start the service again that answers and does not hear."),
        Step(
            "See whether it hears now.",
            "shema check listeners",
            "Exit code 0.",
        ),
        Step("Run the command again that was unheard. Nothing has to be cleaned up."),
    ),
    (Kind.NOBODY_HEARS,),
    never=(
        (
            "Pass `--allow-unheard` for an approval: it is recorded as done, and no service knows of it. It is for "
            "events that really nobody has to hear."
        ),
    ),
    read=("events.md",),
)

MISSED = Case(
    "missed",
    "A service has missed events",
    "`3 services heard it; schedule was not there`, exit code 0; or `shema status` says that a service does not "
    "hear what it has declared, or has missed events. That is not in the dead letters: the event never got there.",
    (
        Step(
            "See whether it is up. It may answer HTTP and have lost its subscription.",
            "shema services health SERVICE",
        ),
        Step("Start it again, where it runs.", only_if="it is down, or answers and does not hear"),
        Step(
            "See what it does not know of, whoever published it, and the times of which nobody can tell.",
            "shema events missed --since 2h SERVICE",
            "Exit code 1: it missed what is listed. `unknown`: nobody recorded then.",
            "a recorder was running",
        ),
        Step(
            "See who else would hear it a second time.",
            "shema events resend --missed-by SERVICE --since 2h --dry-run",
            only_if="a recorder was running",
        ),
        Step(
            "Resend it: two first, and the rest only if none of them comes back. Whoever runs this twice, or after "
            "a crash, sends nothing twice.",
            "shema events resend --missed-by SERVICE --since 2h --canary 2",
            "All resent, exit code 0.",
            "a recorder was running",
        ),
        Step(
            "Find what admins published meanwhile: the entries with the service in `missing`. What services "
            "published is not among them.",
            "shema audit list --since 2h --action approve",
            only_if="no recorder was running",
        ),
        Step(
            "Publish one of these decisions again. The others hear it a second time, with a new event id.",
            "shema enrollments approve --republish ID",
            "Everybody has heard it, exit code 0.",
            "no recorder was running",
        ),
    ),
    (Kind.HEARS_NOT, Kind.MISSED),
    meanwhile="Until the service is there again, `--require-listeners` publishes nothing while somebody is missing.",
    read=("history.md", "events.md"),
)

HISTORY_GAP = Case(
    "history-gap",
    "Nobody records",
    "`shema status` says that no recorder has run for a while, or that nobody recorded for a part of the day. What "
    "was published then cannot be shown or resent.",
    (
        Step(
            "See when, and why. No channel has that name, so that nothing but the gaps is shown.",
            "shema events history --since 1d only.gaps",
            "The cause of each gap: no recorder ran, none could hear, or Redis has lost it.",
        ),
        Step(
            "Start the recorder, where it is kept running: `sudo systemctl start shema-record`; `systemctl status "
            "shema-record` says why it ended. For now `shema events record` in a terminal of its own does as well. "
            "Two or three of them, on different machines, leave no gap when one dies.",
            only_if="none runs",
        ),
        Step(
            "See whether somebody records now.",
            "shema check history",
            "Exit code 0, or 1 while the gap lies within the last day.",
        ),
        Step(
            "See what admins did in the gap, from the trail.",
            "shema audit list --since 1d",
            "What services published in that time nobody knows; who was away then may have missed something.",
        ),
        Step(
            "See whether Redis keeps the history.",
            "shema doctor",
            "Warnings about `maxmemory-policy` and persistence.",
            "Redis has lost it",
        ),
    ),
    (Kind.NOT_RECORDED, Kind.HISTORY_GAP),
    read=("history.md",),
)

SEATS_FULL = Case(
    "seats-full",
    "A course is full",
    "Outcome `course_full`: the course has fewer seats than there are students to be approved. Nothing was "
    "published for them.",
    (
        Step(
            "See its seats, and who waits.",
            "shema courses show COURSE",
            "A seat that was given away a moment ago, by any admin, counts until the course service's own number "
            "shows it, for two minutes at most.",
        ),
        Step(
            "See where there are seats left.",
            "shema courses list",
            "A course of the same level with seats.",
        ),
        Step(
            "Have the course enlarged by whoever runs it, in the course service, or let them wait.",
        ),
        Step(
            "See what approving them would come to.",
            "shema enrollments approve --course COURSE --all-pending --dry-run",
            "So many are planned, in the order of their requests; the rest is still `course_full`.",
        ),
        Step(
            "Approve as many as there are seats.",
            "shema enrollments approve --course COURSE --all-pending",
        ),
    ),
    never=("Pass `--skip-capacity-check` to overbook: nobody counts the seats then.",),
    read=("enrollments.md",),
)
